// When a schedule is due next (robfig/cron's SpecSchedule.Next).
import type { CronFields, CronSchedule } from './parse.ts';
import { timeZone, type WallTime, type Zone } from './zone.ts';

/** Dates that do not come within so many years never come: 31 February. */
const YEARS = 5;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Finds the instants of a schedule. */
export interface CronClock {
  /** The first instant after `ms`; undefined when there is none. */
  next(ms: number): number | undefined;
}

/** `zone`: of the schedule where it names none itself; absent: UTC. Throws a RangeError for a zone that nobody knows. */
export function cronClock({ when, zone: own }: CronSchedule, zone?: string): CronClock {
  if (when.kind === 'every') return { next: (ms) => Math.floor(ms / SECOND_MS) * SECOND_MS + when.delayMs };
  const place = timeZone(own ?? zone);
  return { next: (ms) => nextOf(when, place, ms) };
}

function nextOf(fields: CronFields, zone: Zone, after: number): number | undefined {
  // From the next second on; seconds match only at 0.
  let at = Math.floor(after / SECOND_MS) * SECOND_MS + SECOND_MS;
  const lastYear = zone.wall(at).year + YEARS;
  let changed = false;
  /** Everything below the part that is advanced begins anew, once. */
  const reset = (part: Partial<WallTime>): void => {
    if (!changed) at = zone.instant({ ...zone.wall(at), ...part });
    changed = true;
  };
  search: for (;;) {
    if (zone.wall(at).year > lastYear) return undefined;
    while (!fields.month.values.has(zone.wall(at).month)) {
      reset({ day: 1, hour: 0, minute: 0 });
      const wall = zone.wall(at);
      at = zone.instant({ ...wall, month: wall.month + 1 });
      if (zone.wall(at).month === 1) continue search;
    }
    while (!matchesDay(fields, zone.wall(at))) {
      reset({ hour: 0, minute: 0 });
      const wall = zone.wall(at);
      at = midnight(zone, zone.instant({ ...wall, day: wall.day + 1 }));
      if (zone.wall(at).day === 1) continue search;
    }
    while (!fields.hour.values.has(zone.wall(at).hour)) {
      reset({ minute: 0 });
      at += HOUR_MS;
      if (zone.wall(at).hour === 0) continue search;
    }
    while (!fields.minute.values.has(zone.wall(at).minute)) {
      changed = true;
      at = Math.floor(at / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
      if (zone.wall(at).minute === 0) continue search;
    }
    if (at % MINUTE_MS === 0) return at;
    changed = true;
    at = Math.floor(at / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
    if (zone.wall(at).minute === 0) continue;
    // Another minute has begun, which may not be meant.
  }
}

/** Where the clocks are changed at midnight there may be none: then the nearest full hour to it. */
function midnight(zone: Zone, ms: number): number {
  const { hour } = zone.wall(ms);
  if (hour === 0) return ms;
  return hour > 12 ? ms + (24 - hour) * HOUR_MS : ms - hour * HOUR_MS;
}

/** Where both kinds of days are named, either will do. */
function matchesDay({ dayOfMonth, dayOfWeek }: CronFields, { year, month, day }: WallTime): boolean {
  const byMonth = dayOfMonth.values.has(day);
  const byWeek = dayOfWeek.values.has(new Date(Date.UTC(year, month - 1, day)).getUTCDay());
  return dayOfMonth.open || dayOfWeek.open ? byMonth && byWeek : byMonth || byWeek;
}
