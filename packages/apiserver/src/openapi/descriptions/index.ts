// What types and fields are for, in a sentence each: shown by `kubectl explain`. Fields without an entry speak for themselves.
import type { Descriptions } from './descriptions.ts';
import { META } from './meta.ts';
import { NETWORK } from './network.ts';
import { PODS } from './pods.ts';
import { STORAGE } from './storage.ts';
import { WORKLOADS } from './workloads.ts';

const ALL: Descriptions = { ...META, ...PODS, ...WORKLOADS, ...STORAGE, ...NETWORK };

/** Of any kind that says nothing else of them. */
const COMMON: Readonly<Record<string, string>> = {
  apiVersion: 'The version of the API by which this object is to be read, such as apps/v1.',
  kind: 'The kind of this object, in CamelCase. It cannot be changed.',
  metadata: 'What all objects have: name, namespace, labels, annotations, owners.',
  spec: 'What is wanted.',
  status: 'What is there, as last seen by the system. Read-only for users.',
  items: 'The objects of the list.',
  conditions: 'The latest observations about the state of the object.',
  observedGeneration: 'The generation of the object that the status speaks of.',
};

/** Of a type: 'io.k8s.api.core.v1.PodSpec'. */
export function descriptionOf(typeName: string): string | undefined {
  return entryOf(typeName)?.[0];
}

/** Of a field of a type; '' for what every kind has. */
export function fieldDescriptionOf(typeName: string, field: string): string | undefined {
  const fields = entryOf(typeName)?.[1];
  return (fields && Object.hasOwn(fields, field) ? fields[field] : undefined) ?? (Object.hasOwn(COMMON, field) ? COMMON[field] : undefined);
}

function entryOf(typeName: string): Descriptions[string] | undefined {
  const short = typeName.split('.').slice(-3).join('.');
  return Object.hasOwn(ALL, short) ? ALL[short] : undefined;
}
