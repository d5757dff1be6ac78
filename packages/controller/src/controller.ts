// Workers that take requests from a queue and reconcile them.
import type { Component, ComponentContext } from './component.ts';
import { type Reconciler, TerminalError } from './reconcile.ts';
import { type Enqueue, requestFromKey, requestKey, type Watch } from './watch.ts';
import { Workqueue, type WorkqueueStats } from './workqueue.ts';
import { hasReason } from '@holdfast/schema';

/** Options of createController. */
export interface ControllerOptions {
  /** Lower case, for logs and metrics: 'statefulset'. */
  readonly name: string;
  readonly context: ComponentContext;
  readonly reconciler: Reconciler;
  readonly watches: readonly Watch[];
  /** How many requests are worked on at once (default 1); one key never by two workers. */
  readonly concurrency?: number;
}

/** A running controller. */
export interface Controller extends Component {
  /** Asks for a pass from outside the watches. */
  readonly enqueue: Enqueue;
  stats(): WorkqueueStats & { readonly errors: number };
}

export function createController({ name, context, reconciler, watches, concurrency = 1 }: ControllerOptions): Controller {
  const { clock } = context;
  const log = context.log.child({ controller: name });
  const queue = new Workqueue({ clock });
  const enqueue: Enqueue = (request, options) => queue.add(requestKey(request), options);
  const disconnect = watches.map((source) => source.connect(enqueue));
  let workers: Promise<void> = Promise.resolve();
  let passes = 0;
  let errors = 0;

  async function pass(key: string, signal: AbortSignal): Promise<void> {
    const request = requestFromKey(key);
    const passLog = log.child({ ...request, reconcileID: ++passes });
    try {
      const result = await reconciler.reconcile(request, { signal, clock, log: passLog });
      queue.forget(key);
      if (result?.requeueAfterMs !== undefined) queue.add(key, { afterMs: result.requeueAfterMs });
    } catch (error) {
      if (signal.aborted) return;
      errors++;
      if (error instanceof TerminalError) {
        queue.forget(key);
        passLog.error({ err: error }, 'reconcile failed for good');
        return;
      }
      queue.add(key, { rateLimited: true });
      // Someone else wrote first; that is how optimistic concurrency works.
      if (hasReason(error, 'Conflict')) passLog.debug({ err: error }, 'object changed meanwhile, trying again');
      else passLog.error({ err: error, failures: queue.failures(key) }, 'reconcile failed, trying again');
    }
  }

  async function work(signal: AbortSignal): Promise<void> {
    // Ends when the queue is shut down, which the signal does.
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
      try {
        await pass(key, signal);
      } finally {
        queue.done(key);
      }
    }
  }

  return {
    name,
    enqueue,
    async start(signal) {
      signal.addEventListener('abort', () => queue.shutDown(), { once: true });
      if (signal.aborted) queue.shutDown();
      await untilAborted(Promise.all(watches.map((source) => source.whenSynced())), signal);
      workers = Promise.all(Array.from({ length: concurrency }, () => work(signal))).then(() => undefined);
    },
    async stopped() {
      await workers;
      for (const remove of disconnect) remove();
    },
    stats: () => ({ ...queue.stats(), errors }),
  };
}

async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await Promise.race([work, new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))]);
}
