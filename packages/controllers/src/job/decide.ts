// What a job does next: pods to start, pods to end, and whether it has finished.
import type { Job, JobCondition, JobStatus, Pod } from '@holdfast/schema';
import { isTerminating } from '../statefulset/pod-health.ts';

export const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';

export interface Observed {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly nowMs: number;
  /** The same instant as RFC 3339. */
  readonly now: string;
}

export interface Plan {
  /** Completion indexes of the pods to create; undefined members for a job without indexes. */
  readonly create: readonly (number | undefined)[];
  readonly remove: readonly Pod[];
  readonly status: JobStatus;
  /** Set in the pass in which the job finishes. */
  readonly finished?: { readonly type: 'Complete' | 'Failed'; readonly reason: string; readonly message: string };
  readonly recheckAfterMs?: number;
}

/** Pods that fail are started again after 10 s, doubling up to 10 minutes. */
const BACK_OFF_MS = 10_000;
const MAX_BACK_OFF_MS = 600_000;

/** What announces the end, and what a job ends with. */
const TARGET_OF = { Complete: 'SuccessCriteriaMet', Failed: 'FailureTarget' } as const;

export function isFinished(job: Job): boolean {
  return (
    job.status?.conditions?.some(
      (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
    ) ?? false
  );
}

export function decide(observed: Observed): Plan {
  const { job, pods, nowMs, now } = observed;
  const { parallelism = 1, completions, backoffLimit = 6, activeDeadlineSeconds, suspend, completionMode } = job.spec ?? {};
  const indexed = completionMode === 'Indexed';
  const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded');
  const failed = pods.filter((pod) => pod.status?.phase === 'Failed');
  const active = pods.filter((pod) => !isTerminating(pod) && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed');
  const doneIndexes = new Set(succeeded.map(indexOf).filter((index) => index !== undefined));
  const done = indexed ? doneIndexes.size : succeeded.length;
  const startTime = suspend ? undefined : (job.status?.startTime ?? now);
  const counts = {
    ...(startTime ? { startTime } : {}),
    active: active.length,
    succeeded: done,
    failed: failed.length,
    ready: active.filter((pod) => pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'))
      .length,
    terminating: pods.filter((pod) => isTerminating(pod) && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed').length,
    uncountedTerminatedPods: {},
    ...(indexed && doneIndexes.size > 0 ? { completedIndexes: ranges([...doneIndexes].toSorted((a, b) => a - b)) } : {}),
  };
  const plan = (extra: Partial<Plan>): Plan => ({
    create: [],
    remove: [],
    status: { ...tidy(counts), conditions: job.status?.conditions },
    ...extra,
  });
  /** What will become of the job is said at once; that it has, only when none of its pods runs any more (since 1.31). */
  const finish = (type: 'Complete' | 'Failed', reason: string, message: string): Plan => {
    const said = { status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now };
    const condition: JobCondition = { type, ...said };
    const target: JobCondition = { type: TARGET_OF[type], ...said };
    const before = job.status?.conditions ?? [];
    const others = before.some((existing) => existing.type === target.type) ? before : [...before, target];
    if (active.length > 0 || counts.terminating > 0) return { create: [], remove: active, status: { ...tidy(counts), conditions: others } };
    const status = {
      ...tidy({ ...counts, active: 0, ready: 0 }),
      ...(type === 'Complete' ? { completionTime: now } : {}),
      conditions: [...others, condition],
    };
    return { create: [], remove: [], status, finished: { type, reason, message } };
  };
  if (job.metadata.deletionTimestamp) return plan({});
  for (const type of ['Failed', 'Complete'] as const) {
    const target = job.status?.conditions?.find((existing) => existing.type === TARGET_OF[type] && existing.status === 'True');
    if (target) return finish(type, target.reason ?? '', target.message ?? '');
  }
  if (failed.length > backoffLimit) return finish('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const leftMs =
    activeDeadlineSeconds === undefined || !startTime ? undefined : Date.parse(startTime) + activeDeadlineSeconds * 1000 - nowMs;
  if (leftMs !== undefined && leftMs <= 0) return finish('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline');
  const complete = completions === undefined ? succeeded.length > 0 && active.length === 0 : done >= completions;
  if (complete) return finish('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods');
  if (suspend) return plan({ remove: active });
  const wanted =
    completions === undefined ? (succeeded.length > 0 ? active.length : parallelism) : Math.min(parallelism, completions - done);
  if (active.length > wanted) return plan({ remove: active.slice(wanted), ...recheck(leftMs) });
  const waitMs = backOffMs(failed, nowMs);
  const missing = wanted - active.length;
  if (missing > 0 && waitMs > 0) return plan(recheck(leftMs, waitMs));
  const taken = new Set([...doneIndexes, ...active.map(indexOf)]);
  const free = indexed
    ? Array.from({ length: completions ?? 0 }, (_, index) => index).filter((index) => !taken.has(index))
    : Array.from({ length: missing }, () => undefined);
  return plan({ create: free.slice(0, missing), ...recheck(leftMs) });
}

function recheck(...waits: readonly (number | undefined)[]): { readonly recheckAfterMs?: number } {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length > 0 ? { recheckAfterMs: Math.min(...known) } : {};
}

/** How long the next pod has to wait because of those that failed. */
function backOffMs(failed: readonly Pod[], nowMs: number): number {
  if (failed.length === 0) return 0;
  const ends = failed.map((pod) =>
    Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => Date.parse(status.state?.terminated?.finishedAt ?? '') || 0)),
  );
  const delay = Math.min(BACK_OFF_MS * 2 ** (failed.length - 1), MAX_BACK_OFF_MS);
  return Math.max(0, Math.max(...ends) + delay - nowMs);
}

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX_ANNOTATION];
  return text === undefined ? undefined : Number(text);
}

/** '0-2,5'. */
function ranges(indexes: readonly number[]): string {
  const parts: string[] = [];
  for (let start = 0; start < indexes.length; ) {
    let end = start;
    while (indexes[end + 1] === (indexes[end] ?? 0) + 1) end++;
    parts.push(end === start ? String(indexes[start]) : `${indexes[start]}${end === start + 1 ? ',' : '-'}${indexes[end]}`);
    start = end + 1;
  }
  return parts.join(',');
}

/** Counts of zero are left out, but for `ready` and `terminating`. */
function tidy<T extends object>(counts: T): T {
  return Object.fromEntries(
    Object.entries(counts).filter(([field, value]) => value !== 0 || field === 'ready' || field === 'terminating'),
  ) as T;
}
