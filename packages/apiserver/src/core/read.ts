// get, list and watch.
import { every } from '@holdfast/clock';
import {
  badRequest,
  expired,
  invalid,
  type KubeObject,
  notFound,
  apiVersionOf,
  forbiddenField,
  timeout,
  tooLargeResourceVersion,
  type WatchFrame,
  type StatusObject,
} from '@holdfast/schema';
import { CompactedError, type StoreEntry, type StoreEvent } from '@holdfast/store';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import { isTrue } from '../requests/request-info.ts';
import { selectionOf, type Selection } from './selection.ts';
import { collectionPrefix, type ResourceRequest, type ServerContext, storageKey } from './server-context.ts';

const BOOKMARK_MS = 60_000;
/** Without timeoutSeconds a watch ends after a random time in this range. */
const WATCH_SECONDS = { min: 1800, spread: 1800 } as const;
const FUTURE_WAIT_MS = 3_000;

/** An object as this definition's version shows it. */
export function present(definition: ResourceDefinition, entry: StoreEntry<KubeObject>): KubeObject {
  return definition.fromStored(entry.value);
}

export async function getObject({ server, info, definition, request }: ResourceRequest): Promise<KubeObject> {
  await notOlderThan(server, request.query.get('resourceVersion') ?? '');
  const entry = server.store.get(storageKey(definition, info.namespace, info.name));
  if (!entry) throw notFound(definition, info.name);
  return present(definition, entry);
}

export interface ListAnswer {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

interface ContinueToken {
  readonly v: 'meta.k8s.io/v1';
  readonly rv: number;
  readonly start: string;
}

export async function listObjects({ server, info, definition, request }: ResourceRequest): Promise<ListAnswer> {
  const { query } = request;
  checkVersionMatch(query);
  const version = query.get('resourceVersion') ?? '';
  const limit = version === '0' ? 0 : Number(query.get('limit') ?? '0');
  const selection = selectionOf(definition, query, info.name);
  const token = parseContinue(query.get('continue'));
  const exact = query.get('resourceVersionMatch') === 'Exact' ? Number(version) : undefined;
  if (!token) await notOlderThan(server, version);
  const prefix = collectionPrefix(definition, info.namespace);
  const revision = token?.rv ?? exact;
  const items: KubeObject[] = [];
  let after = token?.start;
  try {
    for (;;) {
      const page = server.store.list(prefix, {
        ...(revision === undefined ? {} : { revision }),
        ...(after === undefined ? {} : { after }),
        ...(limit > 0 ? { limit: limit - items.length } : {}),
      });
      for (const entry of page.entries) {
        const object = present(definition, entry);
        if (selection.everything || selection.matches(object)) items.push(object);
      }
      after = page.next;
      if (page.next === undefined || items.length >= limit || limit === 0) {
        const more = page.next !== undefined && limit > 0;
        return {
          items,
          resourceVersion: String(page.revision),
          ...(more ? { continue: encodeContinue({ v: 'meta.k8s.io/v1', rv: page.revision, start: page.next ?? '' }) } : {}),
          ...(more && selection.everything ? { remainingItemCount: page.remaining } : {}),
        };
      }
    }
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
}

/** Frames of a watch; ends at its time or when the caller goes. */
export async function* watchObjects(context: ResourceRequest): AsyncGenerator<WatchFrame> {
  const { server, info, definition, request } = context;
  const { query } = request;
  const selection = selectionOf(definition, query, info.name);
  const prefix = collectionPrefix(definition, info.namespace);
  const version = query.get('resourceVersion') ?? '';
  const initialEvents = query.get('sendInitialEvents') === 'true';
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const fromStart = initialEvents || version === '' || version === '0';
  const queue = new FrameQueue();
  const start = fromStart ? server.store.revision : Number(version);
  const seconds = Number(query.get('timeoutSeconds') ?? '0') || WATCH_SECONDS.min + server.random.int(WATCH_SECONDS.spread);
  let watch: ReturnType<ServerContext['store']['watch']>;
  try {
    watch = server.store.watch(prefix, start);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    yield { type: 'ERROR', object: tooOld(error) as unknown as KubeObject };
    return;
  }
  const close = (): void => watch.close();
  const cancelTimeout = server.clock.after(seconds * 1000, () => queue.end());
  const stopBookmarks = bookmarks
    ? every(server.clock, BOOKMARK_MS, () => queue.push(bookmark(definition, Math.max(queue.lastRevision, server.store.revision))))
    : () => undefined;
  const end = (): void => queue.end();
  request.signal.addEventListener('abort', end, { once: true });
  server.closing.addEventListener('abort', end, { once: true });
  if (request.signal.aborted || server.closing.aborted) queue.end();
  const pump = (async () => {
    try {
      for await (const event of watch) {
        const frame = frameOf(definition, selection, event);
        queue.lastRevision = event.revision;
        if (frame) queue.push(frame);
      }
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      queue.push({ type: 'ERROR', object: tooOld(error) as unknown as KubeObject });
      queue.end();
    }
  })();
  try {
    if (fromStart) {
      for (const entry of server.store.list(prefix, { revision: start }).entries) {
        const object = present(definition, entry);
        if (selection.matches(object)) yield { type: 'ADDED', object };
      }
      if (initialEvents && bookmarks) {
        const mark = bookmark(definition, start);
        yield {
          ...mark,
          object: { ...mark.object, metadata: { ...mark.object.metadata, annotations: { 'k8s.io/initial-events-end': 'true' } } },
        };
      }
    }
    yield* queue;
  } finally {
    cancelTimeout();
    stopBookmarks();
    close();
    request.signal.removeEventListener('abort', end);
    server.closing.removeEventListener('abort', end);
    await pump;
  }
}

function frameOf(definition: ResourceDefinition, selection: Selection, event: StoreEvent<KubeObject>): WatchFrame | undefined {
  const object = present(definition, event.entry);
  const before = event.previous ? present(definition, event.previous) : undefined;
  const wasIn = before !== undefined && selection.matches(before);
  const isIn = event.type === 'put' && selection.matches(object);
  if (isIn) return { type: wasIn ? 'MODIFIED' : 'ADDED', object };
  if (!wasIn) return undefined;
  // What leaves the selection is shown as it was, with the revision at which it left.
  const last = event.type === 'delete' ? object : { ...before, metadata: { ...before.metadata, resourceVersion: String(event.revision) } };
  return { type: 'DELETED', object: last };
}

function bookmark(definition: ResourceDefinition, revision: number): WatchFrame {
  return {
    type: 'BOOKMARK',
    object: { kind: definition.kind, apiVersion: apiVersionOf(definition), metadata: { resourceVersion: String(revision) } },
  };
}

function tooOld(error: CompactedError): StatusObject {
  return expired(`too old resource version: ${error.requested} (${error.oldest})`).status;
}

/** A reader that asks for a revision of the future waits a moment for it. */
async function notOlderThan(server: ServerContext, version: string): Promise<void> {
  const wanted = Number(version || '0');
  if (Number.isNaN(wanted)) throw badRequest(`invalid resourceVersion: ${version}`);
  if (wanted <= server.store.revision) return;
  const watch = server.store.watch('', server.store.revision);
  let late = false;
  const cancel = server.clock.after(FUTURE_WAIT_MS, () => {
    late = true;
    watch.close();
  });
  try {
    for await (const event of watch) if (event.revision >= wanted) return;
  } finally {
    cancel();
    watch.close();
  }
  if (late) throw tooLargeResourceVersion(wanted, server.store.revision);
  throw timeout('the server is closing');
}

function checkVersionMatch(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch');
  if (!match) return;
  const problem = (detail: string): Error =>
    invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [forbiddenField('resourceVersionMatch', detail)]);
  if (query.get('continue')) throw problem('resourceVersionMatch is forbidden when continue is provided');
  if (!query.get('resourceVersion')) throw problem('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match === 'Exact' && query.get('resourceVersion') === '0')
    throw problem('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
}

function encodeContinue(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function parseContinue(text: string | null): ContinueToken | undefined {
  if (!text) return undefined;
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as ContinueToken;
    if (typeof token.rv === 'number' && typeof token.start === 'string') return token;
  } catch (error) {
    throw badRequest(`invalid continue token: ${String(error)}`);
  }
  throw badRequest('invalid continue token: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
}

/** Joins the store's events, bookmarks and the end into one sequence. */
class FrameQueue implements AsyncIterable<WatchFrame> {
  readonly #frames: WatchFrame[] = [];
  #ended = false;
  #wake: () => void = () => undefined;
  lastRevision = 0;

  push(frame: WatchFrame): void {
    if (this.#ended) return;
    this.#frames.push(frame);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchFrame> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame) yield frame;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
