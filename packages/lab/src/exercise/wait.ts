// Waiting for a state of the cluster: by watching, with words for what is still missing.
import type { Client } from '@holdfast/client';
import { type Clock } from '@holdfast/clock';
import { isExpired, type KubeObject, type ResourceType } from '@holdfast/schema';

/** Thrown when an exercise cannot go on: a sentence for the user. */
export class ExerciseError extends Error {
  override readonly name = 'ExerciseError';
}

export interface WaitOptions<T extends KubeObject> {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Undefined when the state is reached, otherwise what is still missing. */
  readonly missing: (objects: readonly T[]) => string | undefined;
  readonly limitMs: number;
  readonly status: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Resolves with the objects once nothing is missing; throws ExerciseError naming what is, when the limit passes. */
export async function waitFor<T extends KubeObject>(
  client: Client,
  clock: Clock,
  type: ResourceType<T>,
  options: WaitOptions<T>,
): Promise<readonly T[]> {
  const over = new AbortController();
  let late = false;
  const cancelLimit = clock.after(options.limitMs, () => {
    late = true;
    over.abort();
  });
  const signal = AbortSignal.any([options.signal, over.signal]);
  let missing: string | undefined = 'nothing seen yet';
  try {
    for (;;) {
      const objects = new Map<string, T>();
      const { namespace, labelSelector, fieldSelector } = options;
      const list = await client.list(type, { namespace, labelSelector, fieldSelector, signal });
      for (const object of list.items) objects.set(keyOf(object), object);
      const check = (): boolean => {
        missing = options.missing([...objects.values()]);
        if (missing !== undefined) options.status(missing);
        return missing === undefined;
      };
      if (check()) return [...objects.values()];
      const resourceVersion = list.metadata.resourceVersion;
      try {
        for await (const event of client.watch(type, { namespace, labelSelector, fieldSelector, resourceVersion, signal })) {
          if (event.type === 'BOOKMARK') continue;
          if (event.type === 'DELETED') objects.delete(keyOf(event.object));
          else objects.set(keyOf(event.object), event.object);
          if (check()) return [...objects.values()];
        }
      } catch (error) {
        if (!isExpired(error)) throw error;
      }
      signal.throwIfAborted();
    }
  } catch (error) {
    if (late) throw new ExerciseError(`gave up after ${Math.round(options.limitMs / 1000)} s: ${missing}`, { cause: error });
    throw error;
  } finally {
    cancelLimit();
    over.abort();
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}
