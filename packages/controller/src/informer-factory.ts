// One informer for each resource, shared by all who ask.
import { type Client, type Ending, endingWith } from '@holdfast/client';
import { type Clock, type Random, systemRandom } from '@holdfast/clock';
import type { KubeObject, ResourceType } from '@holdfast/schema';
import type { Informer, InformerFactory } from './informer.ts';
import { type Logger, silentLogger } from './logger.ts';
import { SharedInformer } from './shared-informer.ts';

/** Options of createInformerFactory. */
export interface InformerFactoryOptions {
  /** Only this namespace; cluster-scoped resources are always watched whole. */
  readonly namespace?: string | undefined;
  readonly log?: Logger;
  /** Only objects with these labels, by plural resource name: `{ pods: 'app=db' }`. */
  readonly labelSelectors?: Readonly<Record<string, string>> | undefined;
  /** Only objects with these fields, by plural resource name: `{ pods: 'spec.nodeName=n1' }`. */
  readonly fieldSelectors?: Readonly<Record<string, string>> | undefined;
  /** For jitter; default: the system's. */
  readonly random?: Random;
}

/** A factory whose informers can be waited for at the end. */
export interface StoppableInformerFactory extends InformerFactory {
  /** Resolves when, after the signal aborted, nothing runs any more. */
  stopped(): Promise<void>;
}

interface Shared {
  // Untyped by necessity: a map from resource to an informer of that resource's type.
  readonly informer: SharedInformer<never>;
  users: number;
  /** Once it runs. */
  ending?: Ending;
}

export function createInformerFactory(
  client: Client,
  clock: Clock,
  { namespace, labelSelectors = {}, fieldSelectors = {}, log = silentLogger, random = systemRandom() }: InformerFactoryOptions = {},
): StoppableInformerFactory {
  const informers = new Map<string, Shared>();
  const running: Promise<void>[] = [];
  let startedWith: AbortSignal | undefined;

  function informer<T extends KubeObject>(type: ResourceType<T>): Informer<T> {
    const name = nameOf(type);
    const known = informers.get(name);
    if (known) {
      known.users++;
      return known.informer as unknown as Informer<T>;
    }
    const made = new SharedInformer<T>({
      type,
      client,
      clock,
      random,
      log,
      namespace: type.namespaced ? namespace : undefined,
      labelSelector: labelSelectors[type.resource],
      fieldSelector: fieldSelectors[type.resource],
    });
    const shared: Shared = { informer: made as unknown as SharedInformer<never>, users: 1 };
    informers.set(name, shared);
    if (startedWith) run(shared, startedWith);
    return made;
  }

  function run(shared: Shared, signal: AbortSignal): void {
    const ending = endingWith(signal);
    shared.ending = ending;
    running.push(shared.informer.run(ending.signal).finally(() => ending.release()));
  }

  return {
    informer,
    release(type) {
      const name = nameOf(type);
      const shared = informers.get(name);
      if (!shared || --shared.users > 0) return;
      informers.delete(name);
      shared.ending?.abort(new Error('nobody asks for it any more'));
    },
    start(signal) {
      if (startedWith) return;
      startedWith = signal;
      for (const one of informers.values()) run(one, signal);
    },
    async whenSynced() {
      await Promise.all([...informers.values()].map(({ informer: one }) => one.whenSynced()));
    },
    async stopped() {
      await Promise.all(running);
    },
  };
}

function nameOf({ group, version, resource }: ResourceType): string {
  return `${group}/${version}/${resource}`;
}
