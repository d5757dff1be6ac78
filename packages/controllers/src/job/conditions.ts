// The conditions of a job: what will become of it is said at once, that it has become so when none of its pods runs any more.
import type { Job, JobCondition } from '@holdfast/schema';

/** What a job comes to, and why. */
export interface Ending {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

/** What announces each ending. */
const TARGET_OF = { Complete: 'SuccessCriteriaMet', Failed: 'FailureTarget' } as const;

export const COMPLETED: Ending = { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
export const TOO_MANY_FAILURES: Ending = {
  type: 'Failed',
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};
export const TOO_LATE: Ending = { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };

export const FAILED_INDEXES: Ending = { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' };
export const TOO_MANY_INDEXES: Ending = {
  type: 'Failed',
  reason: 'MaxFailedIndexesExceeded',
  message: 'Job has exceeded the specified maximal number of failed indexes',
};

/** A pod has failed in a way in which no other would succeed. */
export function byFailurePolicy(message: string): Ending {
  return { type: 'Failed', reason: 'PodFailurePolicy', message };
}

/** Enough indexes have succeeded. */
export function bySuccessPolicy(message: string): Ending {
  return { type: 'Complete', reason: 'SuccessPolicy', message };
}

export function isFinished(job: Job): boolean {
  return finishedCondition(job) !== undefined;
}

export function finishedCondition({ status }: Job): JobCondition | undefined {
  return status?.conditions?.find(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True');
}

/** The ending that was announced before. */
export function announced({ status }: Job): Ending | undefined {
  for (const type of ['Complete', 'Failed'] as const) {
    const target = status?.conditions?.find((condition) => condition.type === TARGET_OF[type] && condition.status === 'True');
    if (target) return { type, reason: target.reason ?? '', message: target.message ?? '' };
  }
  return undefined;
}

export function announce(conditions: readonly JobCondition[], ending: Ending, now: string): readonly JobCondition[] {
  return setCondition(conditions, { ...ending, type: TARGET_OF[ending.type], status: 'True' }, now);
}

export function finish(conditions: readonly JobCondition[], ending: Ending, now: string): readonly JobCondition[] {
  return setCondition(conditions, { ...ending, status: 'True' }, now);
}

/** Upstream's JobSuspended: a job that never was suspended has no such condition. */
export function suspended(conditions: readonly JobCondition[], suspend: boolean, now: string): readonly JobCondition[] {
  if (suspend)
    return setCondition(conditions, { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }, now);
  if (!conditions.some(({ type }) => type === 'Suspended')) return conditions;
  return setCondition(conditions, { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }, now);
}

function setCondition(
  conditions: readonly JobCondition[],
  { type, status, reason, message }: Pick<JobCondition, 'type' | 'status' | 'reason' | 'message'>,
  now: string,
): readonly JobCondition[] {
  const next: JobCondition = { type, status, reason, message, lastProbeTime: now, lastTransitionTime: now };
  const before = conditions.findIndex((condition) => condition.type === type);
  const old = conditions[before];
  if (!old) return [...conditions, next];
  return old.status === status && old.reason === reason && old.message === message ? conditions : conditions.with(before, next);
}
