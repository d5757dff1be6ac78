// core/v1 and events.k8s.io/v1 events are two views of one stored object; stored is the core form.
import type { KubeObject, UnstructuredObject } from '@holdfast/schema';

/** [field in events.k8s.io/v1, field in core/v1] */
const RENAMED = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['deprecatedSource', 'source'],
  ['deprecatedCount', 'count'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['reportingController', 'reportingComponent'],
] as const;

export function eventsV1FromStored(object: KubeObject): KubeObject {
  return rename(
    object,
    'events.k8s.io/v1',
    RENAMED.map(([view, stored]) => [stored, view]),
  );
}

export function eventsV1ToStored(object: KubeObject): KubeObject {
  return rename(object, 'v1', RENAMED);
}

function rename(object: KubeObject, apiVersion: string, pairs: readonly (readonly [string, string])[]): KubeObject {
  const names = new Map(pairs);
  const entries = Object.entries(object as UnstructuredObject).map(([field, value]) => [names.get(field) ?? field, value]);
  return { ...Object.fromEntries(entries), apiVersion } as KubeObject;
}
