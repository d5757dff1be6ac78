// A server without a transport, for tests of reading: answers as they are, watches frame by frame.
import { FakeClock } from '@holdfast/clock';
import type { ApiRequest, ApiResponse, KubeObject, StatusObject, WatchFrame } from '@holdfast/schema';
import { createMemoryStore, type StateLimits, type Store } from '@holdfast/store';
import type { ApiServer } from '../api-server.ts';
import { createTestServer } from '../testing/index.ts';

export const MAPS = '/api/v1/namespaces/default/configmaps';

export interface ListBody {
  readonly kind: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly KubeObject[];
}

export interface Embedded {
  readonly server: ApiServer;
  readonly store: Store<KubeObject>;
  readonly clock: FakeClock;
  readonly ask: (method: string, path: string, value?: unknown, accept?: string) => Promise<ApiResponse>;
  /** The object of an answer; throws where the status is a failure. */
  readonly read: <T>(method: string, path: string, value?: unknown) => Promise<T>;
  /** The Status of a failure. */
  readonly refused: (method: string, path: string, value?: unknown) => Promise<StatusObject>;
  readonly watch: (path: string, accept?: string) => Promise<AsyncIterator<WatchFrame>>;
  readonly putMap: (name: string, data: Readonly<Record<string, string>>, labels?: Readonly<Record<string, string>>) => Promise<KubeObject>;
}

/** A server on a memory store with these limits. */
export function embedded(limits: StateLimits = {}): Embedded {
  const clock = new FakeClock();
  const store = createMemoryStore<KubeObject>(limits);
  const server = createTestServer({
    clock,
    store,
    onBug: (error) => {
      throw error;
    },
  });
  const ask: Embedded['ask'] = (method, path, value, accept = 'application/json') => {
    const url = new URL(path, 'https://server');
    const request: ApiRequest = {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: { accept },
      user: { username: 'admin', groups: ['system:masters'] },
      signal: new AbortController().signal,
      ...(value === undefined ? {} : { body: { kind: 'value' as const, value } }),
    };
    return server.handle(request);
  };
  const objectOf = async (answer: Promise<ApiResponse>): Promise<{ readonly status: number; readonly object: unknown }> => {
    const response = await answer;
    if (response.kind !== 'object') throw new Error(`an object was expected, and a ${response.kind} came`);
    return response;
  };
  return {
    server,
    store,
    clock,
    ask,
    read: async <T>(method: string, path: string, value?: unknown) => {
      const { status, object } = await objectOf(ask(method, path, value));
      if (status >= 300) throw new Error((object as StatusObject).message);
      return object as T;
    },
    refused: async (method, path, value) => (await objectOf(ask(method, path, value))).object as StatusObject,
    watch: async (path, accept) => {
      const response = await ask('GET', path, undefined, accept);
      if (response.kind !== 'watch') throw new Error(`no watch: ${JSON.stringify(response)}`);
      return response.frames[Symbol.asyncIterator]();
    },
    putMap: async (name, data, labels = {}) => {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
      const { status, object: written } = await objectOf(ask('PUT', `${MAPS}/${name}`, object));
      return (status === 404 ? (await objectOf(ask('POST', MAPS, object))).object : written) as KubeObject;
    },
  };
}
