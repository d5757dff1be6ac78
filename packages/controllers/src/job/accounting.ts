// Counts each pod of a job once. A pod that has ended keeps the job's finalizer until the status names it as uncounted; the
// finalizer goes then, and only when it has gone does the pod become a number.
import type { Job, JobStatus, Pod } from '@holdfast/schema';
import { hasEnded, isTerminating } from '../pods/pod-health.ts';
import { hasFailed, verdictOn } from './failure-policy.ts';
import { IndexFailures } from './index-failures.ts';
import { formatIndexes, indexOf, parseIndexes } from './indexes.ts';

export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;
}

export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === 'Indexed';
}

/** What a job's pods have come to: what its status counts, and what it does not count yet. */
export interface Tally {
  readonly succeeded: number;
  readonly failed: number;
  /** Indexes that are done; of a job without indexes none. */
  readonly doneIndexes: ReadonlySet<number>;
  /** Pods that have ended since the status was written. */
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  /** Of a job whose indexes fail each for itself. */
  readonly failures?: IndexFailures;
}

export function tally(job: Job, pods: readonly Pod[]): Tally {
  const { status = {} } = job;
  const uncounted = status.uncountedTerminatedPods ?? {};
  const completions = job.spec?.completions ?? 0;
  const isNew = (pod: Pod, known: readonly string[] = []): boolean =>
    isTracked(pod) && !known.includes(pod.metadata.uid ?? '') && (!isIndexed(job) || hasIndexBelow(pod, completions));
  const newSucceeded = pods.filter((pod) => pod.status?.phase === 'Succeeded' && isNew(pod, uncounted.succeeded));
  const newFailed = pods.filter((pod) => hasFailed(pod, job) && isNew(pod, uncounted.failed));
  const perIndex = isIndexed(job) && job.spec?.backoffLimitPerIndex !== undefined;
  const doneIndexes = new Set(isIndexed(job) ? parseIndexes(status.completedIndexes, completions) : []);
  if (isIndexed(job)) for (const pod of newSucceeded) doneIndexes.add(indexOf(pod) ?? 0);
  return {
    succeeded: isIndexed(job) ? doneIndexes.size : (status.succeeded ?? 0) + newSucceeded.length + (uncounted.succeeded?.length ?? 0),
    failed: (status.failed ?? 0) + newFailed.filter((pod) => isCounted(pod, job)).length + (uncounted.failed?.length ?? 0),
    doneIndexes,
    newSucceeded,
    newFailed,
    ...(perIndex ? { failures: new IndexFailures(job, newFailed) } : {}),
  };
}

/** Whether a failure is one: the policy may know better. */
function isCounted(pod: Pod, job: Job): boolean {
  return verdictOn(pod, job).action !== 'Ignore';
}

export interface Accounts {
  readonly status: JobStatus;
  /** Pods that may lose their finalizer once the status is written. */
  readonly release: readonly Pod[];
}

export interface AccountOptions {
  /** What the job comes to, if it does. */
  readonly ending?: 'Complete' | 'Failed' | undefined;
  /** Of a job whose indexes fail each for itself. */
  readonly failures?: IndexFailures | undefined;
}

/** Takes over what has lost its finalizer, and names what may lose it now. */
export function account(job: Job, pods: readonly Pod[], { ending, failures }: AccountOptions = {}): Accounts {
  const completions = job.spec?.completions ?? 0;
  const status = takeOver(job.status ?? {}, new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid ?? '')));
  const before = job.status?.uncountedTerminatedPods ?? {};
  const succeeded = [...(status.uncountedTerminatedPods?.succeeded ?? [])];
  const failed = [...(status.uncountedTerminatedPods?.failed ?? [])];
  const done = new Set(isIndexed(job) ? parseIndexes(status.completedIndexes, completions) : []);
  const release: Pod[] = [];
  const over = ending !== undefined || job.metadata.deletionTimestamp !== undefined;
  const busy = new Set([...done, ...pods.filter((pod) => !hasEnded(pod) && !isTerminating(pod)).map(indexOf)]);
  for (const pod of pods) {
    const { uid = '' } = pod.metadata;
    const ended = pod.status?.phase === 'Succeeded';
    if (!isTracked(pod) || !(ended || hasFailed(pod, job) || over)) continue;
    if (!ended && !over && failures?.isNeeded(pod, busy)) continue;
    release.push(pod);
    const counts = !isIndexed(job) || hasIndexBelow(pod, completions);
    if (ended && !before.failed?.includes(uid)) {
      // An index is enough to count a success once.
      if (isIndexed(job)) {
        if (counts) done.add(indexOf(pod) ?? 0);
      } else if (!succeeded.includes(uid)) succeeded.push(uid);
      // When a job has failed, so has every pod of it that still ran.
    } else if ((hasFailed(pod, job) || ending === 'Failed') && counts && isCounted(pod, job) && !failed.includes(uid)) failed.push(uid);
  }
  const uncountedTerminatedPods = { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
  const indexes = isIndexed(job) ? { succeeded: done.size, completedIndexes: formatIndexes(done) } : {};
  const failedIndexes = failures ? { failedIndexes: formatIndexes(failures.failed) } : {};
  return { status: { ...status, ...indexes, ...failedIndexes, uncountedTerminatedPods }, release };
}

/** Pods that are named as uncounted and have no finalizer any more become numbers. */
export function takeOver(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const still = (uids: readonly string[]): readonly string[] => uids.filter((uid) => tracked.has(uid));
  const left = { succeeded: still(succeeded), failed: still(failed) };
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - left.succeeded.length,
    failed: (status.failed ?? 0) + failed.length - left.failed.length,
    uncountedTerminatedPods: {
      ...(left.succeeded.length > 0 ? { succeeded: left.succeeded } : {}),
      ...(left.failed.length > 0 ? { failed: left.failed } : {}),
    },
  };
}

export function hasUncounted({ uncountedTerminatedPods }: JobStatus): boolean {
  return (uncountedTerminatedPods?.succeeded?.length ?? 0) + (uncountedTerminatedPods?.failed?.length ?? 0) > 0;
}

function hasIndexBelow(pod: Pod, completions: number): boolean {
  const index = indexOf(pod);
  return index !== undefined && index < completions;
}
