// The object graph: every object once, and the edges that rules follow.
import { classOfClaim, classOfVolume, DEFAULT_CLASS, defaultClass } from '@holdfast/controller';
import type { KubeObject, Node, PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, StorageClass } from '@holdfast/schema';
import type { Loaded } from '../load/loaded.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { readCustomWorkload } from './custom-workloads.ts';
import { type Engine, ENGINES } from './engines.ts';
import { unknownKinds } from './known-kinds.ts';
import { readWorkload } from './read-workload.ts';
import { claimNames } from './claim-names.ts';
import type { SourcedObject } from './sourced-object.ts';
import type { Workload, WorkloadStorage } from './workload.ts';

/** What rules look at. Built once; lookups are by index. */
export interface Graph {
  readonly objects: readonly SourcedObject[];
  readonly workloads: readonly Workload[];
  /** All objects of a kind, in the order read. */
  ofKind<T extends KubeObject = KubeObject>(kind: string): readonly SourcedObject<T>[];
  /** The class of a storage: by name, or the default class; undefined where it is not among the objects or there is none. */
  classOf(storage: WorkloadStorage): SourcedObject<StorageClass> | undefined;
  /** Volumes of the class, free or taken. */
  volumesOfClass(className: string): readonly SourcedObject<PersistentVolume>[];
  /** Claims that exist for a storage of a StatefulSet: '<template>-<set>-<ordinal>'. */
  claimsOf(workload: Workload, storage: WorkloadStorage): readonly SourcedObject<PersistentVolumeClaim>[];
  readonly nodes: readonly SourcedObject<Node>[];
  readonly live: boolean;
  /** Budgets and Services over the pods of workloads. */
  readonly coverage: Coverage;
  /** A custom resource of a data operator by its name, as a workload. */
  operated(namespace: string, name: string): Workload | undefined;
  /** Workloads of a namespace. */
  workloadsIn(namespace: string): readonly Workload[];
  /** Workloads that mount a claim by its name, in the order read. */
  mounting(namespace: string, claimName: string): readonly Workload[];
  /** Kinds that nothing here reads, with their groups, and how many objects of each there are. */
  readonly unknownKinds: ReadonlyMap<string, number>;
  /** The object of a kind by its name. */
  named<T extends KubeObject = KubeObject>(kind: string, namespace: string, name: string): SourcedObject<T> | undefined;
  /** All objects of a kind in a namespace. */
  inNamespace<T extends KubeObject = KubeObject>(kind: string, namespace: string): readonly SourcedObject<T>[];
}

/** Builds the graph. Of an object that comes twice the first counts; the loader reports the other. */
export function buildGraph({ objects, live }: Pick<Loaded, 'objects' | 'live'>, engines: readonly Engine[] = ENGINES): Graph {
  const byKind = groupBy(objects, ({ kind }) => kind);
  const ofKind = <T extends KubeObject>(kind: string): readonly SourcedObject<T>[] =>
    (byKind.get(kind) ?? []) as readonly SourcedObject<T>[];
  const classes = new Map(ofKind<StorageClass>('StorageClass').map((one) => [one.name, one]));
  const standard = defaultClass([...classes.values()].filter(isMarkedDefault).map(({ object }) => object));
  const claims = new Map(ofKind<PersistentVolumeClaim>('PersistentVolumeClaim').map((one) => [`${one.namespace}/${one.name}`, one]));
  const volumes = groupBy(ofKind<PersistentVolume>('PersistentVolume'), ({ object }) => classOfVolume(object));
  const claimNamed = (namespace: string, name: string): PersistentVolumeClaim | undefined => claims.get(`${namespace}/${name}`)?.object;
  const byPlace = groupBy(objects, ({ kind, namespace }) => `${kind} ${namespace}`);
  const inNamespace = <T extends KubeObject>(kind: string, namespace: string): readonly SourcedObject<T>[] =>
    (byPlace.get(`${kind} ${namespace}`) ?? []) as readonly SourcedObject<T>[];
  const byName = new Map(objects.map((one) => [`${one.kind} ${one.namespace}/${one.name}`, one]));
  const workloads = objects.flatMap((one) => readWorkload(one, claimNamed, engines) ?? readCustomWorkload(one, engines) ?? []);
  const operated = new Map(workloads.filter(({ template }) => !template).map((one) => [`${one.source.namespace}/${one.source.name}`, one]));
  const byClaim = new Map<string, Workload[]>();
  for (const workload of workloads) {
    for (const claimName of new Set(workload.storage.flatMap((one) => one.claimName ?? []))) {
      const key = `${workload.source.namespace}/${claimName}`;
      const group = byClaim.get(key);
      if (group) group.push(workload);
      else byClaim.set(key, [workload]);
    }
  }
  const workloadsByNamespace = groupBy(workloads, ({ source }) => source.namespace);

  return {
    objects,
    workloads,
    ofKind,
    live,
    coverage: coverageOf(workloads, ofKind('PodDisruptionBudget'), ofKind('Service')),
    operated: (namespace, name) => operated.get(`${namespace}/${name}`),
    workloadsIn: (namespace) => workloadsByNamespace.get(namespace) ?? [],
    mounting: (namespace, claimName) => byClaim.get(`${namespace}/${claimName}`) ?? [],
    unknownKinds: unknownKinds(objects),
    inNamespace,
    named: <T extends KubeObject>(kind: string, namespace: string, name: string) =>
      byName.get(`${kind} ${namespace}/${name}`) as SourcedObject<T> | undefined,
    nodes: ofKind<Node>('Node'),
    classOf({ claim, source }) {
      if (source !== 'claim' || claim === undefined) return undefined;
      const name = classNameOf(claim) ?? standard?.metadata.name;
      return name === undefined ? undefined : classes.get(name);
    },
    volumesOfClass: (className) => volumes.get(className) ?? [],
    claimsOf: ({ source, replicas }, { name }) =>
      claimNames(name, source.name, replicas)
        .map((claim) => claims.get(`${source.namespace}/${claim}`))
        .filter((claim) => claim !== undefined),
  };
}

/** undefined where the claim leaves the class to the cluster; '' is no class. */
function classNameOf(spec: PersistentVolumeClaimSpec): string | undefined {
  if (spec.storageClassName === undefined || spec.storageClassName === null) return undefined;
  return classOfClaim({ metadata: {}, spec });
}

function isMarkedDefault({ object }: SourcedObject<StorageClass>): boolean {
  return object.metadata.annotations?.[DEFAULT_CLASS] === 'true';
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
