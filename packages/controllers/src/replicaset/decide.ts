// How many pods a ReplicaSet has to make or take away, and which ones go first.
import type { Pod, ReplicaSet, ReplicaSetStatus } from '@holdfast/schema';
import { availableInMs, isActive } from '../pods/pod-health.ts';
import { compareRanked } from '../pods/removal-order.ts';
import type { Counts } from './counts.ts';

export interface Observed {
  readonly set: ReplicaSet;
  readonly counts: Counts;
  /** Pods that the set controls, ended ones included: asked for only where counts are not enough. */
  readonly pods: () => readonly Pod[];
  /** Pods of all sets of the same owner, by whose number a node is crowded; none where the set has no owner, as upstream has it. */
  readonly related: () => readonly Pod[];
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

export function decide({ set, counts, pods, related, nowMs }: Observed): Plan {
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
  const ordered = difference < active.length ? ranked(active, related(), nowMs) : active;
  return { create: 0, remove: ordered.slice(0, Math.min(difference, BURST)), ...recheck };
}

function ranked(active: readonly Pod[], related: readonly Pod[], nowMs: number): readonly Pod[] {
  const onNode = new Map<string | undefined, number>();
  for (const { spec } of related.filter(isActive)) onNode.set(spec?.nodeName, (onNode.get(spec?.nodeName) ?? 0) + 1);
  return active.toSorted(compareRanked({ rank: ({ spec }) => onNode.get(spec?.nodeName) ?? 0, nowMs }));
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
