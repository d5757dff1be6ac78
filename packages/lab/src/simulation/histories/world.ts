// The small world of a history: nodes, workloads with their Services, disks and budgets, and how long containers take.
import {
  type KubeObject,
  NAMESPACES,
  PERSISTENTVOLUMES,
  PODDISRUPTIONBUDGETS,
  type PersistentVolume,
  type ResourceType,
  type Service,
  SERVICES,
  STORAGECLASSES,
} from '@holdfast/schema';
import { budgetObject } from './workloads/budget.ts';
import { kindOf, type WorkloadShape } from './workloads/index.ts';
import { labelsOf, NAMESPACE } from './workloads/pod-template.ts';
import { STORAGE_CLASS } from './workloads/stateful-set.ts';

/** Plain data, so that it can be written down, compared and made smaller. */
export interface World {
  /** node-0, node-1, … */
  readonly nodes: number;
  /** Disks of each node. */
  readonly disks: number;
  readonly workloads: readonly WorkloadShape[];
  /** Whether Services publish addresses that are not ready. */
  readonly publishNotReady: boolean;
  /**
   * Accounts of the controllers that are programs of their own. A controller whose way to the API no fault touches
   * does the same whether it shares that way or not, so only those are apart that something happens to.
   */
  readonly apart: readonly string[];
  /** Milliseconds that a container takes to start, to become ready, and to end after SIGTERM. */
  readonly startMs: number;
  readonly readyMs: number;
  readonly stopMs: number;
}

export function nodeName(index: number): string {
  return `node-${index}`;
}

/** Everything that a fault can name. */
export function programsOf({ nodes, apart }: World): readonly string[] {
  return ['controllers', ...apart, 'scheduler', ...Array.from({ length: nodes }, (_, index) => nodeName(index))];
}

export function hasStorage({ workloads }: World): boolean {
  return workloads.some((shape) => 'storage' in shape && shape.storage);
}

type Created = readonly [ResourceType, KubeObject];

/** Everything that a world begins with, in the order of creation. */
export function objectsOf(world: World): readonly Created[] {
  const storageClass = {
    metadata: { name: STORAGE_CLASS },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    reclaimPolicy: 'Retain',
  };
  return [
    ...(hasStorage(world)
      ? [pair(STORAGECLASSES, storageClass), ...volumesOf(world).map((volume) => pair(PERSISTENTVOLUMES, volume))]
      : []),
    ...namespacedObjectsOf(world),
  ];
}

/** The namespace and what it holds. */
export function namespacedObjectsOf(world: World): readonly Created[] {
  return [
    pair(NAMESPACES, { metadata: { name: NAMESPACE } }),
    ...world.workloads.flatMap((shape) => [
      ...(shape.kind === 'Job' ? [] : [pair(SERVICES, serviceObject(shape.name, world.publishNotReady))]),
      ...('budget' in shape && shape.budget ? [pair(PODDISRUPTIONBUDGETS, budgetObject(shape.name, shape.budget))] : []),
      pair(kindOf(shape).type, kindOf(shape).objectOf(shape)),
    ]),
  ];
}

function pair<T extends KubeObject>(type: ResourceType<T>, object: T): Created {
  // A pair forgets which kind it is of; what is created is what was paired here.
  return [type as unknown as ResourceType, object];
}

function serviceObject(name: string, publishNotReadyAddresses: boolean): Service {
  return {
    metadata: { name, namespace: NAMESPACE },
    spec: { clusterIP: 'None', selector: labelsOf(name), ...(publishNotReadyAddresses ? { publishNotReadyAddresses } : {}) },
  };
}

function volumesOf({ nodes, disks }: World): readonly PersistentVolume[] {
  return Array.from({ length: nodes * disks }, (_, index) => {
    const node = nodeName(Math.floor(index / disks));
    const disk = index % disks;
    return {
      metadata: { name: `${node}-disk-${disk}` },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: STORAGE_CLASS,
        local: { path: `/disks/${disk}` },
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] },
        },
      },
    };
  });
}
