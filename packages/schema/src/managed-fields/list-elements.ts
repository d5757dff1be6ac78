// The elements of lists as path elements.
import { isRecord } from '../deep.ts';
import type { MergeType } from './merge-type.ts';
import { keyElement, valueElement } from './path-element.ts';

export type ListType = Extract<MergeType, { kind: 'list' | 'set' }>;

/** The path element of a list's element, or what keeps it from having one, in upstream's words. */
export function listElement(type: ListType, item: unknown): string | { readonly problem: string } {
  if (type.kind === 'set') return setElement(item);
  if (item === null || item === undefined) return { problem: 'associative list with keys may not have a null element' };
  if (!isRecord(item)) return { problem: 'associative list with keys may not have non-map elements' };
  const fields: Record<string, unknown> = {};
  let some = false;
  for (const key of type.keys) {
    const value = Object.hasOwn(item, key) ? item[key] : Object.hasOwn(type.keyDefaults, key) ? type.keyDefaults[key] : undefined;
    if (value === undefined) continue;
    fields[key] = value;
    some = true;
  }
  if (some) return keyElement(fields);
  const names = type.keys.map((key) => JSON.stringify(key)).join(' ');
  return {
    problem: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  };
}

function setElement(item: unknown): string | { readonly problem: string } {
  if (item === null || item === undefined) return { problem: "associative list without keys has an element that's an explicit null" };
  if (Array.isArray(item)) return { problem: 'not supported: associative list with lists as elements' };
  if (isRecord(item)) return { problem: "associative list without keys has an element that's a map type" };
  return valueElement(item);
}

/** Elements with their path elements, in order; what has none is left out, so the walk can go on. */
export function elementsOf(type: ListType, list: unknown): readonly (readonly [element: string, item: unknown])[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const element = listElement(type, item);
    return typeof element === 'string' ? [[element, item] as const] : [];
  });
}
