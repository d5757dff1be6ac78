// JSON in one form: keys in order, no spaces but after ':' and ','.
import { SqlError } from '../errors.ts';

/** Throws 22P02. */
export function canonicalJson(text: string): string {
  try {
    return write(JSON.parse(text));
  } catch (error) {
    throw new SqlError('22P02', `could not parse JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** `->` and `->>`: the member or element as JSON; undefined where there is none. */
export function jsonMember(json: string, key: string | bigint): string | undefined {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof key === 'bigint') {
    if (!Array.isArray(value)) return undefined;
    const element: unknown = value.at(Number(key));
    return element === undefined ? undefined : write(element);
  }
  const found = Object.entries(value).find(([name]) => name === key && !Array.isArray(value));
  return found ? write(found[1]) : undefined;
}

/** What `->>` makes of JSON: a string without its quotes, null for JSON's null. */
export function jsonText(json: string): string | null {
  const value: unknown = JSON.parse(json);
  return value === null ? null : typeof value === 'string' ? value : json;
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}: ${write(member)}`).join(', ')}}`;
  }
  return JSON.stringify(value);
}
