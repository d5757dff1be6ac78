// Whether an object is as it must be, and how it becomes so without undoing what others wrote to it.
import { deepEqual, isRecord, type KubeObject, type ResourceType } from '@holdfast/schema';
import { LAST_APPLIED_ANNOTATION } from '../api/crdb-cluster.ts';

/** One object to be written. */
export interface Change {
  readonly type: ResourceType;
  readonly object: KubeObject;
  readonly verb: 'create' | 'update';
  /** For logs: what differs. */
  readonly reason: string;
}

/** Undefined when nothing needs to be written. */
export function changeOf<T extends KubeObject>(type: ResourceType<T>, desired: T, current: T | undefined): Change | undefined {
  const applied = JSON.stringify(desired);
  if (!current) return { type, verb: 'create', reason: 'missing', object: marked(desired, applied) };
  const covered = covers(current, desired);
  const previous = current.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
  // The same in another order, as when a user writes the labels of a cluster anew, is no other state.
  if (covered && (previous === applied || deepEqual(parseText(previous), desired))) return undefined;
  return {
    type,
    verb: 'update',
    reason: covered ? 'desired state changed' : 'differs from desired state',
    object: marked(merge(current, desired, previous), applied),
  };
}

/** Whether `current` has everything that `desired` has; lists must agree element by element. */
export function covers(current: unknown, desired: unknown): boolean {
  if (desired === undefined) return true;
  if (Array.isArray(desired)) {
    return Array.isArray(current) && current.length === desired.length && desired.every((item, index) => covers(current[index], item));
  }
  if (!isRecord(desired)) return deepEqual(current, desired);
  if (!isRecord(current)) return Object.keys(desired).length === 0 && current === undefined;
  return Object.entries(desired).every(([key, value]) => covers(current[key], value));
}

function marked<T extends KubeObject>(object: T, applied: string): T {
  const annotations = { ...object.metadata.annotations, [LAST_APPLIED_ANNOTATION]: applied };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Desired fields replace those that are there, whole below spec; what was applied before and is no longer desired goes. */
function merge<T extends KubeObject>(current: T, desired: T, previous: string | undefined): T {
  const before = parseApplied(previous);
  const metadata = {
    ...current.metadata,
    labels: mergeMap(current.metadata.labels, desired.metadata.labels, before?.metadata.labels),
    annotations: mergeMap(current.metadata.annotations, desired.metadata.annotations, before?.metadata.annotations),
    ownerReferences: desired.metadata.ownerReferences,
  };
  const spec =
    'spec' in current && 'spec' in desired && isRecord(current.spec) && isRecord(desired.spec)
      ? { spec: { ...current.spec, ...desired.spec } }
      : {};
  return { ...current, ...desired, ...spec, metadata };
}

type TextMap = Readonly<Record<string, string>>;

function mergeMap(current: TextMap = {}, desired: TextMap = {}, before: TextMap = {}): TextMap {
  const kept = Object.entries(current).filter(([key]) => !(key in before) || key in desired);
  return { ...Object.fromEntries(kept), ...desired };
}

function parseApplied(text: string | undefined): KubeObject | undefined {
  const value = parseText(text);
  return isRecord(value) && isRecord(value.metadata) ? { metadata: value.metadata } : undefined;
}

function parseText(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Somebody edited the annotation; then nothing is known of what was applied before.
    return undefined;
  }
}
