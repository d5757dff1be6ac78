// StatefulSets of a world, with their disks.
import type { Random } from '@holdfast/clock';
import { type Pod, type StatefulSet, STATEFULSETS } from '@holdfast/schema';
import { type Budget, describeBudget, generateBudget } from './budget.ts';
import { imageOf, labelsOf, NAMESPACE, serverTemplate, unsettled } from './pod-template.ts';
import { MOST_REPLICAS, type WorkloadKind } from './workload.ts';

export const STORAGE_CLASS = 'local';

export interface SetShape {
  readonly kind: 'StatefulSet';
  readonly name: string;
  readonly policy: 'OrderedReady' | 'Parallel';
  readonly replicas: number;
  /** Whether each pod has a claim on a local volume with reclaim policy Retain. */
  readonly storage: boolean;
  readonly strategy: 'RollingUpdate' | 'OnDelete';
  readonly partition: number;
  readonly minReadySeconds: number;
  readonly whenScaled: 'Retain' | 'Delete';
  readonly whenDeleted: 'Retain' | 'Delete';
  readonly budget?: Budget | undefined;
}

export const statefulSets: WorkloadKind<SetShape, StatefulSet> = {
  type: STATEFULSETS,
  generate,
  objectOf,
  smaller,
  describe,
  state: ({ metadata, spec, status }) => {
    const { replicas = 0, readyReplicas = 0, updatedReplicas = 0, currentRevision, updateRevision } = status ?? {};
    const rollout = currentRevision === updateRevision ? '' : `, ${updatedReplicas} updated`;
    return `${metadata.deletionTimestamp ? 'Terminating, ' : ''}${readyReplicas} of ${spec?.replicas} ready, ${replicas} there${rollout}`;
  },
  unfinished,
  outcome: (set, pods) => {
    const { replicas = 1, updateStrategy } = set.spec ?? {};
    // Below the partition, and where updates wait for deletions, the revision depends on which pods were made anew, and when.
    const settled = updateStrategy?.type === 'OnDelete' ? replicas : (updateStrategy?.rollingUpdate?.partition ?? 0);
    const own = pods
      .map((pod) => ({ pod, ordinal: ordinalOf(set, pod) }))
      .filter(({ ordinal }) => ordinal >= 0)
      .map(({ pod, ordinal }) => `pod ${pod.metadata.name} ${ordinal >= settled ? imageOf(pod) : 'of some revision'} ${pod.status?.phase}`);
    return [`set ${set.metadata.name} with ${set.status?.readyReplicas ?? 0} of ${replicas} ready`, ...own];
  },
};

/** The ordinal of a pod of a set; -1 for other names. */
export function ordinalOf(set: StatefulSet, pod: Pod): number {
  const prefix = `${set.metadata.name}-`;
  const name = pod.metadata.name ?? '';
  return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)) ? Number(name.slice(prefix.length)) : -1;
}

function generate(random: Random, name: string): SetShape {
  const replicas = 1 + random.int(MOST_REPLICAS);
  return {
    kind: 'StatefulSet',
    name,
    policy: random.next() < 0.7 ? 'OrderedReady' : 'Parallel',
    replicas,
    storage: random.next() < 0.7,
    strategy: random.next() < 0.85 ? 'RollingUpdate' : 'OnDelete',
    partition: random.next() < 0.2 ? random.int(replicas) : 0,
    minReadySeconds: random.next() < 0.2 ? 1 + random.int(10) : 0,
    whenScaled: random.next() < 0.3 ? 'Delete' : 'Retain',
    whenDeleted: random.next() < 0.3 ? 'Delete' : 'Retain',
    ...(random.next() < 0.6 ? { budget: generateBudget(random, replicas) } : {}),
  };
}

function objectOf(shape: SetShape): StatefulSet {
  const { name, policy, replicas, storage, strategy, partition, minReadySeconds, whenScaled, whenDeleted } = shape;
  return {
    metadata: { name, namespace: NAMESPACE },
    spec: {
      serviceName: name,
      podManagementPolicy: policy,
      replicas,
      minReadySeconds,
      selector: { matchLabels: labelsOf(name) },
      updateStrategy: strategy === 'OnDelete' ? { type: strategy } : { type: strategy, rollingUpdate: { partition } },
      persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted },
      template: serverTemplate(name, storage ? [{ name: 'data', mountPath: '/data' }] : []),
      ...(storage ? { volumeClaimTemplates: [claimTemplate()] } : {}),
    },
  };
}

function claimTemplate(): NonNullable<NonNullable<StatefulSet['spec']>['volumeClaimTemplates']>[number] {
  return {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: STORAGE_CLASS, resources: { requests: { storage: '1Gi' } } },
  };
}

function* smaller(set: SetShape): Generator<SetShape> {
  if (set.budget) yield { ...set, budget: undefined };
  if (set.storage) yield { ...set, storage: false };
  if (set.partition > 0) yield { ...set, partition: 0 };
  if (set.minReadySeconds > 0) yield { ...set, minReadySeconds: 0 };
  if (set.strategy === 'OnDelete') yield { ...set, strategy: 'RollingUpdate' };
  if (set.whenScaled === 'Delete') yield { ...set, whenScaled: 'Retain' };
  if (set.whenDeleted === 'Delete') yield { ...set, whenDeleted: 'Retain' };
  if (set.replicas > 1) yield { ...set, replicas: set.replicas - 1 };
}

function describe(set: SetShape): string {
  const { name, policy, replicas, storage, strategy, partition, minReadySeconds, whenScaled, whenDeleted, budget } = set;
  const details = [
    `${replicas} replicas`,
    policy,
    ...(storage ? [`a claim each (scaled: ${whenScaled}, deleted: ${whenDeleted})`] : []),
    ...(strategy === 'OnDelete' ? ['updates on deletion'] : partition > 0 ? [`partition ${partition}`] : []),
    ...(minReadySeconds > 0 ? [`minReadySeconds ${minReadySeconds}`] : []),
    ...describeBudget(budget),
  ];
  return `StatefulSet ${name}: ${details.join(', ')}`;
}

function unfinished(set: StatefulSet, labelled: readonly Pod[]): readonly string[] {
  const { name } = set.metadata;
  const pods = labelled.filter((pod) => ordinalOf(set, pod) >= 0);
  const { replicas = 1, updateStrategy, template } = set.spec ?? {};
  const partition = updateStrategy?.type === 'OnDelete' ? Number.POSITIVE_INFINITY : (updateStrategy?.rollingUpdate?.partition ?? 0);
  const image = template ? imageOf(template) : '';
  const problems = pods.flatMap((pod) => {
    const ordinal = ordinalOf(set, pod);
    if (ordinal >= replicas) return [`pod ${pod.metadata.name} is beyond the ${replicas} replicas of its set`];
    return unsettled(pod, ordinal >= partition ? image : undefined);
  });
  if (pods.length < replicas) problems.push(`set ${name} has ${pods.length} of ${replicas} pods`);
  const { status } = set;
  if (status?.observedGeneration !== set.metadata.generation) problems.push(`set ${name} is not observed`);
  if (status?.replicas !== replicas || (status.readyReplicas ?? 0) !== replicas || (status.availableReplicas ?? 0) !== replicas)
    problems.push(`the status of set ${name} does not say that all ${replicas} replicas are available`);
  return problems;
}
