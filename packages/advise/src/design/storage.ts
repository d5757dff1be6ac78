// The class, and for local disks the volumes, of a designed database; and what to expect of them.
import type { KubeObject } from '@holdfast/schema';
import type { DesignRequest } from './request.ts';

/** The class's name. */
export function classNameOf({ name, storage }: DesignRequest): string {
  return `${name}-${storage === 'local' ? 'local' : 'disk'}`;
}

/** The objects that the database's claims need. */
export function storageObjects(request: DesignRequest): readonly KubeObject[] {
  const metadata = { name: classNameOf(request) };
  const common = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata,
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'WaitForFirstConsumer',
  };
  if (request.storage === 'local')
    return [
      { ...common, provisioner: 'kubernetes.io/no-provisioner' } as KubeObject,
      ...request.nodes.map((node) => volumeOn(node, request)),
    ];
  return [{ ...common, ...driverOf(request), allowVolumeExpansion: true, mountOptions: ['noatime'] } as KubeObject];
}

function driverOf({ provider, iops }: DesignRequest): {
  readonly provisioner: string;
  readonly parameters: Readonly<Record<string, string>>;
} {
  switch (provider) {
    case 'gcp':
      return { provisioner: 'pd.csi.storage.gke.io', parameters: { type: 'pd-ssd' } };
    case 'azure':
      return { provisioner: 'disk.csi.azure.com', parameters: { skuName: 'Premium_LRS', cachingMode: 'None' } };
    default: {
      // gp3 has 3,000 IOPS without being asked.
      const asked: Readonly<Record<string, string>> = iops > 3000 ? { iops: String(iops) } : {};
      return { provisioner: 'ebs.csi.aws.com', parameters: { type: 'gp3', encrypted: 'true', ...asked } };
    }
  }
}

function volumeOn(node: string, request: DesignRequest): KubeObject {
  const { name, size } = request;
  const expression = { key: 'kubernetes.io/hostname', operator: 'In', values: [node] };
  const spec = {
    capacity: { storage: size },
    volumeMode: 'Filesystem',
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    storageClassName: classNameOf(request),
    mountOptions: ['noatime'],
    local: { path: `/mnt/disks/${name}` },
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [expression] }] } },
  };
  return { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: `${name}-${node}` }, spec } as KubeObject;
}

/** What the choice means, in sentences. Figures are the providers' own, and the usual ones of NVMe disks. */
export function storageAdvice({ storage, provider, iops, instances, size }: DesignRequest): readonly string[] {
  if (storage === 'local')
    return [
      `Local disks: a write takes about 0.1 ms and an NVMe disk does 100,000 IOPS and more, but each of the ${instances} copies stays on its node.`,
      'A node that is drained takes its instance out until it is back; a lost disk is filled again from the others, so keep all of them.',
      `Each node needs a disk of ${size} or more mounted at the path of its volume. Snapshots do not exist: backups copy files.`,
    ];
  const latency = provider === 'gcp' ? '1 to 2 ms' : provider === 'azure' ? '2 to 5 ms' : 'about 1 ms';
  return [
    `Network disks: a write takes ${latency}, some ten times what a local disk takes, and the disk follows its pod to another node of its zone.`,
    `IOPS: ${iops > 0 ? `${iops} asked for; ` : ''}${provider === 'gcp' ? 'pd-ssd has 30 for each GB of its size' : provider === 'azure' ? 'Premium SSD has what its size gives (P30, 1 TiB: 5,000)' : 'gp3 has 3,000 at any size and up to 16,000 for money'}.`,
    'A disk belongs to one zone: losing the zone loses it until the zone is back, which is why there are several instances.',
  ];
}
