// Events are kept for an hour after the last time that they speak of, as a kube-apiserver keeps them by default (--event-ttl).
import { type CancelTimer, every } from '@holdfast/clock';
import type { Event, KubeObject } from '@holdfast/schema';
import { RevisionConflict } from '@holdfast/store';
import type { ServerContext } from './server-context.ts';

const PREFIX = 'core/events/';
const KEPT_MS = 3_600_000;
const SWEEP_MS = 60_000;
/** What one sweep looks at before it lets others have their turn. */
const PAGE = 1000;

/** Begins to look each minute for events that are too old. `onBug` hears of sweeps that failed. */
export function forgetEvents(server: ServerContext, onBug: (error: unknown) => void): CancelTimer {
  let sweeping = false;
  return every(server.clock, SWEEP_MS, () => {
    if (sweeping) return;
    sweeping = true;
    sweep(server)
      .catch(onBug)
      .finally(() => (sweeping = false));
  });
}

async function sweep({ store, clock, closing }: ServerContext): Promise<void> {
  const oldest = clock.now() - KEPT_MS;
  let after: string | undefined;
  do {
    const page = store.list(PREFIX, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const { key, value, modRevision } of page.entries) {
      if (closing.aborted || store.problem !== undefined) return;
      if (lastSpokenOf(value as Event & KubeObject) > oldest) continue;
      const stamped = (revision: number): KubeObject => ({ ...value, metadata: { ...value.metadata, resourceVersion: String(revision) } });
      await store.delete(key, stamped, modRevision).catch((error: unknown) => {
        // Somebody wrote it in the meantime: it is not old any more.
        if (!(error instanceof RevisionConflict)) throw error;
      });
    }
    after = page.next;
  } while (after !== undefined);
}

function lastSpokenOf({ metadata, lastTimestamp, eventTime, series }: Event & KubeObject): number {
  const times = [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime];
  return Math.max(...times.map((time) => (time ? Date.parse(time) : 0)));
}
