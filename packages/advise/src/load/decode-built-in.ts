// Objects of built-in kinds as the API server would read them: nulls are unset, and a value of the wrong type is refused with its words.
import { decodeTyped, isRecord, type KubeObject, StatusError, typeNameOf } from '@holdfast/schema';
import type { FieldPath } from '../model/sourced-object.ts';

/** Kinds whose fields rules follow. Others are kept as they are, and nothing is taken for granted about them. */
const FOLLOWED: ReadonlySet<string> = new Set([
  'v1 Node',
  'v1 PersistentVolume',
  'v1 PersistentVolumeClaim',
  'v1 Pod',
  'v1 Service',
  'apps/v1 DaemonSet',
  'apps/v1 Deployment',
  'apps/v1 ReplicaSet',
  'apps/v1 StatefulSet',
  'batch/v1 CronJob',
  'policy/v1 PodDisruptionBudget',
  'storage.k8s.io/v1 StorageClass',
]);

/** The object, or what the API server would say and the field that it would name. */
export function decodeBuiltIn(
  apiVersion: string,
  kind: string,
  value: Readonly<Record<string, unknown>> & { readonly metadata: Readonly<Record<string, unknown>> },
): { readonly object: KubeObject } | { readonly error: { readonly message: string; readonly path: FieldPath } } {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const followed = FOLLOWED.has(`${apiVersion} ${kind}`);
  // Labels and annotations are read of everything.
  const type = followed ? typeNameOf({ group, version, kind }) : METADATA;
  if (type === undefined) return { object: withoutNulls(value) as KubeObject };
  try {
    const { object } = decodeTyped(type, followed ? value : value.metadata);
    return { object: withoutNulls(followed ? object : { ...value, metadata: object }) as KubeObject };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const field = /Go struct field \w+\.([\w.]+) of type/.exec(error.message)?.[1];
    const path = field === undefined ? [] : field.split('.');
    return { error: { message: error.message, path: followed ? path : ['metadata', ...path] } };
  }
}

const METADATA = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** Members that are null are as good as unset. The same value where there are none. */
function withoutNulls(value: unknown): unknown {
  return holdsNull(value) ? rebuilt(value) : value;
}

function holdsNull(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.some(holdsNull);
  if (typeof value !== 'object') return false;
  for (const key in value) if (holdsNull((value as Readonly<Record<string, unknown>>)[key])) return true;
  return false;
}

function rebuilt(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const members: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) if (member !== null && member !== undefined) members[key] = withoutNulls(member);
  return members;
}
