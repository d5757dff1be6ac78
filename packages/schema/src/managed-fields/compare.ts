// What an update changed, as sets of fields.
import { deepEqual, isRecord } from '../deep.ts';
import { type FieldSet, nodeOf, NOTHING, SELF } from './field-set.ts';
import { elementsOf, type ListType } from './list-elements.ts';
import { DEDUCED, type MergeType } from './merge-type.ts';
import { fieldElement } from './path-element.ts';

/** Fields that were added or have another value, and fields that are gone. */
export interface Comparison {
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two values of a type. */
export function compare(type: MergeType, before: unknown, after: unknown): Comparison {
  const out: Nodes = { changed: undefined, removed: undefined };
  walk(type, before, after, out);
  return { changed: out.changed ?? NOTHING, removed: out.removed ?? NOTHING };
}

/** The results of one step, read by the caller before the next step overwrites them: an object per node would cost too much. */
interface Nodes {
  changed: FieldSet | undefined;
  removed: FieldSet | undefined;
}

function walk(type: MergeType, before: unknown, after: unknown, out: Nodes): void {
  out.changed = undefined;
  out.removed = undefined;
  if (before === after) return;
  switch (type.kind) {
    case 'leaf':
      leaf(before, after, out);
      break;
    case 'deduced':
      deduced(before, after, out);
      break;
    case 'map':
      if (hasMembers(before) || hasMembers(after)) members(type, before, after, out);
      else leaf(before, after, out);
      break;
    default:
      if (hasElements(before) || hasElements(after)) elements(type, before, after, out);
      else leaf(before, after, out);
  }
}

function leaf(before: unknown, after: unknown, out: Nodes): void {
  if (before === undefined) out.changed = NOTHING;
  else if (after === undefined) out.removed = NOTHING;
  else if (!deepEqual(before, after)) out.changed = NOTHING;
}

type MapType = Extract<MergeType, { kind: 'map' }>;
const MAP_OF_ANYTHING: MapType = { kind: 'map', member: () => DEDUCED, isField: () => false };

/** Without a type, a value is what it looks like; a map that becomes something else loses its members. */
function deduced(before: unknown, after: unknown, out: Nodes): void {
  const maps = [before, after].filter((value) => hasMembers(value)).length;
  const fits = (value: unknown): boolean => value === undefined || value === null || isRecord(value);
  if (maps > 0 && fits(before) && fits(after)) {
    members(MAP_OF_ANYTHING, before, after, out);
    return;
  }
  leaf(before, after, out);
  if (maps === 0) return;
  const { changed } = out;
  if (hasMembers(before)) members(MAP_OF_ANYTHING, before, undefined, out);
  else members(MAP_OF_ANYTHING, undefined, after, out);
  out.changed = changed && (nodeOf(true, out.changed) ?? NOTHING);
}

function members(type: MapType, before: unknown, after: unknown, out: Nodes): void {
  const left = isRecord(before) ? before : {};
  const right = isRecord(after) ? after : {};
  let changed: Record<string, FieldSet> | undefined;
  let removed: Record<string, FieldSet> | undefined;
  for (const name of Object.keys(right)) {
    const [was, is] = [Object.hasOwn(left, name) ? left[name] : undefined, right[name]];
    if (was === is) continue;
    walk(type.member(name) ?? DEDUCED, was, is, out);
    if (out.changed) (changed ??= begun(before === undefined))[fieldElement(name)] = out.changed;
    if (out.removed) (removed ??= begun(after === undefined))[fieldElement(name)] = out.removed;
  }
  for (const name of Object.keys(left)) {
    if (left[name] === undefined || Object.hasOwn(right, name)) continue;
    walk(type.member(name) ?? DEDUCED, left[name], undefined, out);
    if (out.removed) (removed ??= begun(after === undefined))[fieldElement(name)] = out.removed;
  }
  out.changed = nodeOf(before === undefined, changed);
  out.removed = nodeOf(after === undefined, removed);
}

/** The children of a node, which says of itself whether it is in the set: thousands of children are not copied for that. */
function begun(member: boolean): Record<string, FieldSet> {
  return member ? { [SELF]: NOTHING } : {};
}

function elements(type: ListType, before: unknown, after: unknown, out: Nodes): void {
  const left = grouped(type, before);
  const right = grouped(type, after);
  let changed: Record<string, FieldSet> | undefined;
  let removed: Record<string, FieldSet> | undefined;
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    oneElement(type, left.get(element), right.get(element), out);
    if (out.changed) (changed ??= {})[element] = out.changed;
    if (out.removed) (removed ??= {})[element] = out.removed;
  }
  out.changed = nodeOf(before === undefined, changed);
  out.removed = nodeOf(after === undefined, removed);
}

/** One element of a list. Stored lists may hold elements with equal keys; these are compared as one. */
function oneElement(type: ListType, before: readonly unknown[] | undefined, after: readonly unknown[] | undefined, out: Nodes): void {
  const several = (before?.length ?? 0) > 1 || (after?.length ?? 0) > 1;
  if (!several && type.kind === 'list') {
    walk(type.element, before?.[0], after?.[0], out);
    // The element itself comes and goes with its first and last field.
    if (!before) out.changed = nodeOf(true, out.changed);
    if (!after) out.removed = nodeOf(true, out.removed);
    return;
  }
  out.changed = undefined;
  out.removed = undefined;
  leaf(before, after, out);
}

function grouped(type: ListType, list: unknown): ReadonlyMap<string, readonly unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const [element, item] of elementsOf(type, list)) {
    const group = groups.get(element);
    if (group) group.push(item);
    else groups.set(element, [item]);
  }
  return groups;
}

function hasMembers(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length > 0;
}

function hasElements(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
