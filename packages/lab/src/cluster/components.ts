// The controllers of a control plane, as kube-controller-manager starts them.
import type { ComponentFactory } from '@holdfast/controller';
import {
  attachDetachController,
  clusterRoleAggregationController,
  cronJobController,
  daemonSetController,
  deploymentController,
  disruptionController,
  endpointsController,
  endpointSliceController,
  endpointSliceMirroringController,
  ephemeralVolumeController,
  expandController,
  garbageCollector,
  jobController,
  namespaceController,
  nodeLifecycleController,
  persistentVolumeController,
  podGcController,
  pvcProtectionController,
  pvProtectionController,
  replicaSetController,
  resourceQuotaController,
  rootCaPublisher,
  serviceAccountController,
  statefulSetController,
  taintEvictionController,
} from '@holdfast/controllers';

/** A controller and the service account of kube-system under which it writes. */
export interface ControllerEntry {
  readonly account: string;
  readonly make: ComponentFactory;
}

/** All controllers; `caCertificate` is published to every namespace as kube-root-ca.crt. */
export function controlPlaneComponents({ caCertificate }: { readonly caCertificate: string }): readonly ControllerEntry[] {
  return [
    { account: 'service-account-controller', make: serviceAccountController },
    { account: 'root-ca-cert-publisher', make: rootCaPublisher(caCertificate) },
    { account: 'clusterrole-aggregation-controller', make: clusterRoleAggregationController },
    { account: 'resourcequota-controller', make: resourceQuotaController },
    { account: 'namespace-controller', make: namespaceController },
    { account: 'generic-garbage-collector', make: garbageCollector },
    { account: 'statefulset-controller', make: statefulSetController },
    { account: 'deployment-controller', make: deploymentController },
    { account: 'replicaset-controller', make: replicaSetController },
    { account: 'daemon-set-controller', make: daemonSetController },
    { account: 'job-controller', make: jobController },
    { account: 'cronjob-controller', make: cronJobController },
    { account: 'persistent-volume-binder', make: persistentVolumeController },
    { account: 'pvc-protection-controller', make: pvcProtectionController },
    { account: 'pv-protection-controller', make: pvProtectionController },
    { account: 'attachdetach-controller', make: attachDetachController },
    { account: 'ephemeral-volume-controller', make: ephemeralVolumeController },
    { account: 'expand-controller', make: expandController },
    { account: 'endpoint-controller', make: endpointsController },
    { account: 'endpointslice-controller', make: endpointSliceController },
    { account: 'endpointslicemirroring-controller', make: endpointSliceMirroringController },
    { account: 'disruption-controller', make: disruptionController },
    { account: 'node-controller', make: nodeLifecycleController },
    { account: 'node-controller', make: taintEvictionController },
    { account: 'pod-garbage-collector', make: podGcController },
  ];
}
