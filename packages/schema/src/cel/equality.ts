// Equality of CEL values: deep, and with numbers of both kinds compared by value.

import { Quantity } from '../quantity.ts';

/** Whether two values are equal in CEL. */
export function celEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) return a == b; // oxlint-disable-line eqeqeq -- 1n and 1 are one number here
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => celEqual(item, b[i]));
  if (a instanceof Map)
    return b instanceof Map && a.size === b.size && [...a].every(([key, value]) => b.has(key) && celEqual(value, b.get(key)));
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Quantity) return b instanceof Quantity && a.compare(b) === 0;
  return hasText(a) && hasText(b) && a.constructor === b.constructor && a.toString() === b.toString();
}

/** Whether a value is an object whose text says what it holds: an address, a duration. */
function hasText(value: unknown): value is { toString(): string } {
  return typeof value === 'object' && value !== null && value.toString !== Object.prototype.toString;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
