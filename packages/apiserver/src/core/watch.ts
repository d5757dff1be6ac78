// watch: the initial state where it is asked for, then every change of a selection, with bookmarks.
import { every } from '@holdfast/clock';
import { apiVersionOf, expired, type KubeObject, StatusError, type WatchFrame } from '@holdfast/schema';
import { CompactedError, type StoreEntry, type StoreEvent, type StoreMark } from '@holdfast/store';
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
export function watchObjects(context: ResourceRequest): AsyncIterable<WatchFrame> {
  const { query } = context.request;
  checkWatchOptions(query);
  const selection = selectionOf(context.definition, query, context.info.name);
  return { [Symbol.asyncIterator]: () => new WatchFrames(context, selection) };
}

/** Written out: of a generator each frame would take several turns more, and most of the work of a quiet cluster is frames. */
class WatchFrames implements AsyncIterator<WatchFrame> {
  readonly #context: ResourceRequest;
  readonly #selection: Selection;
  readonly #cache: FrameCache;
  #initial: Iterator<WatchFrame> = [].values();
  #events: AsyncIterator<StoreEvent<KubeObject> | StoreMark> | undefined;
  /** What ends with the watch. */
  #release: () => void = () => undefined;
  #ended = false;

  constructor(context: ResourceRequest, selection: Selection) {
    this.#context = context;
    this.#selection = selection;
    this.#cache = context.server.frames ?? new FrameCache();
  }

  async next(): Promise<IteratorResult<WatchFrame>> {
    if (this.#ended) return { done: true, value: undefined };
    try {
      this.#events ??= await this.#open();
      const first = this.#initial.next();
      if (!first.done) return first;
      for (;;) {
        const { done, value: event } = await this.#events.next();
        if (done) return await this.return();
        const { definition } = this.#context;
        const frame = event.type === 'mark' ? bookmark(definition, event.revision) : this.#frameOf(event);
        if (frame) return { done: false, value: frame };
      }
    } catch (error) {
      await this.return();
      return { done: false, value: errorFrame(error) };
    }
  }

  async return(): Promise<IteratorResult<WatchFrame>> {
    this.#ended = true;
    this.#release();
    return { done: true, value: undefined };
  }

  async #open(): Promise<AsyncIterator<StoreEvent<KubeObject> | StoreMark>> {
    const { server, info, definition, request } = this.#context;
    const { query } = request;
    const { name } = this.#selection;
    const collection = collectionPrefix(definition, info.namespace);
    // Whoever watches one object is not woken for the others, as each of many kubelets watches its own Node.
    const oneName = name !== undefined && (!definition.namespaced || info.namespace !== '');
    const prefix = oneName ? `${collection}${name}` : collection;
    const version = query.get('resourceVersion') ?? '';
    const initial = query.get('sendInitialEvents');
    const bookmarks = isTrue(query.get('allowWatchBookmarks'));
    const anyVersion = version === '' || version === '0';
    const fromStart = initial === null ? anyVersion : isTrue(initial);
    if (fromStart) await notOlderThan(server, version);
    const start = fromStart || anyVersion ? server.store.revision : parseVersion(version);
    const watch = server.store.watch(prefix, start);
    if (fromStart) this.#initial = this.#present(prefix, start, initial !== null && bookmarks);
    const end = (): void => watch.close();
    const finish = (): void => watch.finish();
    const milliseconds = 1000 * (Number(query.get('timeoutSeconds') ?? '0') || WATCH_SECONDS.min + server.random.int(WATCH_SECONDS.spread));
    const mark = (): void => watch.mark();
    const cancels = [server.clock.after(milliseconds, end)];
    if (bookmarks) {
      cancels.push(every(server.clock, BOOKMARK_MS, mark));
      if (milliseconds > LAST_BOOKMARK_MS) cancels.push(server.clock.after(milliseconds - LAST_BOOKMARK_MS, mark));
    }
    request.signal.addEventListener('abort', end, { once: true });
    server.ends.add(end);
    definition.watches?.add(finish);
    this.#release = () => {
      for (const cancel of cancels) cancel();
      end();
      request.signal.removeEventListener('abort', end);
      server.ends.delete(end);
      definition.watches?.delete(finish);
    };
    if (this.#ended || request.signal.aborted || server.closing.aborted) this.#release();
    return watch.withMarks()[Symbol.asyncIterator]();
  }

  /** What is there at the start, and where it ends if that is `marked`. */
  *#present(prefix: string, start: number, marked: boolean): Generator<WatchFrame> {
    const { server, definition } = this.#context;
    for (const entry of server.store.list(prefix, { revision: start }).entries) {
      if (this.#selects(entry)) yield new EntryFrame(definition, 'ADDED', entry);
    }
    if (marked) yield bookmark(definition, start, { 'k8s.io/initial-events-end': 'true' });
  }

  #selects(entry: StoreEntry<KubeObject>): boolean {
    return this.#selection.everything || this.#selection.matches(present(this.#context.definition, entry));
  }

  #frameOf(event: StoreEvent<KubeObject>): WatchFrame | undefined {
    const { definition } = this.#context;
    const { previous } = event;
    const wasIn = previous !== undefined && this.#selects(previous);
    if (event.type === 'put' && this.#selects(event.entry)) return this.#cache.frame(definition, wasIn ? 'MODIFIED' : 'ADDED', event);
    if (!wasIn) return undefined;
    if (event.type === 'delete') return this.#cache.frame(definition, 'DELETED', event);
    // What leaves the selection is shown as it was, with the revision at which it left.
    const before = present(definition, previous);
    return { type: 'DELETED', object: { ...before, metadata: { ...before.metadata, resourceVersion: String(event.revision) } } };
  }
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
