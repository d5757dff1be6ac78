// The order of values, and their form as parts of a key.
import type { Datum } from './datum.ts';
import { compareDecimals, formatDecimal, isDecimal, trimmed } from './decimal.ts';

/** Negative, zero or positive. NULL comes first, as CockroachDB orders it; values are of one type. */
export function compareDatums(a: Datum, b: Datum): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') {
    // Not-a-number comes before all numbers.
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
    return a - b === 0 || a === b ? 0 : a < b ? -1 : 1;
  }
  if (typeof a === 'string' && typeof b === 'string') return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (isDecimal(a) && isDecimal(b)) return compareDecimals(a, b);
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Compares lists of values, the first difference deciding. */
export function compareTuples(a: readonly Datum[], b: readonly Datum[]): number {
  for (const [index, value] of a.entries()) {
    const order = compareDatums(value, b[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

/** A text that is the same for equal values, and for those only. */
export function keyOf(values: readonly Datum[]): string {
  return JSON.stringify(values.map(keyPart));
}

function keyPart(value: Datum): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (isDecimal(value)) return formatDecimal(trimmed(value));
  return value;
}
