// Server-side apply: merge the configuration, remove what its manager no longer states, and see whom that would overrule.
import { compare } from './compare.ts';
import { difference, type FieldSet, intersection, isEmptySet, NOTHING, pathsOf, recursiveDifference, union } from './field-set.ts';
import { capManagers, type Manager, managerId, type Managers, withoutIdle } from './managers.ts';
import { mergeApplied } from './merge.ts';
import type { MergeType } from './merge-type.ts';
import { removeFields, withFields } from './remove.ts';
import { setOfValue } from './set-of-value.ts';
import { UNTRACKED } from './track-update.ts';

export interface ApplicationOptions {
  readonly type: MergeType;
  readonly live: unknown;
  readonly config: unknown;
  readonly managers: Managers;
  readonly by: Omit<Manager, 'set' | 'operation'>;
  readonly force: boolean;
  readonly ignored: FieldSet;
}

/** Fields that another manager owns and that the configuration would change. */
export interface Conflict {
  readonly owner: Manager;
  readonly set: FieldSet;
}

export type Applied = { readonly object: unknown; readonly managers: Managers } | { readonly conflicts: readonly Conflict[] };

/** Applies a configuration; the object is not defaulted yet. */
export function applyConfiguration({ type, live, config, managers, by, force, ignored }: ApplicationOptions): Applied {
  const set = recursiveDifference(setOfValue(type, config), ignored);
  const self: Manager = { ...by, operation: 'Apply', set };
  const id = managerId(self);
  const all = new Map(managers).set(id, self);
  const object = prune({ type, merged: mergeApplied(type, live, config), last: managers.get(id)?.set ?? NOTHING, managers: all });
  const comparison = compare(type, live, object);
  const changed = recursiveDifference(comparison.changed, ignored);
  const removed = recursiveDifference(comparison.removed, ignored);
  const conflicts = [...managers].flatMap(([other, owner]): readonly Conflict[] => {
    const overruled = other === id ? NOTHING : intersection(owner.set, changed);
    return isEmptySet(overruled) ? [] : [{ owner, set: overruled }];
  });
  if (conflicts.length > 0 && !force) return { conflicts };
  const left = new Map<string, Manager>();
  for (const [other, manager] of all) {
    left.set(other, other === id ? manager : { ...manager, set: difference(difference(manager.set, changed), removed) });
  }
  left.set(id, { ...self, set: difference(set, UNTRACKED) });
  return { object, managers: capManagers(withoutIdle(left)) };
}

interface Pruning {
  readonly type: MergeType;
  readonly merged: unknown;
  /** What the manager applied the last time. */
  readonly last: FieldSet;
  /** All managers, the applying one with its new fields. */
  readonly managers: Managers;
}

/** Removes what the manager applied last and no longer does, unless somebody else owns it or something unowned is in it. */
function prune({ type, merged, last, managers }: Pruning): unknown {
  if (isEmptySet(last)) return merged;
  const fieldsOf = (value: unknown): FieldSet => withFields(type, setOfValue(type, value));
  const lastFields = withFields(type, last);
  const mergedFields = fieldsOf(merged);
  let owned: FieldSet = NOTHING;
  for (const { set } of managers.values()) owned = union(owned, set);
  const withoutLast = removeFields(type, merged, lastFields);
  const kept = union(fieldsOf(withoutLast), withFields(type, owned));
  const withOwned = removeFields(type, merged, difference(mergedFields, kept));
  const gone = intersection(difference(mergedFields, fieldsOf(withOwned)), lastFields);
  return removeFields(type, merged, gone);
}

/** Fields that were applied on the client's side, as the annotation remembers them, and have not changed since. */
export function fieldsStillAsApplied(type: MergeType, live: unknown, lastApplied: unknown): FieldSet {
  const { changed, removed } = compare(type, lastApplied, live);
  return difference(difference(setOfValue(type, lastApplied), changed), removed);
}

/** The conflicts without fields of the set. */
export function conflictsOutside(conflicts: readonly Conflict[], set: FieldSet): readonly Conflict[] {
  return conflicts.map(({ owner, set: all }) => ({ owner, set: difference(all, set) })).filter((conflict) => !isEmptySet(conflict.set));
}

/** Upstream's message, and a cause for each field. */
export function describeConflicts(conflicts: readonly Conflict[]): {
  readonly message: string;
  readonly causes: readonly { readonly reason: string; readonly message: string; readonly field: string }[];
} {
  const groups = conflicts
    .map(({ owner, set }) => ({ who: managerText(owner), paths: [...pathsOf(set)] }))
    .toSorted((a, b) => (a.who < b.who ? -1 : 1));
  const causes = groups.flatMap(({ who, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  );
  const [first] = groups;
  if (causes.length === 1) return { causes, message: `Apply failed with 1 conflict: conflict with ${first?.who}: ${first?.paths[0]}` };
  const lines = groups.flatMap(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)]);
  return { causes, message: `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}` };
}

function managerText({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
