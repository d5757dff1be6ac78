// Reads query parameters as Go's conversion functions do.
import { badRequest } from '@holdfast/schema';
import { isTrue } from '../requests/request-info.ts';

const INTEGER = /^[+-]?\d+$/;

/** 'false' and '0' are false, an absent one too; anything else is true, also an empty value. */
export function booleanOf(query: URLSearchParams, name: string): boolean {
  return isTrue(query.get(name));
}

/** A whole number, undefined when absent or empty. Throws BadRequest (400). */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!INTEGER.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  return number;
}
