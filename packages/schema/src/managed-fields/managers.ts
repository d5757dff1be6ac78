// The managers of an object's fields, as metadata.managedFields lists them.
import { deepEqual, isRecord } from '../deep.ts';
import type { ManagedFieldsEntry } from '../generated/types.ts';
import { type FieldSet, isEmptySet, NOTHING, sorted, union } from './field-set.ts';
import { normalElement } from './path-element.ts';

/** One manager and its fields. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
  /** RFC 3339; undefined where it is not known. */
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** Managers by identity. */
export type Managers = ReadonlyMap<string, Manager>;

/** How many entries of updates an object has at most. */
export const UPDATE_LIMIT = 10;
const ANCIENT = 'ancient-changes';

/** An applier is the same whatever version it applies; who updates is told apart by version too. */
export function managerId({ manager, operation, apiVersion, subresource }: Omit<Manager, 'time' | 'set'>): string {
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/**
 * Reads managedFields; undefined when an entry is not valid. `stored`: they were written by writeManagers, so that their paths
 * need no check.
 */
export function readManagers(
  entries: readonly ManagedFieldsEntry[] | undefined,
  { stored = false }: { readonly stored?: boolean } = {},
): Managers | undefined {
  const managers = new Map<string, Manager>();
  for (const { manager = '', operation, apiVersion = '', subresource = '', time, fieldsType, fieldsV1 } of entries ?? []) {
    if (operation !== 'Apply' && operation !== 'Update') return undefined;
    if (apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
    const set = stored ? ((fieldsV1 ?? NOTHING) as FieldSet) : readSet(fieldsV1);
    if (!set) return undefined;
    const read: Manager = { manager, operation, apiVersion, subresource, time: time ?? undefined, set };
    managers.set(managerId(read), read);
  }
  return managers;
}

/** Writes managedFields: appliers first, then by time; undefined when there are none. */
export function writeManagers(managers: Managers): readonly ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].toSorted(inWrittenOrder).map(
    ({ manager, operation, apiVersion, subresource, time, set }) =>
      ({
        ...(manager === '' ? {} : { manager }),
        operation,
        apiVersion,
        ...(time === undefined ? {} : { time }),
        fieldsType: 'FieldsV1',
        fieldsV1: sorted(set),
        ...(subresource === '' ? {} : { subresource }),
      }) as ManagedFieldsEntry,
  );
}

/** Merges the oldest updates of each version into one, so that at most ten are left. */
export function capManagers(managers: Managers): Managers {
  const updates = [...managers].filter(([, manager]) => manager.operation === 'Update');
  let count = updates.length;
  if (count <= UPDATE_LIMIT) return managers;
  const capped = new Map(managers);
  const first = new Map<string, string>();
  for (const [id, update] of updates.toSorted(([a, x], [b, y]) => byText(x.time ?? '', y.time ?? '') || byText(a, b))) {
    if (count <= UPDATE_LIMIT) break;
    const { apiVersion, time } = update;
    const merged = { manager: ANCIENT, operation: 'Update', apiVersion, subresource: '' } as const;
    const bucket = managerId(merged);
    const earlier = first.get(apiVersion);
    if (earlier === undefined) {
      first.set(apiVersion, id);
      continue;
    }
    const base = capped.get(bucket)?.set ?? capped.get(earlier)?.set ?? NOTHING;
    if (!capped.has(bucket)) capped.delete(earlier);
    if (id !== bucket) capped.delete(id);
    capped.set(bucket, { ...merged, time, set: union(base, update.set) });
    count--;
  }
  return capped;
}

/** Without those that own nothing. */
export function withoutIdle(managers: Managers): Managers {
  return new Map([...managers].filter(([, { set }]) => !isEmptySet(set)));
}

/** Whether two lists differ in nothing but times. */
export function sameButTimes(a: readonly ManagedFieldsEntry[], b: readonly ManagedFieldsEntry[]): boolean {
  return (
    a.length === b.length && a.every((entry, i) => entry === b[i] || deepEqual({ ...entry, time: undefined }, { ...b[i], time: undefined }))
  );
}

function readSet(fields: unknown): FieldSet | undefined {
  if (fields === undefined || fields === null) return NOTHING;
  if (!isRecord(fields)) return undefined;
  const set: Record<string, FieldSet> = {};
  for (const element of Object.keys(fields)) {
    const inner = readSet(fields[element]);
    const normal = normalOrNothing(element);
    if (inner === undefined || normal === undefined) return undefined;
    set[normal] = inner;
  }
  return Object.keys(set).length === 1 && set['.'] ? NOTHING : set;
}

function normalOrNothing(element: string): string | undefined {
  try {
    return normalElement(element);
  } catch {
    // Whoever wrote it does not know the form: the whole list counts as not valid, and the caller goes on without it.
    return undefined;
  }
}

/** Appliers first, then by time. */
export function inWrittenOrder(a: ManagedFieldsEntry | Manager, b: ManagedFieldsEntry | Manager): number {
  return (
    byText(a.operation ?? '', b.operation ?? '') ||
    byText(a.time ?? '', b.time ?? '') ||
    byText(a.manager ?? '', b.manager ?? '') ||
    byText(a.apiVersion ?? '', b.apiVersion ?? '') ||
    byText(a.subresource ?? '', b.subresource ?? '')
  );
}

function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
