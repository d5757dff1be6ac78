// The controllers of a control plane, as kube-controller-manager starts them.
import type { ComponentFactory } from '@holdfast/controller';
import {
  daemonSetController,
  deploymentController,
  disruptionController,
  endpointsController,
  endpointSliceController,
  garbageCollector,
  jobController,
  namespaceController,
  nodeLifecycleController,
  persistentVolumeController,
  podGcController,
  pvcProtectionController,
  pvProtectionController,
  replicaSetController,
  rootCaPublisher,
  serviceAccountController,
  statefulSetController,
  taintEvictionController,
} from '@holdfast/controllers';

/** All controllers; `caCertificate` is published to every namespace as kube-root-ca.crt. */
export function controlPlaneComponents({ caCertificate }: { readonly caCertificate: string }): readonly ComponentFactory[] {
  return [
    serviceAccountController,
    rootCaPublisher(caCertificate),
    namespaceController,
    garbageCollector,
    statefulSetController,
    deploymentController,
    replicaSetController,
    daemonSetController,
    jobController,
    persistentVolumeController,
    pvcProtectionController,
    pvProtectionController,
    endpointsController,
    endpointSliceController,
    disruptionController,
    nodeLifecycleController,
    taintEvictionController,
    podGcController,
  ];
}
