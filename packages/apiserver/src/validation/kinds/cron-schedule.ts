// The five-field schedules of cron as robfig/cron reads them: what is wrong with one, in that library's words.

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: Readonly<Record<string, number>>;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: Object.fromEntries(MONTHS.map((name, index) => [name, index + 1])) },
  { min: 0, max: 6, names: Object.fromEntries(DAYS.map((name, index) => [name, index])) },
];
const DESCRIPTORS = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);

/** What is wrong with a schedule; undefined for a good one. */
export function cronProblem(schedule: string): string | undefined {
  const text = schedule.replace(/^(CRON_)?TZ=\S+\s+/, '');
  if (text.startsWith('@')) return descriptorProblem(text);
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [index, field] of FIELDS.entries()) {
    for (const expression of (fields[index] ?? '').split(',')) {
      const problem = rangeProblem(expression, field);
      if (problem) return problem;
    }
  }
  return undefined;
}

function descriptorProblem(text: string): string | undefined {
  if (DESCRIPTORS.has(text)) return undefined;
  const every = /^@every (.+)$/.exec(text);
  if (!every) return `unrecognized descriptor: ${text}`;
  return /^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(every[1] ?? '')
    ? undefined
    : `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(every[1])}`;
}

function rangeProblem(expression: string, field: Field): string | undefined {
  const [range = '', step, ...more] = expression.split('/');
  const [low = '', high, ...others] = range.split('-');
  if (more.length > 0) return `too many slashes: ${expression}`;
  if (others.length > 0) return `too many hyphens: ${expression}`;
  const wild = low === '*' || low === '?';
  const start = wild ? field.min : numberOf(low, field);
  const end = wild ? field.max : high === undefined ? (step === undefined ? start : field.max) : numberOf(high, field);
  const every = step === undefined ? 1 : numberOf(step, { min: 0, max: 0 });
  for (const [value, text] of [
    [start, low],
    [end, high ?? ''],
    [every, step ?? ''],
  ] as const)
    if (value === undefined) return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  if (start === undefined || end === undefined) return undefined;
  if (start < field.min) return `beginning of range (${start}) below minimum (${field.min}): ${expression}`;
  if (end > field.max) return `end of range (${end}) above maximum (${field.max}): ${expression}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${expression}`;
  return every === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}

function numberOf(text: string, { names }: Field): number | undefined {
  const name = text.toLowerCase();
  if (names && Object.hasOwn(names, name)) return names[name];
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
