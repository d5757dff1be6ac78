// What a cron job does next: which of its jobs it forgets, which it ends, and whether it starts one (upstream's syncCronJob).
import { formatTime } from '@holdfast/clock';
import { type CronClock, type CronJob, CronProblem, type CronJobStatus, type Job } from '@holdfast/schema';
import { findCondition } from '@holdfast/controller';
import { InvalidSchedule, missedStarts, scheduleClock, untilNext } from './missed.ts';

export interface Observed {
  readonly cronJob: CronJob;
  /** Jobs that the cron job controls. */
  readonly jobs: readonly Job[];
  readonly now: number;
}

export interface Told {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface Plan {
  readonly events: readonly Told[];
  /** Finished jobs beyond what is kept of them. */
  readonly forget: readonly Job[];
  /** Jobs that still run, and must end before the next one starts. */
  readonly replace: readonly Job[];
  /** When the job is due that is to be created. */
  readonly start?: number;
  /** Before anything is started. */
  readonly status: CronJobStatus;
  readonly requeueAfterMs?: number;
}

type Reference = NonNullable<CronJobStatus['active']>[number];

export function decide({ cronJob, jobs, now }: Observed): Plan {
  const events: Told[] = [];
  const tell = (type: Told['type'], reason: string, message: string): void => void events.push({ type, reason, message });
  const forget = forgotten(cronJob, jobs);
  const status = observe(cronJob, jobs, tell);
  const plan = (extra: Partial<Plan> = {}): Plan => ({ events, forget, replace: [], status, ...extra });
  const { spec, metadata } = cronJob;
  if (metadata.deletionTimestamp || !spec) return plan();
  const clock = clockOf(cronJob, tell);
  if (!clock || spec.suspend) return plan();
  const wait = (): Plan => plan({ requeueAfterMs: untilNext(cronJob, now, clock) });
  let due: number | undefined;
  try {
    const { latest, many } = missedStarts(cronJob, now, clock, true);
    if (latest !== undefined && many === 'many') {
      const advice = 'Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      tell('Warning', 'TooManyMissedTimes', `too many missed start times. ${advice}`);
    }
    due = latest;
  } catch (error) {
    if (!(error instanceof InvalidSchedule)) throw error;
    tell('Warning', 'InvalidSchedule', `invalid schedule: ${spec.schedule} : ${error.message}`);
    return plan();
  }
  if (due === undefined) return wait();
  if (spec.startingDeadlineSeconds !== undefined && due + spec.startingDeadlineSeconds * 1000 < now) {
    tell('Warning', 'MissSchedule', `Missed scheduled time to start a job: ${mailDate(due)}`);
    return wait();
  }
  const active = status.active ?? [];
  if (active.some(({ name }) => name === jobName(cronJob, due)) || status.lastScheduleTime === formatTime(due)) return wait();
  if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    tell('Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
    return wait();
  }
  const replace = spec.concurrencyPolicy === 'Replace' ? jobs.filter(({ metadata: { uid } }) => active.some((one) => one.uid === uid)) : [];
  const started: CronJob = { ...cronJob, status: { ...status, lastScheduleTime: formatTime(due) } };
  return plan({ replace, start: due, requeueAfterMs: untilNext(started, now, clock) });
}

/** The name of the job that is due at a time: the same whoever creates it. */
export function jobName({ metadata: { name } }: CronJob, due: number): string {
  return `${name}-${Math.floor(due / 60_000)}`;
}

/** The status with what has become of the jobs. */
function observe(
  { status = {} }: CronJob,
  jobs: readonly Job[],
  tell: (type: Told['type'], reason: string, message: string) => void,
): CronJobStatus {
  let active: readonly Reference[] = status.active ?? [];
  let { lastSuccessfulTime } = status;
  for (const job of jobs) {
    const { uid, name } = job.metadata;
    const isActive = active.some((one) => one.uid === uid);
    const ended = endOf(job);
    if (!isActive && !ended) tell('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`);
    else if (isActive && ended) {
      active = active.filter((one) => one.uid !== uid);
      tell('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${ended}`);
    } else if (ended === 'Complete') {
      const { completionTime } = job.status ?? {};
      if (completionTime && completionTime > (lastSuccessfulTime ?? '')) lastSuccessfulTime = completionTime;
    }
  }
  for (const { uid, name } of active.filter((one) => !jobs.some(({ metadata }) => metadata.uid === one.uid))) {
    active = active.filter((one) => one.uid !== uid);
    tell('Normal', 'MissingJob', `Active job went missing: ${name}`);
  }
  return {
    ...(active.length > 0 ? { active } : {}),
    ...(status.lastScheduleTime ? { lastScheduleTime: status.lastScheduleTime } : {}),
    ...(lastSuccessfulTime ? { lastSuccessfulTime } : {}),
  };
}

function endOf({ status }: Job): 'Complete' | 'Failed' | undefined {
  return (['Complete', 'Failed'] as const).find((type) => findCondition(status?.conditions ?? [], type)?.status === 'True');
}

/** The oldest finished jobs beyond the limits, of both kinds of ends. */
function forgotten({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const limits = { Complete: spec?.successfulJobsHistoryLimit, Failed: spec?.failedJobsHistoryLimit };
  return (['Complete', 'Failed'] as const).flatMap((end) => {
    const limit = limits[end];
    const ended = jobs.filter((job) => endOf(job) === end);
    return limit === undefined ? [] : ended.toSorted(byStart).slice(0, Math.max(0, ended.length - limit));
  });
}

function byStart(a: Job, b: Job): number {
  const key = ({ metadata, status }: Job): string => `${status?.startTime ?? '9'} ${metadata.name}`;
  return key(a) < key(b) ? -1 : 1;
}

/** Undefined for a schedule or a zone that nobody can read, which is told. */
function clockOf({ spec }: CronJob, tell: (type: Told['type'], reason: string, message: string) => void): CronClock | undefined {
  const { schedule = '', timeZone } = spec ?? {};
  if (schedule.includes('TZ')) {
    const link = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
    const words = `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see ${link} for more details`;
    tell('Warning', 'UnsupportedSchedule', words);
  }
  try {
    return scheduleClock(spec);
  } catch (error) {
    if (error instanceof CronProblem)
      tell('Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(schedule)} : ${error.message}`);
    else if (error instanceof RangeError)
      tell('Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone ?? '')}: unknown time zone ${timeZone ?? ''}`);
    else throw error;
    return undefined;
  }
}

/** As Go's RFC1123Z writes it. */
function mailDate(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}
