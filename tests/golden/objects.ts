// Objects of the scenarios.
import type { Container, PersistentVolume, Pod, PodSpec, StatefulSet, StatefulSetSpec, StorageClass } from '@holdfast/schema';

export const namespace = 'default';
const labels = { app: 'web' };

export const LOCAL: StorageClass = {
  metadata: { name: 'local' },
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'WaitForFirstConsumer',
};

/** A StatefulSet `web` with one claim template `data`, unless `spec` says otherwise. */
export function setOf({
  replicas = 1,
  container = {},
  pod = {},
  storageClassName,
  claims = true,
  spec = {},
}: {
  readonly replicas?: number;
  readonly container?: Partial<Container>;
  readonly pod?: Partial<PodSpec>;
  readonly storageClassName?: string;
  readonly claims?: boolean;
  readonly spec?: Partial<StatefulSetSpec>;
} = {}): StatefulSet {
  const mounts = claims ? { volumeMounts: [{ name: 'data', mountPath: '/data' }] } : {};
  const claim = {
    metadata: { name: 'data' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  };
  return {
    metadata: { name: 'web', namespace },
    spec: {
      serviceName: 'web',
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          ...pod,
          containers: [{ name: 'db', image: 'db:1', ...mounts, ...container }],
        },
      },
      ...(claims ? { volumeClaimTemplates: [claim] } : {}),
      ...spec,
    },
  };
}

export function podOf(name: string, container: Partial<Container> = {}, spec: Partial<PodSpec> = {}): Pod {
  return {
    metadata: { name, namespace, labels },
    spec: { automountServiceAccountToken: false, ...spec, containers: [{ name: 'db', image: 'db:1', ...container }] },
  };
}

/** A volume on the disk of one node. */
export function localVolume(name: string, node: string, storage: string): PersistentVolume {
  const term = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] };
  return {
    metadata: { name },
    spec: {
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path: `/mnt/disks/${name}` },
      nodeAffinity: { required: { nodeSelectorTerms: [term] } },
    },
  };
}
