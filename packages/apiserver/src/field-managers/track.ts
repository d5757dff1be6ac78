// managedFields of the objects that requests write.
import {
  apiVersionOf,
  deepEqual,
  type KubeObject,
  type Manager,
  type ManagedFieldsEntry,
  type Managers,
  readManagers,
  sameButTimes,
  type TrackOptions,
  trackStored,
  trackUpdate,
  writeManagers,
} from '@holdfast/schema';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import { emptyObject, ignoredFields, mergeTypeFor } from './definition-types.ts';

type Entries = readonly ManagedFieldsEntry[] | undefined;

/** A write as the field managers see it. */
export interface TrackedWrite {
  readonly definition: ResourceDefinition;
  readonly subresource: string;
  readonly manager: string;
  /** RFC 3339. */
  readonly time: string;
}

const NOBODY: Managers = new Map();

/** The managedFields of a new object: all that it states is its creator's. */
export function trackCreation(write: TrackedWrite, object: KubeObject): Entries {
  const given = object.metadata.managedFields ?? [];
  const managers = isReset(given) ? NOBODY : (readManagers(given) ?? NOBODY);
  return writeManagers(managersAfter(write, emptyObject(write.definition), object, managers));
}

/**
 * The managedFields after an update. `wanted` may carry a list of its own (an empty one, or one with an empty entry, clears
 * all); without one, or with one that is not valid, the present owners count. An object that nobody manages stays so until
 * somebody applies.
 */
export function trackChange(write: TrackedWrite, wanted: KubeObject, old: KubeObject): Entries {
  const present = old.metadata.managedFields;
  const given = write.subresource === '' ? wanted.metadata.managedFields : undefined;
  if (given !== undefined && isReset(given)) return undefined;
  const other = given !== undefined && given !== present && !deepEqual(given, present) ? readManagers(given) : undefined;
  if (other && other.size > 0) return writeManagers(managersAfter(write, old, wanted, other));
  return present?.length ? trackStored(present, trackingOf(write, old, wanted)) : undefined;
}

/** Managers of an object to which nobody has applied before: its fields are older than any applier. */
export function managersForApply(write: TrackedWrite, live: KubeObject): Managers {
  const managers = readManagers(live.metadata.managedFields, { stored: true }) ?? NOBODY;
  if (managers.size > 0) return managers;
  return managersAfter({ ...write, manager: 'before-first-apply' }, emptyObject(write.definition), live, NOBODY);
}

/** The entry's identity and time of a write. */
export function writer({ definition, subresource, manager, time }: TrackedWrite): Omit<Manager, 'set' | 'operation'> {
  return { manager, apiVersion: apiVersionOf(definition), subresource, time };
}

/** Whether two states of an object differ in nothing but when managers last wrote. */
export function onlyTimesDiffer(next: KubeObject, old: KubeObject): boolean {
  const [after, before] = [next.metadata.managedFields, old.metadata.managedFields];
  if (!after || !before || after === before) return false;
  const { metadata: now, ...rest } = next;
  const { metadata: was, ...oldRest } = old;
  // The rest first: in most writes something differs there.
  return deepEqual(rest, oldRest) && sameButTimes(after, before) && deepEqual({ ...now, managedFields: before }, was);
}

function managersAfter(write: TrackedWrite, before: KubeObject, after: KubeObject, managers: Managers): Managers {
  return trackUpdate({ ...trackingOf(write, before, after), managers });
}

function trackingOf(write: TrackedWrite, before: KubeObject, after: KubeObject): Omit<TrackOptions, 'managers'> {
  const { definition, subresource } = write;
  return { type: mergeTypeFor(definition), before, after, by: writer(write), ignored: ignoredFields(definition, subresource) };
}

function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.length === 0 || (entries.length === 1 && Object.values(entries[0] ?? {}).every((value) => value === undefined));
}

/** The object with these managers, or with none. */
export function withManagedFields(object: KubeObject, managedFields: Entries): KubeObject {
  const { metadata } = object;
  if (managedFields === metadata.managedFields) return object;
  if (managedFields?.length) return { ...object, metadata: { ...metadata, managedFields } };
  const { managedFields: _before, ...rest } = metadata;
  return { ...object, metadata: rest };
}
