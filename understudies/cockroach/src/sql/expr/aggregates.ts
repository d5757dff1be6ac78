// Aggregates: one value from many rows.
import { integerOutOfRange, SqlError } from '../errors.ts';
import { compareDatums, keyOf } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';
import { decimalFromInt, divideDecimals } from '../values/decimal.ts';
import { asText } from '../values/text.ts';
import { BOOL, DECIMAL, familyName, FLOAT, INT, type SqlType, STRING } from '../values/types.ts';
import { arithmetic, isNumeric, toDecimal } from './numbers.ts';

/** Takes values one after the other; NULLs are left out before. */
export interface Accumulator {
  add(value: Datum): void;
  readonly result: Datum;
}

export interface Aggregate {
  readonly type: SqlType;
  readonly start: () => Accumulator;
}

const NAMES = new Set(['count', 'sum', 'avg', 'min', 'max', 'bool_and', 'bool_or', 'every', 'string_agg', 'count_rows']);

export function isAggregate(name: string): boolean {
  return NAMES.has(name);
}

/** The aggregate for values of that type. Throws 42883 where there is none. */
export function aggregate(name: string, type: SqlType, separator: string): Aggregate {
  const refuse = (): SqlError => new SqlError('42883', `unknown signature: ${name}(${familyName(type)})`);
  switch (name) {
    case 'count':
    case 'count_rows':
      return { type: INT, start: () => folded<bigint>(0n, (count) => count + 1n) };
    case 'sum':
      if (!isNumeric(type)) throw refuse();
      // The sum of integers is a decimal, as it may be larger than any of them.
      return type.kind === 'float' ? sum(FLOAT) : sum(DECIMAL);
    case 'avg':
      if (!isNumeric(type)) throw refuse();
      return average(type);
    case 'min':
    case 'max': {
      const wanted = name === 'min' ? -1 : 1;
      return {
        type,
        start: () => folded<Datum>(null, (best, value) => (best === null || compareDatums(value, best) * wanted > 0 ? value : best)),
      };
    }
    case 'bool_and':
    case 'every':
      if (type.kind !== 'bool') throw refuse();
      return { type: BOOL, start: () => folded<Datum>(null, (all, value) => all !== false && value === true) };
    case 'bool_or':
      if (type.kind !== 'bool') throw refuse();
      return { type: BOOL, start: () => folded<Datum>(null, (any, value) => any === true || value === true) };
    case 'string_agg':
      if (type.kind !== 'string') throw refuse();
      return {
        type: STRING,
        start: () => folded<Datum>(null, (text, value) => (text === null ? value : `${asText(text)}${separator}${asText(value)}`)),
      };
    default:
      throw refuse();
  }
}

/** Leaves out values that were there before. */
export function distinct(inner: Accumulator): Accumulator {
  const seen = new Set<string>();
  return {
    add: (value) => {
      const key = keyOf([value]);
      if (seen.has(key)) return;
      seen.add(key);
      inner.add(value);
    },
    get result() {
      return inner.result;
    },
  };
}

function folded<T extends Datum>(initial: T, step: (state: T, value: Datum) => T): Accumulator {
  let state = initial;
  return {
    add: (value) => {
      state = step(state, value);
    },
    get result() {
      return state;
    },
  };
}

function sum(type: SqlType): Aggregate {
  return {
    type,
    start: () => folded<Datum>(null, (total, value) => (total === null ? inType(value, type) : arithmetic('+', total, value, type))),
  };
}

function average(type: SqlType): Aggregate {
  const float = type.kind === 'float';
  return {
    type: float ? FLOAT : DECIMAL,
    start: () => {
      const total = sum(float ? FLOAT : DECIMAL).start();
      let count = 0n;
      return {
        add: (value) => {
          total.add(value);
          count++;
        },
        get result() {
          const whole = total.result;
          if (whole === null) return null;
          return typeof whole === 'number' ? whole / Number(count) : divideDecimals(toDecimal(whole), decimalFromInt(count));
        },
      };
    },
  };
}

function inType(value: Datum, type: SqlType): Datum {
  if (value === null) throw integerOutOfRange();
  return type.kind === 'decimal' ? toDecimal(value) : value;
}
