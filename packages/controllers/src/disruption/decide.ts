// What a budget's status must say (upstream's disruption controller): pure.
import { isConditionTrue } from '@holdfast/controller';
import { type Pod, type PodDisruptionBudget, scaledValue } from '@holdfast/schema';

/** A pod that was evicted but not deleted for this long counts as healthy again. */
export const DELETION_TIMEOUT_MS = 2 * 60_000;

/** The figures of a budget's status. */
export interface BudgetFigures {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
  readonly currentHealthy: number;
  readonly disruptionsAllowed: number;
  readonly disruptedPods: Readonly<Record<string, string>>;
  /** When a disrupted pod runs out of time, in milliseconds since the epoch; look again then. */
  readonly recheckAtMs: number | undefined;
  /** Pods that were to be deleted and were not. */
  readonly notDeleted: readonly Pod[];
}

/** Whether the sum of the controllers' scales is needed, or the number of pods that match is enough. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';
}

/** `scale`: the sum of the replicas of the pods' controllers; used only where needsScale says so. Throws for a bad percentage. */
export function budgetFigures(budget: PodDisruptionBudget, pods: readonly Pod[], scale: number, nowMs: number): BudgetFigures {
  const { expectedPods, desiredHealthy } = expectation(budget, pods.length, scale);
  const disrupted = disruptedNow(budget, pods, nowMs);
  const counted = pods.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && !Object.hasOwn(disrupted.disruptedPods, metadata.name ?? ''),
  );
  const currentHealthy = counted.filter((pod) => isConditionTrue(pod.status?.conditions, 'Ready')).length;
  // A budget without pods allows nothing, so that the first pods to appear are safe before this status is renewed.
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  return { expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed, ...disrupted };
}

function expectation({ spec }: PodDisruptionBudget, count: number, scale: number): Pick<BudgetFigures, 'expectedPods' | 'desiredHealthy'> {
  const { maxUnavailable, minAvailable } = spec ?? {};
  if (maxUnavailable !== undefined) {
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - scaledValue(maxUnavailable, scale, true)) };
  }
  if (typeof minAvailable === 'string') return { expectedPods: scale, desiredHealthy: scaledValue(minAvailable, scale, true) };
  return { expectedPods: count, desiredHealthy: minAvailable ?? 0 };
}

function disruptedNow(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  nowMs: number,
): Pick<BudgetFigures, 'disruptedPods' | 'recheckAtMs' | 'notDeleted'> {
  const noted = budget.status?.disruptedPods ?? {};
  const kept: [string, string][] = [];
  const notDeleted: Pod[] = [];
  const deadlines: number[] = [];
  for (const pod of pods) {
    const { name = '', deletionTimestamp } = pod.metadata;
    const time = Object.hasOwn(noted, name) ? noted[name] : undefined;
    if (time === undefined || deletionTimestamp !== undefined) continue;
    const deadline = Date.parse(time) + DELETION_TIMEOUT_MS;
    if (deadline < nowMs) notDeleted.push(pod);
    else {
      kept.push([name, time]);
      deadlines.push(deadline);
    }
  }
  // At the deadline itself nothing has changed yet: looking then would ask to look again at once, without end while time stands still.
  const recheckAtMs = deadlines.length > 0 ? Math.min(...deadlines) + 1 : undefined;
  return { disruptedPods: Object.fromEntries(kept), recheckAtMs, notDeleted };
}
