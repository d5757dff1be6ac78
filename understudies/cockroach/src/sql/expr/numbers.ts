// Arithmetic: the types meet at the wider one.
import { divisionByZero, integerOutOfRange, SqlError } from '../errors.ts';
import type { Datum, Decimal } from '../values/datum.ts';
import {
  addDecimals,
  decimalFromFloat,
  decimalFromInt,
  decimalToNumber,
  divideDecimals,
  isDecimal,
  multiplyDecimals,
  remainderOfDecimals,
  subtractDecimals,
} from '../values/decimal.ts';
import { DECIMAL, FLOAT, INT, type SqlType } from '../values/types.ts';

export type ArithmeticOp = '+' | '-' | '*' | '/' | '//' | '%' | '^';

export function isNumeric(type: SqlType): boolean {
  return type.kind === 'int' || type.kind === 'float' || type.kind === 'decimal';
}

/** The type in which two numbers are computed with. */
export function widerNumber(a: SqlType, b: SqlType): SqlType {
  if (a.kind === 'float' || b.kind === 'float') return FLOAT;
  return a.kind === 'decimal' || b.kind === 'decimal' ? DECIMAL : INT;
}

/** The type of the result, from the type computed in: a quotient of integers is a decimal, as in CockroachDB. */
export function arithmeticType(op: ArithmeticOp, type: SqlType): SqlType {
  return op === '/' && type.kind === 'int' ? DECIMAL : type;
}

/** Computes on values of the type `type`. Throws 22003 and 22012. */
export function arithmetic(op: ArithmeticOp, a: Datum, b: Datum, type: SqlType): Datum {
  if (a === null || b === null) return null;
  if (type.kind === 'float') return onFloats(op, toFloat(a), toFloat(b));
  if (type.kind === 'decimal') return onDecimals(op, toDecimal(a), toDecimal(b));
  if (typeof a !== 'bigint' || typeof b !== 'bigint') throw new SqlError('XX000', 'an integer was expected');
  return op === '/' ? divideDecimals(decimalFromInt(a), decimalFromInt(b)) : onInts(op, a, b);
}

export function toFloat(value: Datum): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (isDecimal(value)) return decimalToNumber(value);
  throw new SqlError('XX000', 'a number was expected');
}

export function toDecimal(value: Datum): Decimal {
  if (isDecimal(value)) return value;
  if (typeof value === 'bigint') return decimalFromInt(value);
  if (typeof value === 'number') return decimalFromFloat(value);
  throw new SqlError('XX000', 'a number was expected');
}

function onFloats(op: ArithmeticOp, a: number, b: number): number {
  if ((op === '/' || op === '//' || op === '%') && b === 0) throw divisionByZero();
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return Math.trunc(a / b);
    case '%':
      return a % b;
    case '^':
      return a ** b;
  }
}

function onDecimals(op: ArithmeticOp, a: Decimal, b: Decimal): Decimal {
  switch (op) {
    case '+':
      return addDecimals(a, b);
    case '-':
      return subtractDecimals(a, b);
    case '*':
      return multiplyDecimals(a, b);
    case '/':
      return divideDecimals(a, b);
    case '//': {
      const { unscaled, scale } = divideDecimals(a, b);
      return { unscaled: unscaled / 10n ** BigInt(scale), scale: 0 };
    }
    case '%':
      return remainderOfDecimals(a, b);
    case '^':
      return decimalFromFloat(decimalToNumber(a) ** decimalToNumber(b));
  }
}

function onInts(op: Exclude<ArithmeticOp, '/'>, a: bigint, b: bigint): bigint {
  if ((op === '//' || op === '%') && b === 0n) throw divisionByZero();
  // A power of a large number would take all memory before it is found to be out of range.
  if (op === '^' && (b < 0n || (b > 63n && a !== 0n && a !== 1n && a !== -1n))) throw integerOutOfRange();
  const result = op === '+' ? a + b : op === '-' ? a - b : op === '*' ? a * b : op === '//' ? a / b : op === '%' ? a % b : a ** b;
  if (BigInt.asIntN(64, result) !== result) throw integerOutOfRange();
  return result;
}
