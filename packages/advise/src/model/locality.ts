// Which classes give volumes that only some nodes can reach.
import { NO_PROVISIONER } from '@holdfast/controller';
import type { PersistentVolume, StorageClass } from '@holdfast/schema';
import type { Graph } from './graph.ts';
import type { FieldPath, SourcedObject } from './sourced-object.ts';

/** How far a volume of a class reaches, and what says so. */
export interface Reach {
  readonly reach: 'node' | 'zone';
  readonly object: SourcedObject;
  readonly path: FieldPath;
  readonly says: string;
}

/** Provisioners of volumes on the node's own disks. */
const NODE_LOCAL: ReadonlySet<string> = new Set([
  'rancher.io/local-path',
  'openebs.io/local',
  'local.csi.openebs.io',
  'topolvm.io',
  'topolvm.cybozu.com',
  'local.csi.aliyun.com',
  'microk8s.io/hostpath',
  'k8s.io/minikube-hostpath',
  'docker.io/hostpath',
]);

/** Provisioners whose disks belong to one zone. */
const ZONAL: ReadonlySet<string> = new Set([
  'ebs.csi.aws.com',
  'kubernetes.io/aws-ebs',
  'ebs.csi.eks.amazonaws.com',
  'pd.csi.storage.gke.io',
  'kubernetes.io/gce-pd',
  'disk.csi.azure.com',
  'kubernetes.io/azure-disk',
  'cinder.csi.openstack.org',
]);

/** undefined: volumes of the class can be reached from anywhere, or it is not known. */
export function reachOf(graph: Graph, storageClass: SourcedObject<StorageClass>): Reach | undefined {
  const { provisioner = '', parameters } = storageClass.object;
  const about = { object: storageClass, path: ['provisioner'] };
  if (NODE_LOCAL.has(provisioner)) return { ...about, reach: 'node', says: `${provisioner} makes volumes on the disk of one node` };
  const local = graph.volumesOfClass(storageClass.name).find(isNodeLocal);
  if (local) return { object: local, path: ['spec'], reach: 'node', says: 'is a disk of one node' };
  if (provisioner === NO_PROVISIONER && graph.volumesOfClass(storageClass.name).length === 0)
    return { ...about, reach: 'node', says: `${NO_PROVISIONER} stands for volumes made by hand, as local disks are` };
  // Regional disks of GCE are in two zones and bind all the same.
  if (ZONAL.has(provisioner) && !/ZRS$/i.test(parameters?.['skuName'] ?? parameters?.['skuname'] ?? ''))
    return { ...about, reach: 'zone', says: `${provisioner} makes volumes that belong to one zone` };
  return undefined;
}

/** A local or hostPath volume, or one whose affinity names hosts. */
export function isNodeLocal({ object }: SourcedObject<PersistentVolume>): boolean {
  const terms = object.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const byHost =
    terms.length > 0 && terms.every(({ matchExpressions = [] }) => matchExpressions.some(({ key }) => key === 'kubernetes.io/hostname'));
  return object.spec?.local !== undefined || object.spec?.hostPath !== undefined || byHost;
}
