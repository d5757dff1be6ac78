// Values as text, the way clients write and read them.
import { integerOutOfRange, invalidText, SqlError, unsupported } from '../errors.ts';
import type { Datum } from './datum.ts';
import { formatDecimal, isDecimal, parseDecimal, roundDecimal } from './decimal.ts';
import { canonicalJson } from './json.ts';
import { codePoints } from './text.ts';
import { formatDate, formatTimestamp, parseDate, parseTimestamp } from './time.ts';
import { familyName, type SqlType, typeName } from './types.ts';

const TRUE = new Set(['t', 'true', 'y', 'yes', 'on', '1']);
const FALSE = new Set(['f', 'false', 'n', 'no', 'off', '0']);
const UUID_TEXT = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** The text of a value that is not NULL. */
export function formatText(value: Datum, type: SqlType): string {
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number') return formatFloat(value, type.bits);
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') {
    if (type.kind === 'timestamp') return formatTimestamp(value, '');
    if (type.kind === 'timestamptz') return formatTimestamp(value, '+00');
    if (type.kind === 'date') return formatDate(value);
    return value.toString();
  }
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (isDecimal(value)) return formatDecimal(value);
  throw new SqlError('XX000', 'NULL has no text');
}

/** Reads a value of that type. Throws 22P02 where it is none, 22003 and 22001 where it is too large. */
export function parseText(text: string, type: SqlType): Datum {
  switch (type.kind) {
    case 'bool': {
      const word = text.trim().toLowerCase();
      if (TRUE.has(word)) return true;
      if (FALSE.has(word)) return false;
      throw invalidText('bool', text);
    }
    case 'int':
      if (!/^\s*[+-]?\d{1,40}\s*$/.test(text)) throw invalidText('int', text);
      return fitInt(BigInt(text.trim().replace(/^\+/, '')), type);
    case 'float':
      return fitFloat(parseFloatText(text), type);
    case 'decimal':
      return fitDecimal(parseDecimal(text), type);
    case 'string':
    case 'unknown':
      return fitString(text, type);
    case 'uuid':
      if (!UUID_TEXT.test(text.trim().replace(/^\{(.*)\}$/, '$1'))) throw invalidText('uuid', text);
      return uuidText(Buffer.from(text.replaceAll(/[^0-9a-fA-F]/g, ''), 'hex'));
    case 'timestamp':
    case 'timestamptz':
      return parseTimestamp(text, type.kind);
    case 'date':
      return parseDate(text);
    case 'bytes':
      return parseBytes(text);
    case 'jsonb':
      return canonicalJson(text);
    case 'interval':
      throw unsupported('INTERVAL');
  }
}

/** Checks the width of an integer type. */
export function fitInt(value: bigint, type: SqlType): bigint {
  if (BigInt.asIntN(64, value) !== value) throw integerOutOfRange();
  if (type.bits !== undefined && BigInt.asIntN(type.bits, value) !== value)
    throw new SqlError('22003', `integer out of range for type ${familyName(type)}${type.bits / 8}`);
  return value;
}

export function fitFloat(value: number, type: SqlType): number {
  return type.bits === 32 ? Math.fround(value) : value;
}

export function fitDecimal(value: ReturnType<typeof parseDecimal>, type: SqlType): ReturnType<typeof parseDecimal> {
  if (type.precision === undefined) return value;
  const rounded = roundDecimal(value, type.scale ?? 0);
  const digits = (rounded.unscaled < 0n ? -rounded.unscaled : rounded.unscaled).toString().length;
  if (rounded.unscaled !== 0n && digits > type.precision)
    throw new SqlError(
      '22003',
      `value with precision ${type.precision}, scale ${type.scale ?? 0} must round to an absolute value less than 10^${type.precision - (type.scale ?? 0)}`,
    );
  return rounded;
}

export function fitString(value: string, type: SqlType): string {
  if (type.length !== undefined && codePoints(value).length > type.length)
    throw new SqlError('22001', `value too long for type ${typeName(type)}`);
  return value;
}

/** Sixteen bytes as a UUID. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function formatFloat(value: number, bits: number | undefined): string {
  if (Object.is(value, -0)) return '-0';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  const text = bits === 32 ? shortestFloat32(value) : String(value);
  // PostgreSQL writes exponents with at least two digits.
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function shortestFloat32(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(value);
}

function parseFloatText(text: string): number {
  const word = text.trim().toLowerCase();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(word)) return Number(word);
  if (word === 'nan') return Number.NaN;
  if (/^\+?inf(inity)?$/.test(word)) return Number.POSITIVE_INFINITY;
  if (/^-inf(inity)?$/.test(word)) return Number.NEGATIVE_INFINITY;
  throw invalidText('float', text);
}

function parseBytes(text: string): Uint8Array {
  if (!text.startsWith('\\x')) return new Uint8Array(Buffer.from(text));
  if (!/^([0-9a-f]{2})*$/i.test(text.slice(2))) throw invalidText('bytes', text);
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}
