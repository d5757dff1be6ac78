// Who owns what after an update: who changes a field takes it from all others.
import type { ManagedFieldsEntry } from '../generated/types.ts';
import { compare, type Comparison } from './compare.ts';
import { difference, type FieldSet, isEmptySet, recursiveDifference, sameSet, union } from './field-set.ts';
import { capManagers, type Manager, managerId, type Managers, readManagers, withoutIdle, writeManagers } from './managers.ts';
import type { MergeType } from './merge-type.ts';
import { renewEntries } from './renew-entries.ts';

/** Never owned: identity and what the server keeps. */
export const UNTRACKED: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:clusterName': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
  },
};

export interface TrackOptions {
  readonly type: MergeType;
  /** For a creation: the empty object of the type. */
  readonly before: unknown;
  readonly after: unknown;
  readonly managers: Managers;
  readonly by: Omit<Manager, 'set' | 'operation'>;
  /** Fields that this kind of request does not write, as the status through the main resource. */
  readonly ignored: FieldSet;
}

/** The managers after the update; the same map when it changed nothing. */
export function trackUpdate(options: TrackOptions): Managers {
  return afterChange(options.managers, changeOf(options), options.by);
}

/** The same for an object's managedFields as they are stored, which are the same list when the update changed nothing. */
export function trackStored(
  entries: readonly ManagedFieldsEntry[],
  options: Omit<TrackOptions, 'managers'>,
): readonly ManagedFieldsEntry[] | undefined {
  const change = changeOf(options);
  if (isEmptySet(change.changed) && isEmptySet(change.removed)) return entries;
  const renewed = change.newValuesOnly ? renewEntries(entries, options.by, change.changed) : undefined;
  if (renewed) return renewed;
  const managers = readManagers(entries, { stored: true }) ?? NOBODY;
  return writeManagers(afterChange(managers, change, options.by));
}

const NOBODY: Managers = new Map();

/** What an update did to the fields that it may write. */
interface FieldChange extends Comparison {
  /** Changed fields that somebody owns. */
  readonly taken: FieldSet;
  /** Whether nothing was removed, and somebody owns all that changed. */
  readonly newValuesOnly: boolean;
}

function changeOf({ type, before, after, ignored }: Omit<TrackOptions, 'managers'>): FieldChange {
  const all = compare(type, before, after);
  const changed = recursiveDifference(all.changed, ignored);
  const removed = recursiveDifference(all.removed, ignored);
  const taken = difference(changed, UNTRACKED);
  return { changed, removed, taken, newValuesOnly: isEmptySet(removed) && sameSet(taken, changed) };
}

function afterChange(managers: Managers, { changed, removed, taken }: FieldChange, by: TrackOptions['by']): Managers {
  if (isEmptySet(changed) && isEmptySet(removed)) return managers;
  const left = new Map<string, Manager>();
  for (const [id, manager] of managers) {
    left.set(id, { ...manager, set: difference(difference(manager.set, changed), removed) });
  }
  if (!isEmptySet(taken)) {
    const self: Manager = { ...by, operation: 'Update', set: taken };
    const id = managerId(self);
    left.set(id, { ...self, set: union(taken, left.get(id)?.set ?? {}) });
  }
  return capManagers(withoutIdle(left));
}
