// Which start of a cron job is due, and when the next one is (upstream's mostRecentScheduleTime).
import { cronClock, type CronClock, type CronJob, parseCron } from '@holdfast/schema';

/** Starts that were missed since the last one. */
export interface Missed {
  /** What is counted from: the last start, or the job's creation. */
  readonly since: number;
  /** The latest of them; absent: none is due. */
  readonly latest?: number;
  readonly many: 'none' | 'few' | 'many';
}

/** A schedule that never comes, or that comes twice in a second. */
export class InvalidSchedule extends Error {
  override readonly name = 'InvalidSchedule';
}

const SECOND_MS = 1000;
/** Above so many it is worth a warning. */
const MANY = 100;
/** Clocks differ by a little: looked at this much later. */
const MARGIN_MS = 100;

/** Throws CronProblem for a schedule that cannot be read, a RangeError for a zone that nobody knows. */
export function scheduleClock(spec: CronJob['spec']): CronClock {
  return cronClock(parseCron(spec?.schedule ?? ''), spec?.timeZone);
}

/** `withDeadline`: starts that are too late to be made up for are not counted. Throws InvalidSchedule. */
export function missedStarts(job: CronJob, now: number, clock: CronClock, withDeadline: boolean): Missed {
  const { startingDeadlineSeconds } = job.spec ?? {};
  const deadline = withDeadline && startingDeadlineSeconds !== undefined ? now - startingDeadlineSeconds * SECOND_MS : undefined;
  const since = Math.max(Date.parse(job.status?.lastScheduleTime ?? job.metadata.creationTimestamp ?? ''), deadline ?? 0);
  const first = clock.next(since);
  const second = first === undefined ? undefined : clock.next(first);
  if (first === undefined || second === undefined) throw tooClose();
  if (now < first) return { since, many: 'none' };
  if (now < second) return { since, latest: first, many: 'none' };
  const betweenSeconds = Math.round((second - first) / SECOND_MS);
  if (betweenSeconds < 1) throw tooClose();
  const count = Math.floor(Math.floor((now - first) / SECOND_MS) / betweenSeconds) + 1;
  // Two intervals back, since they need not be alike: `30 6-16/4 * * 1-5`.
  let latest: number | undefined;
  for (let at = clock.next(first + (count - 2) * betweenSeconds * SECOND_MS); at !== undefined && at <= now; at = clock.next(at))
    latest = at;
  const many = count > MANY ? 'many' : count > 0 ? 'few' : 'none';
  return { since, many, ...(latest === undefined ? {} : { latest }) };
}

/** Milliseconds until the job is to be looked at again. */
export function untilNext(job: CronJob, now: number, clock: CronClock): number {
  const next = clock.next(countedFrom(job, now, clock)) ?? now;
  return next + MARGIN_MS - now;
}

function countedFrom(job: CronJob, now: number, clock: CronClock): number {
  try {
    const { latest, many, since } = missedStarts(job, now, clock, false);
    return latest ?? (many === 'none' ? since : now);
  } catch (error) {
    // It has to be looked at some time all the same.
    if (error instanceof InvalidSchedule) return now;
    throw error;
  }
}

function tooClose(): InvalidSchedule {
  return new InvalidSchedule('time difference between two schedules is less than 1 second');
}
