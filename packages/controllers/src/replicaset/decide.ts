// How many pods a ReplicaSet has to make or take away, and which ones go first.
import type { Pod, ReplicaSet, ReplicaSetStatus } from '@holdfast/schema';
import { availableInMs, isActive, isReady } from '../pods/pod-health.ts';
import type { Counts } from './counts.ts';

export interface Observed {
  readonly set: ReplicaSet;
  readonly counts: Counts;
  /** Pods that the set controls, ended ones included: asked for only where counts are not enough. */
  readonly pods: () => readonly Pod[];
  readonly nowMs: number;
}

export interface Plan {
  readonly create: number;
  readonly remove: readonly Pod[];
  /** When a pod becomes available by time alone. */
  readonly recheckAfterMs?: number;
}

/** Upstream's BurstReplicas. */
const BURST = 500;

export function decide({ set, counts, pods, nowMs }: Observed): Plan {
  if (set.metadata.deletionTimestamp) return { create: 0, remove: [] };
  const difference = counts.active - (set.spec?.replicas ?? 1);
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const waits =
    minReadySeconds === 0
      ? []
      : pods()
          .filter(isActive)
          .flatMap((pod) => availableInMs(pod, minReadySeconds, nowMs) ?? [])
          .filter((wait) => wait > 0);
  const recheck = waits.length > 0 ? { recheckAfterMs: Math.min(...waits) } : {};
  if (difference < 0) return { create: Math.min(-difference, BURST), remove: [], ...recheck };
  // Ranking takes long in a large set, and most passes remove nothing.
  if (difference === 0) return { create: 0, remove: [], ...recheck };
  const active = pods().filter(isActive);
  const onNode = podsOnNodes(active);
  const ranked = active.toSorted((a, b) => compareForRemoval(a, b, onNode, nowMs));
  return { create: 0, remove: ranked.slice(0, Math.min(difference, BURST)), ...recheck };
}

function podsOnNodes(pods: readonly Pod[]): ReadonlyMap<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const { spec } of pods) counts.set(spec?.nodeName, (counts.get(spec?.nodeName) ?? 0) + 1);
  return counts;
}

/** Upstream's ActivePodsWithRanks: what costs least goes first. */
function compareForRemoval(a: Pod, b: Pod, podsOn: ReadonlyMap<string | undefined, number>, nowMs: number): number {
  const flag = (test: (pod: Pod) => boolean): number => Number(test(b)) - Number(test(a));
  const phase = (pod: Pod): number => ['Pending', 'Unknown', 'Running'].indexOf(pod.status?.phase ?? 'Pending');
  const cost = (pod: Pod): number => Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0;
  const onNode = (pod: Pod): number => podsOn.get(pod.spec?.nodeName) ?? 0;
  const readySince = (pod: Pod): number =>
    bucket(nowMs - Date.parse(pod.status?.conditions?.find((condition) => condition.type === 'Ready')?.lastTransitionTime ?? ''));
  const restarts = (pod: Pod): number => Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
  const age = (pod: Pod): number => bucket(nowMs - Date.parse(pod.metadata.creationTimestamp ?? ''));
  return (
    flag((pod) => !pod.spec?.nodeName) ||
    phase(a) - phase(b) ||
    flag((pod) => !isReady(pod)) ||
    cost(a) - cost(b) ||
    onNode(b) - onNode(a) ||
    (isReady(a) && isReady(b) ? readySince(a) - readySince(b) : 0) ||
    restarts(b) - restarts(a) ||
    age(a) - age(b) ||
    (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '')
  );
}

/** Ages count on a logarithmic scale, so that old pods are alike. */
function bucket(ms: number): number {
  return Number.isNaN(ms) || ms <= 0 ? 0 : Math.floor(Math.log2(ms));
}

export function statusOf({ set, counts, pods, nowMs }: Observed, failure: string | undefined, now: string): ReplicaSetStatus {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const others = (set.status?.conditions ?? []).filter((condition) => condition.type !== 'ReplicaFailure');
  const before = set.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
  const conditions =
    failure === undefined
      ? others
      : [
          ...others,
          before ?? { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: failure, lastTransitionTime: now },
        ];
  return {
    replicas: counts.active,
    fullyLabeledReplicas: counts.fullyLabeled,
    readyReplicas: counts.ready,
    availableReplicas:
      minReadySeconds === 0
        ? counts.ready
        : pods().filter((pod) => isActive(pod) && availableInMs(pod, minReadySeconds, nowMs) === 0).length,
    observedGeneration: set.metadata.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}
