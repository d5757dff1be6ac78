// The five-field schedules of cron as robfig/cron reads them; what is wrong with one is said in that library's words.

/** Which values of a field match, and whether it was left open by `*` or `?`. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  readonly open: boolean;
}

/** Minutes that match. */
export interface CronFields {
  readonly kind: 'fields';
  readonly minute: CronField;
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  /** Sunday is 0. */
  readonly dayOfWeek: CronField;
}

/** `@every`: a fixed delay, in whole seconds. */
export interface CronEvery {
  readonly kind: 'every';
  readonly delayMs: number;
}

export interface CronSchedule {
  /** IANA name of the time zone that was written before the fields, `TZ=…`. */
  readonly zone: string | undefined;
  readonly when: CronFields | CronEvery;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: Readonly<Record<string, number>>;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const BOUNDS = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: Object.fromEntries(MONTHS.map((name, index) => [name, index + 1])) },
  dayOfWeek: { min: 0, max: 6, names: Object.fromEntries(DAYS.map((name, index) => [name, index])) },
} as const satisfies Record<string, Bounds>;

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const UNITS_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A schedule that cannot be read: its message says why. */
export class CronProblem extends Error {
  override readonly name = 'CronProblem';
}

/** Throws CronProblem. */
export function parseCron(schedule: string): CronSchedule {
  const [prefix = '', zone] = /^(?:CRON_)?TZ=(\S+)\s+/.exec(schedule) ?? [];
  const text = schedule.slice(prefix.length);
  if (text.startsWith('@every ')) return { zone, when: every(text) };
  const written = text.startsWith('@') ? DESCRIPTORS[text] : text;
  if (written === undefined) throw new CronProblem(`unrecognized descriptor: ${text}`);
  return { zone, when: fields(written) };
}

/** What is wrong with a schedule; undefined for a good one. */
export function cronProblem(schedule: string): string | undefined {
  try {
    parseCron(schedule);
    return undefined;
  } catch (error) {
    if (error instanceof CronProblem) return error.message;
    throw error;
  }
}

function fields(text: string): CronFields {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== 5) throw new CronProblem(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = parts;
  return {
    kind: 'fields',
    minute: field(minute, BOUNDS.minute),
    hour: field(hour, BOUNDS.hour),
    dayOfMonth: field(dayOfMonth, BOUNDS.dayOfMonth),
    month: field(month, BOUNDS.month),
    dayOfWeek: field(dayOfWeek, BOUNDS.dayOfWeek),
  };
}

function field(text: string, bounds: Bounds): CronField {
  const values = new Set<number>();
  let open = false;
  for (const expression of text.split(',')) {
    const range = rangeOf(expression, bounds);
    for (let value = range.start; value <= range.end; value += range.step) values.add(value);
    open ||= range.open;
  }
  return { values, open };
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly open: boolean;
}

function rangeOf(expression: string, bounds: Bounds): Range {
  const [range = '', stepText, ...more] = expression.split('/');
  const [low = '', high, ...others] = range.split('-');
  if (more.length > 0) throw new CronProblem(`too many slashes: ${expression}`);
  if (others.length > 0) throw new CronProblem(`too many hyphens: ${expression}`);
  const wild = low === '*' || low === '?';
  const start = wild ? bounds.min : numberOf(low, bounds);
  // `N/step` means from N to the largest.
  const last = stepText === undefined ? start : bounds.max;
  const end = wild ? bounds.max : high === undefined ? last : numberOf(high, bounds);
  const step = stepText === undefined ? 1 : numberOf(stepText, { min: 0, max: 0 });
  if (start < bounds.min) throw new CronProblem(`beginning of range (${start}) below minimum (${bounds.min}): ${expression}`);
  if (end > bounds.max) throw new CronProblem(`end of range (${end}) above maximum (${bounds.max}): ${expression}`);
  if (start > end) throw new CronProblem(`beginning of range (${start}) beyond end of range (${end}): ${expression}`);
  if (step === 0) throw new CronProblem(`step of range should be a positive number: ${expression}`);
  return { start, end, step, open: wild && step === 1 };
}

function numberOf(text: string, { names }: Bounds): number {
  const name = text.toLowerCase();
  const named = names && Object.hasOwn(names, name) ? names[name] : undefined;
  if (named !== undefined) return named;
  if (/^\d+$/.test(text)) return Number(text);
  throw new CronProblem(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function every(text: string): CronEvery {
  const duration = text.slice('@every '.length);
  const parts = [...duration.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== duration)
    throw new CronProblem(`failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`);
  const ms = parts.reduce((sum, [, amount = '0', unit = 's']) => sum + Number(amount) * (UNITS_MS[unit] ?? 0), 0);
  return { kind: 'every', delayMs: Math.max(1, Math.floor(ms / 1000)) * 1000 };
}
