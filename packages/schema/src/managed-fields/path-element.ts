// The elements of field paths: 'f:<field>', 'k:<keys of a list's element as JSON>', 'v:<element of a set as JSON>'.
import { isRecord } from '../deep.ts';

const FIELD = 'f'.charCodeAt(0);

/** A field of a struct or a key of a map. */
export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** An element of a list that is a map, by its key fields. */
export function keyElement(fields: Readonly<Record<string, unknown>>): string {
  return `k:${stableJson(fields)}`;
}

/** An element of a list that is a set. */
export function valueElement(value: unknown): string {
  return `v:${stableJson(value)}`;
}

/** An element as others may have written it, in the one form that is compared. Throws an Error for what is none. */
export function normalElement(element: string): string {
  const kind = element.slice(0, 2);
  const rest = element.slice(2);
  if (element === '.' || kind === 'f:') return element;
  if (kind === 'k:') {
    const fields: unknown = JSON.parse(rest);
    if (!isRecord(fields)) throw new Error(`expected JSON map in key ${JSON.stringify(element)}`);
    return keyElement(fields);
  }
  if (kind === 'v:') return valueElement(JSON.parse(rest));
  if (kind === 'i:' && /^\d+$/.test(rest)) return element;
  throw new Error(`can't recognize the encoding type of path element ${JSON.stringify(element)}`);
}

/** '.spec', '[name="a",port=80]', '[="x"]'. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'f:':
      return `.${rest}`;
    case 'k:': {
      const fields = JSON.parse(rest) as Readonly<Record<string, unknown>>;
      const parts = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return `[${parts.join(',')}]`;
    }
    case 'v:':
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}

/** Order of elements as a server writes them: '.', fields, keys, values, each by its parts. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  const kind = a.charCodeAt(0);
  if (kind === FIELD || kind !== b.charCodeAt(0)) return a < b ? -1 : 1;
  return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (isRecord(a) && isRecord(b)) {
    const [left, right] = [Object.entries(a), Object.entries(b)];
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      const [name, value] = left[i]!;
      const [other, against] = right[i]!;
      if (name !== other) return name < other ? -1 : 1;
      const order = compareValues(value, against);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  const [left, right] = [String(a), String(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function stableJson(value: unknown): string {
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${stableJson(value[key])}`);
  return `{${members.join(',')}}`;
}
