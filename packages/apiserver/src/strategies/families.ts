// What whole families of kinds have in common.
import type { KubeObject, UnstructuredObject } from '@holdfast/schema';
import { plainStrategy, type Strategy } from './strategy.ts';

/** The status is written through /status only. */
export const withStatus: Strategy = { ...plainStrategy, statusSubresource: true };

/** Besides, metadata.generation counts changes of what is asked for. */
export const withGeneration: Strategy = { ...withStatus, generation: true };

/** A new object begins with an empty status, whatever its maker sent. */
export function withoutStatus(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object as UnstructuredObject;
  return { ...rest, status: {} } as unknown as KubeObject;
}

/** A new object begins with a status of nothing but these counts, all zero: those that are always shown. */
export function withCounts(object: KubeObject, ...counts: readonly string[]): KubeObject {
  return { ...withoutStatus(object), status: Object.fromEntries(counts.map((count) => [count, 0])) } as unknown as KubeObject;
}
