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
import type { Simulation } from '../simulation.ts';
import { define, isDefined, makeOwner, ownerReferences } from './owner.ts';
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
  /** Whether the workloads are an operator's: an object of its own resource owns them. */
  readonly owned?: boolean | undefined;
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

/** Makes everything that a world begins with. */
export async function makeWorld(sim: Simulation, world: World): Promise<void> {
  for (const [type, object] of storageOf(world)) await sim.run(sim.client.create(type, object));
  if (world.owned) await define(sim);
  await makeNamespace(sim, world);
}

/** Makes the namespace and what it holds. */
export async function makeNamespace(sim: Simulation, world: World): Promise<void> {
  await sim.run(sim.client.create(NAMESPACES, { metadata: { name: NAMESPACE } }));
  if (world.owned) await makeOwner(sim);
  for (const shape of world.workloads) {
    for (const [type, object] of companionsOf(world, shape)) await sim.run(sim.client.create(type, object));
    await makeWorkload(sim, shape);
  }
}

/** What an operator does that is installed again: an owner, and those of its workloads that are not there. */
export async function makeOwned(sim: Simulation, { workloads }: World): Promise<void> {
  if (!isDefined(sim)) await define(sim);
  await makeOwner(sim);
  for (const shape of workloads) {
    const there = sim.list(kindOf(shape).type).some(({ metadata }) => metadata.name === shape.name);
    if (!there) await makeWorkload(sim, shape);
  }
}

/** Makes the workload itself, which belongs to the owner that there is. */
export async function makeWorkload(sim: Simulation, shape: WorkloadShape): Promise<void> {
  const { type, objectOf } = kindOf(shape);
  const object = objectOf(shape);
  const references = ownerReferences(sim);
  const owned = references.length === 0 ? object : { ...object, metadata: { ...object.metadata, ownerReferences: references } };
  await sim.run(sim.client.create(type, owned));
}

function storageOf(world: World): readonly Created[] {
  if (!hasStorage(world)) return [];
  const storageClass = {
    metadata: { name: STORAGE_CLASS },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    reclaimPolicy: 'Retain',
  };
  return [pair(STORAGECLASSES, storageClass), ...volumesOf(world).map((volume) => pair(PERSISTENTVOLUMES, volume))];
}

/** What a workload has beside it. */
function companionsOf({ publishNotReady }: World, shape: WorkloadShape): readonly Created[] {
  return [
    ...(shape.kind === 'Job' ? [] : [pair(SERVICES, serviceObject(shape.name, publishNotReady))]),
    ...('budget' in shape && shape.budget ? [pair(PODDISRUPTIONBUDGETS, budgetObject(shape.name, shape.budget))] : []),
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
