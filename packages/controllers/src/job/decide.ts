// What a job does next: pods to start, pods to end, and what it comes to.
import type { Job, Pod } from '@holdfast/schema';
import { hasEnded, isReady, isTerminating } from '../pods/pod-health.ts';
import { isIndexed, tally, type Tally } from './accounting.ts';
import { type BackOff, nextBackOff, remainingMs } from './back-off.ts';
import { announced, COMPLETED, type Ending, TOO_LATE, TOO_MANY_FAILURES } from './conditions.ts';
import { indexOf } from './indexes.ts';

export interface Observed {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly backOff: BackOff;
  readonly nowMs: number;
}

export interface Plan {
  /** Completion indexes of the pods to create; undefined members for a job without indexes. */
  readonly create: readonly (number | undefined)[];
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
  const ending = announced(job) ?? failure(job, pods, counted, leftMs);
  if (ending) return { ...common, create: [], remove: active, active: 0, ending };
  const managed = job.metadata.deletionTimestamp
    ? { create: [], remove: [], active: active.length }
    : suspend
      ? { create: [], remove: active, active: 0 }
      : manage(job, active, counted, remainingMs(backOff, nowMs));
  const complete = managed.active === 0 && (completions === undefined ? counted.succeeded > 0 : counted.succeeded >= completions);
  const waits = [leftMs, 'waitMs' in managed ? managed.waitMs : undefined].filter((wait) => wait !== undefined && wait > 0);
  const { create, remove } = managed;
  return {
    ...common,
    create,
    remove,
    active: managed.active,
    ...(complete ? { ending: COMPLETED } : {}),
    ...(waits.length > 0 ? { recheckAfterMs: Math.min(...waits.map(Number)) } : {}),
  };
}

export function isActive(pod: Pod): boolean {
  return !isTerminating(pod) && !hasEnded(pod);
}

function failure(job: Job, pods: readonly Pod[], { failed }: Tally, leftMs: number | undefined): Ending | undefined {
  const { backoffLimit = 6 } = job.spec ?? {};
  if (failed > backoffLimit || restartedTooOften(job, pods, backoffLimit)) return TOO_MANY_FAILURES;
  return leftMs !== undefined && leftMs <= 0 ? TOO_LATE : undefined;
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

/** As many pods as are missing, at most `parallelism` at once; what is too much goes first. */
function manage(job: Job, active: readonly Pod[], { succeeded, doneIndexes }: Tally, waitMs: number): Managed {
  const { completions, parallelism = 1 } = job.spec ?? {};
  const wanted =
    completions === undefined ? (succeeded > 0 ? active.length : parallelism) : Math.max(0, Math.min(parallelism, completions - succeeded));
  const remove = surplus(job, active, Math.max(0, active.length - wanted));
  if (remove.length > 0) return { create: [], remove, active: active.length - remove.length };
  const missing = wanted - active.length;
  if (missing <= 0) return { create: [], remove: [], active: active.length };
  // While it waits, upstream's status counts nothing as active.
  if (waitMs > 0) return { create: [], remove: [], active: 0, waitMs };
  const taken = new Set([...doneIndexes, ...active.map(indexOf)]);
  const create = isIndexed(job)
    ? Array.from({ length: completions ?? 0 }, (_, index) => index)
        .filter((index) => !taken.has(index))
        .slice(0, missing)
    : Array.from({ length: missing }, () => undefined);
  return { create, remove: [], active: active.length + create.length };
}

/** Pods that go: of those with the same index all but one, and as many more as there are too many. */
function surplus(job: Job, active: readonly Pod[], atLeast: number): readonly Pod[] {
  const ranked = active.toSorted(compareForRemoval);
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

/** Upstream's ActivePods: what costs least goes first. */
function compareForRemoval(a: Pod, b: Pod): number {
  const phase = (pod: Pod): number => ['Pending', 'Unknown', 'Running'].indexOf(pod.status?.phase ?? 'Pending');
  const readySince = (pod: Pod): string => pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
  const restarts = (pod: Pod): number => Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
  const compare = (first = '', second = ''): number => (first < second ? -1 : first > second ? 1 : 0);
  return (
    Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName)) ||
    phase(a) - phase(b) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    (isReady(a) && isReady(b) ? compare(readySince(b), readySince(a)) : 0) ||
    restarts(b) - restarts(a) ||
    compare(b.metadata.creationTimestamp, a.metadata.creationTimestamp)
  );
}
