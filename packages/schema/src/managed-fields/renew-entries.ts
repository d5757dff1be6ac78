// The most frequent update of all, such as of a Lease: new values of fields that the writer, and nobody else, has already.
import type { ManagedFieldsEntry } from '../generated/types.ts';
import { contains, disjoint, type FieldSet, NOTHING } from './field-set.ts';
import { inWrittenOrder, type Manager, UPDATE_LIMIT } from './managers.ts';

/**
 * Stored managedFields after an update of fields that their writer has and nobody else: nothing but the time of its entry changes, and so
 * perhaps the entry's place. Undefined where that is not so.
 */
export function renewEntries(
  entries: readonly ManagedFieldsEntry[],
  { manager, apiVersion, subresource, time }: Omit<Manager, 'set' | 'operation'>,
  changed: FieldSet,
): readonly ManagedFieldsEntry[] | undefined {
  // What has too many entries is not as this server writes it.
  if (entries.length > UPDATE_LIMIT) return undefined;
  const own = entries.find(
    (entry) =>
      entry.operation === 'Update' &&
      (entry.manager ?? '') === manager &&
      entry.apiVersion === apiVersion &&
      (entry.subresource ?? '') === subresource,
  );
  if (!own || !contains(setOf(own), changed)) return undefined;
  for (const other of entries) if (other !== own && !disjoint(setOf(other), changed)) return undefined;
  if (own.time === time) return entries;
  const renewed = entries.map((entry) => (entry === own ? ({ ...entry, time } as ManagedFieldsEntry) : entry));
  return renewed.length === 1 ? renewed : renewed.toSorted(inWrittenOrder);
}

/** What was stored was written by this server, so that its paths are in the form that is compared. */
function setOf({ fieldsV1 }: ManagedFieldsEntry): FieldSet {
  return (fieldsV1 ?? NOTHING) as FieldSet;
}
