// Durations and ages in the short form of kubectl: '42s', '3m12s', '5h', '2d3h'.

const SECOND = 1000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

interface Rule {
  /** Applies below so many seconds. */
  readonly below: number;
  readonly unit: readonly [number, string];
  /** A second, smaller unit that is shown unless it is zero. */
  readonly rest?: readonly [number, string];
}

// The steps of k8s.io/apimachinery/pkg/util/duration.HumanDuration: two or three significant digits everywhere.
const RULES: readonly Rule[] = [
  { below: 2 * MINUTE, unit: [1, 's'] },
  { below: 10 * MINUTE, unit: [MINUTE, 'm'], rest: [1, 's'] },
  { below: 3 * HOUR, unit: [MINUTE, 'm'] },
  { below: 8 * HOUR, unit: [HOUR, 'h'], rest: [MINUTE, 'm'] },
  { below: 2 * DAY, unit: [HOUR, 'h'] },
  { below: 8 * DAY, unit: [DAY, 'd'], rest: [HOUR, 'h'] },
  { below: 2 * YEAR, unit: [DAY, 'd'] },
  { below: 8 * YEAR, unit: [YEAR, 'y'], rest: [DAY, 'd'] },
  { below: Number.POSITIVE_INFINITY, unit: [YEAR, 'y'] },
];

/** A duration in milliseconds as people read it. Up to two seconds below zero count as zero: clocks differ. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / SECOND);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  const rule = RULES.find(({ below }) => seconds < below) ?? RULES.at(-1);
  if (!rule) return '';
  const [size, letter] = rule.unit;
  const whole = `${Math.floor(seconds / size)}${letter}`;
  if (!rule.rest) return whole;
  const [restSize, restLetter] = rule.rest;
  const rest = Math.floor((seconds % size) / restSize);
  return rest === 0 ? whole : `${whole}${rest}${restLetter}`;
}

/** The age of something that happened at `time` (RFC 3339): '<unknown>' when it is absent. */
export function age(time: string | null | undefined, now: number): string {
  const at = time ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now - at);
}
