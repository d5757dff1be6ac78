// Starts what belongs together in order, and stops it in reverse.
import { setMaxListeners } from 'node:events';
import type { Client } from '@holdfast/client';
import type { Clock, Random } from '@holdfast/clock';
import type { Component, ComponentContext, ComponentFactory } from './component.ts';
import type { InformerFactory } from './informer.ts';
import { createInformerFactory } from './informer-factory.ts';
import type { Logger } from './logger.ts';

/** Options of createManager. */
export interface ManagerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Started in this order. */
  readonly components: readonly ComponentFactory[];
  /** Restricts the caches to one namespace. */
  readonly namespace?: string | undefined;
  /** Restricts caches to labels, by plural resource name. */
  readonly labelSelectors?: Readonly<Record<string, string>> | undefined;
  /** Restricts caches to fields, by plural resource name. */
  readonly fieldSelectors?: Readonly<Record<string, string>> | undefined;
  /** How long one component may take to stop (default 30 s). */
  readonly stopDeadlineMs?: number;
}

export interface Manager {
  readonly informers: InformerFactory;
  readonly components: readonly Component[];
  /** Resolves when the caches are synced and every component runs; rejects, with everything stopped, when one cannot start. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when, after the signal aborted, nothing runs any more. */
  stopped(): Promise<void>;
}

interface Running {
  readonly component: Component;
  readonly controller: AbortController;
}

export function createManager(options: ManagerOptions): Manager {
  const { client, clock, random, log, namespace, labelSelectors, fieldSelectors, stopDeadlineMs = 30_000 } = options;
  const informers = createInformerFactory(client, clock, { namespace, labelSelectors, fieldSelectors, log, random });
  const context: ComponentContext = { client, informers, clock, random, log };
  // Made before the caches start, so that handlers see every object from the first.
  const components = options.components.map((make) => make(context));
  const running: Running[] = [];
  const caches = widelyHeard();
  let stopping: Promise<void> | undefined;
  let markStopped: () => void = () => undefined;
  const whenStopped = new Promise<void>((resolve) => {
    markStopped = resolve;
  });

  async function stopAll(): Promise<void> {
    for (const { component, controller } of running.toReversed()) {
      controller.abort();
      await stopOne(component);
    }
    caches.abort();
    await informers.stopped();
    markStopped();
  }

  async function stopOne(component: Component): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancelDeadline = clock.after(stopDeadlineMs, () => {
        log.error({ component: component.name }, 'component did not stop in time');
        resolve();
      });
      component
        .stopped()
        .catch((err: unknown) => log.error({ component: component.name, err }, 'component failed to stop'))
        .finally(() => {
          cancelDeadline();
          resolve();
        });
    });
  }

  function stop(): Promise<void> {
    stopping ??= stopAll();
    return stopping;
  }

  return {
    informers,
    components,
    async start(signal) {
      signal.addEventListener('abort', () => void stop(), { once: true });
      if (signal.aborted) return stop();
      informers.start(caches.signal);
      await Promise.race([informers.whenSynced(), whenStopped]);
      try {
        for (const component of components) {
          if (signal.aborted) return;
          const controller = widelyHeard();
          running.push({ component, controller });
          await component.start(controller.signal);
        }
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stopped: () => whenStopped,
  };
}

/** Every request under way listens to these signals; that there are many is no leak. */
function widelyHeard(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
