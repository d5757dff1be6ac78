// Text as SQL counts it: in code points.
import { SqlError } from '../errors.ts';
import type { Datum } from './datum.ts';

/** The value, whose type has been found to be a text before. */
export function asText(value: Datum | undefined): string {
  if (typeof value !== 'string') throw new SqlError('XX000', 'a text was expected');
  return value;
}

/** Not what a reader calls characters: length() of an accented letter may be two, as in PostgreSQL. */
export function codePoints(text: string): readonly string[] {
  return Array.from(text);
}
