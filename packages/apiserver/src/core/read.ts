// get and list.
import { type ApiResponse, type KubeObject, notFound } from '@holdfast/schema';
import { CompactedError, type StoreEntry } from '@holdfast/store';
import { entriesAnswer, present } from './encoded.ts';
import {
  checkListOptions,
  encodeContinue,
  expiredContinue,
  expiredVersion,
  integerOf,
  notOlderThan,
  parseContinue,
  parseVersion,
} from './list-options.ts';
import { selectionOf } from './selection.ts';
import { collectionPrefix, type ResourceRequest, storageKey } from './server-context.ts';

export { present } from './encoded.ts';

export async function getObject({ server, info, definition, request }: ResourceRequest): Promise<KubeObject> {
  await notOlderThan(server, request.query.get('resourceVersion') ?? '');
  const entry = server.store.get(storageKey(definition, info.namespace, info.name));
  if (!entry) throw notFound(definition, info.name);
  return present(definition, entry);
}

/** A page of a collection. */
export interface ListedPage {
  readonly entries: readonly StoreEntry<KubeObject>[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** The entries that a list request is about; all pages of one list show one revision. */
export async function listEntries({ server, info, definition, request }: ResourceRequest): Promise<ListedPage> {
  const { query } = request;
  checkListOptions(query);
  const version = query.get('resourceVersion') ?? '';
  const exact = query.get('resourceVersionMatch') === 'Exact' ? parseVersion(version) : undefined;
  const selection = selectionOf(definition, query, info.name);
  const token = parseContinue(query.get('continue'));
  // "Any version" is answered from what a cache has, which is everything at once.
  const limit = version === '0' && !token ? 0 : Math.max(0, integerOf(query, 'limit') ?? 0);
  if (!token) await notOlderThan(server, version);
  const prefix = collectionPrefix(definition, info.namespace);
  const revision = token ? (token.rv < 0 ? undefined : token.rv) : exact;
  const entries: StoreEntry<KubeObject>[] = [];
  let after = token?.start;
  try {
    for (;;) {
      const page = server.store.list(prefix, {
        ...(revision === undefined ? {} : { revision }),
        ...(after === undefined ? {} : { after }),
        ...(limit > 0 ? { limit: limit - entries.length } : {}),
      });
      for (const entry of page.entries) if (selection.everything || selection.matches(present(definition, entry))) entries.push(entry);
      after = page.next;
      if (page.next === undefined || entries.length >= limit || limit === 0) {
        const more = page.next !== undefined && limit > 0;
        return {
          entries,
          resourceVersion: String(page.revision),
          ...(more ? { continue: encodeContinue(page.revision, page.next ?? '') } : {}),
          ...(more && selection.everything ? { remainingItemCount: page.remaining } : {}),
        };
      }
    }
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    throw token ? expiredContinue(token.start) : expiredVersion();
  }
}

/** The answer of a list. */
export async function listAnswer(context: ResourceRequest, headers: Readonly<Record<string, string>>): Promise<ApiResponse> {
  const { entries, ...page } = await listEntries(context);
  return entriesAnswer(headers, { definition: context.definition, metadata: page, entries });
}
