// What a job does next: pods to start, pods to end, and what it comes to.
import type { Job, Pod } from '@holdfast/schema';
import { hasEnded, isActive, isTerminating } from '../pods/pod-health.ts';
import { compareActive } from '../pods/removal-order.ts';
import { isIndexed, tally, type Tally } from './accounting.ts';
import { type BackOff, nextBackOff, remainingMs } from './back-off.ts';
import {
  announced,
  byFailurePolicy,
  bySuccessPolicy,
  COMPLETED,
  type Ending,
  FAILED_INDEXES,
  TOO_LATE,
  TOO_MANY_FAILURES,
  TOO_MANY_INDEXES,
} from './conditions.ts';
import { replacesFailedOnly, verdictOn } from './failure-policy.ts';
import { indexOf } from './indexes.ts';
import { metSuccessPolicy } from './success-policy.ts';

/** Upstream's syncJobBatchPeriod: what happens to pods within this time is looked at once. */
export const BATCH_MS = 1000;

/** Upstream's MaxPodCreateDeletePerSync: how many pods a pass makes or deletes at most, but for a job that ends or is suspended. */
const MOST_PER_PASS = 500;

export interface Observed {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly backOff: BackOff;
  readonly nowMs: number;
}

/** A pod to create. */
export interface Wanted {
  /** Absent for a job without indexes. */
  readonly index?: number;
  /** Of its index, besides the index itself. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Plan {
  readonly create: readonly Wanted[];
  /** Pods to delete. Those of a job that comes to its end count as failed; others just go. */
  readonly remove: readonly Pod[];
  /** What the job comes to. */
  readonly ending?: Ending;
  /** What the status says of active pods, when all this is done. */
  readonly active: number;
  readonly tally: Tally;
  readonly backOff: BackOff;
  readonly recheckAfterMs?: number;
}

export function decide({ job, pods, backOff: before, nowMs }: Observed): Plan {
  const { completions, suspend = false } = job.spec ?? {};
  const counted = tally(job, pods);
  const backOff = nextBackOff(before, counted.newSucceeded, counted.newFailed);
  const active = pods.filter(isActive);
  const leftMs = deadlineMs(job, nowMs);
  const common = { tally: counted, backOff, ...(leftMs !== undefined && leftMs > 0 ? { recheckAfterMs: leftMs } : {}) };
  const ending = announced(job) ?? endingOf(job, pods, counted, leftMs);
  if (ending) return { ...common, create: [], remove: active, active: 0, ending };
  const managed = job.metadata.deletionTimestamp
    ? { create: [], remove: [], active: active.length }
    : suspend
      ? { create: [], remove: active, active: 0 }
      : manage({ job, pods, active, tally: counted, waitMs: counted.failures ? 0 : remainingMs(backOff, nowMs), nowMs });
  const complete = managed.active === 0 && (completions === undefined ? counted.succeeded > 0 : counted.succeeded >= completions);
  const { create, remove, waitMs = 0 }: Managed = managed;
  const waits = [leftMs, waitMs > 0 ? Math.max(waitMs, BATCH_MS) : undefined].filter((wait) => wait !== undefined && wait > 0);
  return {
    ...common,
    create,
    remove,
    active: managed.active,
    ...(complete ? { ending: COMPLETED } : {}),
    ...(waits.length > 0 ? { recheckAfterMs: Math.min(...waits.map(Number)) } : {}),
  };
}

/** What the job comes to whatever is still to be done: a failure, or successes that are enough. */
function endingOf(job: Job, pods: readonly Pod[], counted: Tally, leftMs: number | undefined): Ending | undefined {
  const { backoffLimit = 6, completions = 0, maxFailedIndexes } = job.spec ?? {};
  const hopeless = pods.filter(({ status }) => status?.phase === 'Failed').map((pod) => verdictOn(pod, job).message);
  const first = hopeless.find((message) => message !== undefined);
  if (first !== undefined) return byFailurePolicy(first);
  if (counted.failed > backoffLimit || restartedTooOften(job, pods, backoffLimit)) return TOO_MANY_FAILURES;
  if (leftMs !== undefined && leftMs <= 0) return TOO_LATE;
  const failed = counted.failures?.failed.size ?? 0;
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes) return TOO_MANY_INDEXES;
  if (failed > 0 && failed + counted.doneIndexes.size >= completions) return FAILED_INDEXES;
  const met = job.spec && isIndexed(job) ? metSuccessPolicy(job.spec, counted.doneIndexes) : undefined;
  return met === undefined ? undefined : bySuccessPolicy(met);
}

/** Containers that are restarted in their pod count against the limit too. */
function restartedTooOften({ spec }: Job, pods: readonly Pod[], backoffLimit: number): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

/** Milliseconds that are left of the time limit. */
function deadlineMs({ spec, status }: Job, nowMs: number): number | undefined {
  const { activeDeadlineSeconds, suspend } = spec ?? {};
  if (activeDeadlineSeconds === undefined || suspend) return undefined;
  return (status?.startTime ? Date.parse(status.startTime) : nowMs) + activeDeadlineSeconds * 1000 - nowMs;
}

interface Managed extends Pick<Plan, 'create' | 'remove' | 'active'> {
  readonly waitMs?: number;
}

interface Managing {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly tally: Tally;
  /** Of a job whose indexes do not wait each for itself. */
  readonly waitMs: number;
  readonly nowMs: number;
}

/** As many pods as are missing, at most `parallelism` at once; what is too much goes first. */
function manage({ job, pods, active, tally: { succeeded, doneIndexes, failures }, waitMs, nowMs }: Managing): Managed {
  const { completions, parallelism = 1 } = job.spec ?? {};
  const wanted =
    completions === undefined ? (succeeded > 0 ? active.length : parallelism) : Math.max(0, Math.min(parallelism, completions - succeeded));
  const remove = surplus(job, active, Math.max(0, active.length - wanted)).slice(0, MOST_PER_PASS);
  if (remove.length > 0) return { create: [], remove, active: active.length - remove.length };
  // Where only pods that have failed are replaced, one that is on its way out keeps its place.
  const leaving = replacesFailedOnly(job) ? pods.filter((pod) => isTerminating(pod) && !hasEnded(pod)) : [];
  const missing = Math.min(MOST_PER_PASS, wanted - active.length - leaving.length);
  if (missing <= 0) return { create: [], remove: [], active: active.length };
  // While it waits, upstream's status counts nothing as active.
  if (waitMs > 0) return { create: [], remove: [], active: 0, waitMs };
  if (!isIndexed(job)) return { create: Array.from({ length: missing }, () => ({})), remove: [], active: active.length + missing };
  const taken = new Set([...doneIndexes, ...(failures?.failed ?? []), ...[...active, ...leaving].map(indexOf)]);
  const free = Array.from({ length: completions ?? 0 }, (_, index) => index)
    .filter((index) => !taken.has(index))
    .slice(0, missing);
  const waits = failures ? free.map((index) => failures.waitMs(index, nowMs)) : [];
  const due = free.filter((_, at) => !waits[at]);
  if (due.length === 0 && free.length > 0) return { create: [], remove: [], active: 0, waitMs: Math.min(...waits) };
  const create = due.map((index): Wanted => (failures ? { index, annotations: failures.annotations(index) } : { index }));
  const later = waits.filter((wait) => wait > 0);
  return { create, remove: [], active: active.length + create.length, ...(later.length > 0 ? { waitMs: Math.min(...later) } : {}) };
}

/** Pods that go: of those with the same index all but one, and as many more as there are too many. */
function surplus(job: Job, active: readonly Pod[], atLeast: number): readonly Pod[] {
  const ranked = active.toSorted(compareActive);
  const completions = job.spec?.completions ?? 0;
  const kept = new Map<number, Pod>();
  if (isIndexed(job)) {
    for (const pod of ranked) {
      const index = indexOf(pod);
      if (index !== undefined && index < completions) kept.set(index, pod);
    }
  }
  const doubles = isIndexed(job) ? ranked.filter((pod) => kept.get(indexOf(pod) ?? -1) !== pod) : [];
  const rest = ranked.filter((pod) => !doubles.includes(pod));
  return [...doubles, ...rest.slice(0, Math.max(0, atLeast - doubles.length))];
}
