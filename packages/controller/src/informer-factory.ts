// One informer for each resource, shared by all who ask.
import type { Client } from '@holdfast/client';
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

export function createInformerFactory(
  client: Client,
  clock: Clock,
  { namespace, labelSelectors = {}, fieldSelectors = {}, log = silentLogger, random = systemRandom() }: InformerFactoryOptions = {},
): StoppableInformerFactory {
  // Untyped by necessity: a map from resource to an informer of that resource's type.
  const informers = new Map<string, SharedInformer<never>>();
  const running: Promise<void>[] = [];
  let startedWith: AbortSignal | undefined;

  function informer<T extends KubeObject>(type: ResourceType<T>): Informer<T> {
    const name = `${type.group}/${type.version}/${type.resource}`;
    const known = informers.get(name);
    if (known) return known as unknown as Informer<T>;
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
    informers.set(name, made as unknown as SharedInformer<never>);
    if (startedWith) running.push(made.run(startedWith));
    return made;
  }

  return {
    informer,
    start(signal) {
      if (startedWith) return;
      startedWith = signal;
      for (const one of informers.values()) running.push(one.run(signal));
    },
    async whenSynced() {
      await Promise.all([...informers.values()].map((one) => one.whenSynced()));
    },
    async stopped() {
      await Promise.all(running);
    },
  };
}
