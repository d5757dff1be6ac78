// Who owns what after an update: who changes a field takes it from all others.
import { compare } from './compare.ts';
import { contains, difference, disjoint, type FieldSet, isEmptySet, recursiveDifference, sameSet, union } from './field-set.ts';
import { capManagers, type Manager, managerId, type Managers, withoutIdle } from './managers.ts';
import type { MergeType } from './merge-type.ts';

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
export function trackUpdate({ type, before, after, managers, by, ignored }: TrackOptions): Managers {
  const { changed: all, removed: gone } = compare(type, before, after);
  const changed = recursiveDifference(all, ignored);
  const removed = recursiveDifference(gone, ignored);
  if (isEmptySet(changed) && isEmptySet(removed)) return managers;
  const taken = difference(changed, UNTRACKED);
  if (isEmptySet(removed) && sameSet(taken, changed)) {
    const renewed = renew(managers, by, changed);
    if (renewed) return renewed;
  }
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

/** The most frequent update of all, such as of a Lease: new values of fields that the writer, and nobody else, has already. */
function renew(managers: Managers, by: TrackOptions['by'], changed: FieldSet): Managers | undefined {
  const id = managerId({ ...by, operation: 'Update' });
  const own = managers.get(id);
  if (!own || !contains(own.set, changed)) return undefined;
  for (const [other, { set }] of managers) if (other !== id && !disjoint(set, changed)) return undefined;
  return capManagers(new Map(managers).set(id, { ...own, ...by }));
}
