// Decimal numbers of any size.
import { divisionByZero, invalidText, SqlError } from '../errors.ts';
import type { Decimal } from './datum.ts';

/** Digits behind the point that a division adds, as CockroachDB's context has twenty digits. */
const DIVISION_DIGITS = 20;
/** A number of more digits is refused: computing with it would stall everybody else. */
const MAX_DIGITS = 2_000;

export function isDecimal(value: unknown): value is Decimal {
  return typeof value === 'object' && value !== null && 'unscaled' in value && 'scale' in value;
}

export function parseDecimal(text: string): Decimal {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/.exec(text.trim());
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match ?? [];
  if (!match || whole + fraction === '') throw invalidText('decimal', text);
  const exponent = Number(exponentText);
  if (whole.length + fraction.length + Math.abs(exponent) > MAX_DIGITS) throw tooLong();
  const unscaled = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  const scale = fraction.length - exponent;
  return scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 };
}

export function formatDecimal({ unscaled, scale }: Decimal): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`;
}

export function decimalFromInt(value: bigint): Decimal {
  return { unscaled: value, scale: 0 };
}

export function decimalFromFloat(value: number): Decimal {
  if (!Number.isFinite(value)) throw new SqlError('22003', `${value} cannot be a decimal number`);
  return parseDecimal(String(value));
}

export function decimalToNumber(value: Decimal): number {
  return Number(formatDecimal(value));
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = aligned(a, b);
  return checked({ unscaled: x + y, scale });
}

export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return addDecimals(a, { unscaled: -b.unscaled, scale: b.scale });
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return checked({ unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale });
}

export function divideDecimals(a: Decimal, b: Decimal): Decimal {
  if (b.unscaled === 0n) throw divisionByZero();
  const [x, y] = aligned(a, b);
  const extended = { unscaled: (x * 10n ** BigInt(DIVISION_DIGITS + 1)) / y, scale: DIVISION_DIGITS + 1 };
  return trimmed(roundDecimal(extended, DIVISION_DIGITS));
}

export function remainderOfDecimals(a: Decimal, b: Decimal): Decimal {
  if (b.unscaled === 0n) throw divisionByZero();
  const [x, y, scale] = aligned(a, b);
  return { unscaled: x % y, scale };
}

/** Half away from zero, as PostgreSQL rounds decimals. */
export function roundDecimal({ unscaled, scale }: Decimal, digits: number): Decimal {
  if (scale <= digits) return { unscaled: unscaled * 10n ** BigInt(digits - scale), scale: digits };
  const divisor = 10n ** BigInt(scale - digits);
  const half = divisor / 2n;
  const rounded = (unscaled < 0n ? unscaled - half : unscaled + half) / divisor;
  return digits >= 0 ? { unscaled: rounded, scale: digits } : { unscaled: rounded * 10n ** BigInt(-digits), scale: 0 };
}

/** Without zeros at the end. */
export function trimmed({ unscaled, scale }: Decimal): Decimal {
  let [value, digits] = [unscaled, scale];
  while (digits > 0 && value % 10n === 0n) [value, digits] = [value / 10n, digits - 1];
  return { unscaled: value, scale: digits };
}

function aligned(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.unscaled * 10n ** BigInt(scale - a.scale), b.unscaled * 10n ** BigInt(scale - b.scale), scale];
}

function checked(value: Decimal): Decimal {
  if (value.scale > MAX_DIGITS || value.unscaled.toString(16).length > MAX_DIGITS) throw tooLong();
  return value;
}

function tooLong(): SqlError {
  return new SqlError('22003', `a decimal number of more than ${MAX_DIGITS} digits is out of range for this understudy`);
}
