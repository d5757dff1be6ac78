// Turning values of one type into another: by itself where nothing is lost, or by a cast.
import { SqlError, typeMismatch } from '../errors.ts';
import type { Datum } from '../values/datum.ts';
import { formatDecimal, isDecimal, roundDecimal } from '../values/decimal.ts';
import { fitDecimal, fitFloat, fitInt, fitString, formatText, parseText } from '../values/format.ts';
import { dateOf, timestampOf } from '../values/time.ts';
import { familyName, INT, type SqlType } from '../values/types.ts';
import { isNumeric, toDecimal, toFloat } from './numbers.ts';

/** Whether a value of type `from` may stand where `to` is wanted, without a cast. */
export function assignable(from: SqlType, to: SqlType): boolean {
  if (from.kind === to.kind || from.kind === 'unknown') return true;
  if (from.kind === 'int') return to.kind === 'float' || to.kind === 'decimal';
  if (from.kind === 'decimal') return to.kind === 'float';
  if (from.kind === 'float') return to.kind === 'decimal';
  const times = ['date', 'timestamp', 'timestamptz'];
  return times.includes(from.kind) && times.includes(to.kind);
}

/** Throws 42846 where there is no such cast. */
export function checkCast(from: SqlType, to: SqlType): void {
  const text = from.kind === 'string' || to.kind === 'string';
  const numbers = isNumeric(from) && isNumeric(to);
  const boolean = (from.kind === 'bool' && to.kind === 'int') || (from.kind === 'int' && to.kind === 'bool');
  if (!text && !numbers && !boolean && !assignable(from, to))
    throw new SqlError('42846', `invalid cast: ${familyName(from)} -> ${familyName(to)}`);
}

/** The value in the type `to`. Throws where it does not fit: 22003, 22001, 22P02. */
export function convert(value: Datum, from: SqlType, to: SqlType): Datum {
  if (value === null) return null;
  switch (to.kind) {
    case 'int':
      return fitInt(toInt(value, from), to);
    case 'float':
      return fitFloat(typeof value === 'string' ? toFloat(parseText(value, to)) : toFloat(value), to);
    case 'decimal':
      return typeof value === 'string' ? parseText(value, to) : fitDecimal(toDecimal(value), to);
    case 'string':
      return fitString(typeof value === 'boolean' ? String(value) : formatText(value, from), to);
    case 'bool':
      return typeof value === 'bigint' ? value !== 0n : typeof value === 'string' ? parseText(value, to) : value;
    case 'timestamp':
    case 'timestamptz':
      return typeof value === 'bigint' && from.kind === 'date' ? timestampOf(value) : fromText(value, from, to);
    case 'date':
      return typeof value === 'bigint' && from.kind !== 'date' ? dateOf(value) : fromText(value, from, to);
    default:
      return fromText(value, from, to);
  }
}

function fromText(value: Datum, from: SqlType, to: SqlType): Datum {
  if (from.kind === to.kind) return value;
  if (typeof value === 'string') return parseText(value, to);
  if (typeof value === 'bigint' && assignable(from, to)) return value;
  throw typeMismatch(`a value of type ${familyName(from)} cannot become ${familyName(to)}`);
}

function toInt(value: Datum, from: SqlType): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') return toInt(parseText(value, INT), INT);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new SqlError('22003', `integer out of range: ${value}`);
  if (typeof value === 'number' || isDecimal(value)) return BigInt(formatDecimal(roundDecimal(toDecimal(value), 0)));
  throw typeMismatch(`a value of type ${familyName(from)} cannot become int`);
}
