// Wall clocks of time zones: from instants to dates and back, as Go's time package does it.

/** A date and time as a wall clock shows it. Months are 1 to 12; out of range they carry over. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

export interface Zone {
  wall(ms: number): WallTime;
  /** The instant at which the clock shows that time. One that is skipped or shown twice is one of its two readings, the same as in Go. */
  instant(wall: WallTime): number;
  /** Milliseconds that its clock is ahead of UTC. */
  offsetMs(ms: number): number;
}

const MINUTE_MS = 60_000;

/** Throws a RangeError for a name that is in no time zone database. */
export function timeZone(name: string | undefined): Zone {
  const offsetMs = name === undefined || name === 'UTC' ? () => 0 : offsets(name);
  return {
    offsetMs,
    wall: (ms) => {
      const date = new Date(ms + offsetMs(ms));
      return {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
      };
    },
    instant: ({ year, month, day, hour, minute }) => {
      const asUtc = Date.UTC(year, month - 1, day, hour, minute);
      const guess = asUtc - offsetMs(asUtc);
      // Near a change of the clocks the first guess is on the wrong side of it.
      return asUtc - offsetMs(guess);
    },
  };
}

function offsets(name: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    const whole = Math.floor(ms / 1000) * 1000;
    // Offsets of long ago had seconds; nobody schedules there, and a schedule has minutes.
    return Math.round((shown - whole) / MINUTE_MS) * MINUTE_MS;
  };
}
