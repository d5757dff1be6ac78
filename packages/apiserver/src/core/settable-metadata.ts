// The metadata of an update: what its caller may set, and what the server keeps.
import type { ObjectMeta } from '@holdfast/schema';

/** What an update may set of the metadata, and what the server keeps. */
export function settableMetadata(wanted: ObjectMeta, old: ObjectMeta): ObjectMeta {
  // Whoever changes only the rest of an object in this process hands over the metadata that there is.
  if (wanted === old) return old;
  const {
    uid: _uid,
    creationTimestamp: _created,
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    generation: _generation,
    name: _name,
    namespace: _namespace,
    selfLink: _selfLink,
    ...settable
  } = wanted;
  return { ...settable, ...pick(old, KEPT_METADATA) };
}

const KEPT_METADATA = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
] as const;

function pick(meta: ObjectMeta, fields: readonly (keyof ObjectMeta)[]): Partial<ObjectMeta> {
  return Object.fromEntries(fields.filter((field) => meta[field] !== undefined).map((field) => [field, meta[field]]));
}
