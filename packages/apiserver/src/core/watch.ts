// watch: the initial state where it is asked for, then every change of a selection, with bookmarks.
import { every } from '@holdfast/clock';
import { apiVersionOf, expired, type KubeObject, StatusError, type WatchFrame } from '@holdfast/schema';
import { CompactedError, type StoreEvent } from '@holdfast/store';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import { isTrue } from '../requests/request-info.ts';
import { EntryFrame, FrameCache, present } from './encoded.ts';
import { checkWatchOptions, notOlderThan, parseVersion } from './list-options.ts';
import { selectionOf, type Selection } from './selection.ts';
import { collectionPrefix, type ResourceRequest } from './server-context.ts';

const BOOKMARK_MS = 60_000;
/** A watch that ends at its time says shortly before how far it came, so that its successor starts there. */
const LAST_BOOKMARK_MS = 2_000;
/** Without timeoutSeconds a watch ends after a random time in this range. */
const WATCH_SECONDS = { min: 1800, spread: 1800 } as const;

/**
 * Frames of a watch; ends at its time or when the caller goes. Options that cannot be had are refused at once. Nothing is read ahead: a
 * caller that does not take frames leaves them in the store's queue, which is bounded.
 */
export function watchObjects(context: ResourceRequest): AsyncGenerator<WatchFrame> {
  const { query } = context.request;
  checkWatchOptions(query);
  return frames(context, selectionOf(context.definition, query, context.info.name));
}

async function* frames({ server, info, definition, request }: ResourceRequest, selection: Selection): AsyncGenerator<WatchFrame> {
  const { query } = request;
  const collection = collectionPrefix(definition, info.namespace);
  // Whoever watches one object is not woken for the others, as each of many kubelets watches its own Node.
  const oneName = selection.name !== undefined && (!definition.namespaced || info.namespace !== '');
  const prefix = oneName ? `${collection}${selection.name}` : collection;
  const version = query.get('resourceVersion') ?? '';
  const initial = query.get('sendInitialEvents');
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const anyVersion = version === '' || version === '0';
  const fromStart = initial === null ? anyVersion : isTrue(initial);
  let watch: ReturnType<typeof server.store.watch>;
  let start: number;
  try {
    if (fromStart) await notOlderThan(server, version);
    start = fromStart || anyVersion ? server.store.revision : parseVersion(version);
    watch = server.store.watch(prefix, start);
  } catch (error) {
    yield errorFrame(error);
    return;
  }
  const cache = server.frames ?? new FrameCache();
  const end = (): void => watch.close();
  const milliseconds = 1000 * (Number(query.get('timeoutSeconds') ?? '0') || WATCH_SECONDS.min + server.random.int(WATCH_SECONDS.spread));
  const mark = (): void => watch.mark();
  const cancels = [server.clock.after(milliseconds, end)];
  if (bookmarks) {
    cancels.push(every(server.clock, BOOKMARK_MS, mark));
    if (milliseconds > LAST_BOOKMARK_MS) cancels.push(server.clock.after(milliseconds - LAST_BOOKMARK_MS, mark));
  }
  request.signal.addEventListener('abort', end, { once: true });
  server.ends.add(end);
  if (request.signal.aborted || server.closing.aborted) end();
  try {
    if (fromStart) {
      for (const entry of server.store.list(prefix, { revision: start }).entries) {
        if (selection.everything || selection.matches(present(definition, entry))) yield new EntryFrame(definition, 'ADDED', entry);
      }
      if (initial !== null && bookmarks) yield bookmark(definition, start, { 'k8s.io/initial-events-end': 'true' });
    }
    for await (const event of watch.withMarks()) {
      const frame = event.type === 'mark' ? bookmark(definition, event.revision) : frameOf(definition, selection, event, cache);
      if (frame) yield frame;
    }
  } catch (error) {
    yield errorFrame(error);
  } finally {
    for (const cancel of cancels) cancel();
    end();
    request.signal.removeEventListener('abort', end);
    server.ends.delete(end);
  }
}

function frameOf(
  definition: ResourceDefinition,
  selection: Selection,
  event: StoreEvent<KubeObject>,
  cache: FrameCache,
): WatchFrame | undefined {
  const { previous } = event;
  const wasIn = previous !== undefined && (selection.everything || selection.matches(present(definition, previous)));
  const isIn = event.type === 'put' && (selection.everything || selection.matches(present(definition, event.entry)));
  if (isIn) return cache.frame(definition, wasIn ? 'MODIFIED' : 'ADDED', event);
  if (!wasIn) return undefined;
  if (event.type === 'delete') return cache.frame(definition, 'DELETED', event);
  // What leaves the selection is shown as it was, with the revision at which it left.
  const before = present(definition, previous);
  return { type: 'DELETED', object: { ...before, metadata: { ...before.metadata, resourceVersion: String(event.revision) } } };
}

function bookmark(definition: ResourceDefinition, revision: number, annotations?: Readonly<Record<string, string>>): WatchFrame {
  const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) };
  return { type: 'BOOKMARK', object: { kind: definition.kind, apiVersion: apiVersionOf(definition), metadata } };
}

/** Clients list again when they are told so in the stream. */
function errorFrame(error: unknown): WatchFrame {
  const { status } =
    error instanceof CompactedError ? expired(`too old resource version: ${error.requested} (${error.oldest})`) : statusError(error);
  return { type: 'ERROR', object: status as unknown as KubeObject };
}

function statusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  throw error;
}
