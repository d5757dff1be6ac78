// Times as text. All times are microseconds since 1970, dates days since 1970; the time zone is UTC.
import { invalidText } from '../errors.ts';

const MICROS_PER_DAY = 86_400_000_000n;

export function parseTimestamp(text: string, type: string): bigint {
  const match =
    /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?(?::\d{2})?)?\s*$/i.exec(
      text,
    );
  if (!match) throw invalidText(type, text);
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = match;
  const two = (part: string): string => part.padStart(2, '0');
  const ms = Date.parse(`${year}-${two(month)}-${two(day)}T${two(hour)}:${minute}:${second}Z`);
  if (Number.isNaN(ms)) throw invalidText(type, text);
  const back = new Date(ms);
  // 30 February and 25 o'clock would otherwise pass as another time.
  if (back.getUTCDate() !== Number(day) || back.getUTCMonth() !== Number(month) - 1 || Number(hour) > 23) throw invalidText(type, text);
  const micros = BigInt(ms) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0') || '0');
  return type === 'timestamptz' ? micros - offset(zone) : micros;
}

export function formatTimestamp(micros: bigint, zone: '' | '+00'): string {
  const ms = floorDiv(micros, 1000n);
  const text = new Date(Number(ms)).toISOString();
  const fraction = (floorMod(micros, 1_000_000n) as bigint).toString().padStart(6, '0').replace(/0+$/, '');
  const [date = '', time = ''] = text.split('T');
  return `${date} ${time.slice(0, 8)}${fraction ? `.${fraction}` : ''}${zone}`;
}

export function parseDate(text: string): bigint {
  return floorDiv(parseTimestamp(text, 'date'), MICROS_PER_DAY);
}

export function formatDate(days: bigint): string {
  return formatTimestamp(days * MICROS_PER_DAY, '').slice(0, -' 00:00:00'.length);
}

export function dateOf(micros: bigint): bigint {
  return floorDiv(micros, MICROS_PER_DAY);
}

export function timestampOf(days: bigint): bigint {
  return days * MICROS_PER_DAY;
}

/** Microseconds that the zone is ahead of UTC. */
function offset(zone: string): bigint {
  const match = /^([+-])(\d{2}):?(\d{2})?/.exec(zone);
  if (!match) return 0n;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? '0');
  return BigInt(match[1] === '-' ? -minutes : minutes) * 60_000_000n;
}

function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

function floorMod(value: bigint, divisor: bigint): bigint {
  return value - floorDiv(value, divisor) * divisor;
}
