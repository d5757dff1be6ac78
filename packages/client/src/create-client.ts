// The Client over any transport: paths, queries, content types and the turning of refusals into StatusError.
import {
  apiVersionOf,
  deepFreeze,
  type ExecResult,
  type KubeList,
  type KubeObject,
  type ObjectKey,
  PODS,
  type ResourceType,
  resourcePath,
  type StatusObject,
  type WatchFrame,
} from '@holdfast/schema';
import { answerOf, isStatusObject, statusErrorOf } from './answers.ts';
import type {
  Client,
  DeleteOptions,
  ExecRequest,
  ListOptions,
  Patch,
  Transport,
  TransportRequest,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './client.ts';

/** Options of createClient. */
export interface ClientOptions {
  /** Freeze every object that comes back, so that a caller who changes one fails at once (default false; set it in tests). */
  readonly forceFreeze?: boolean;
}

const PATCH_CONTENT_TYPES: Readonly<Record<Patch['type'], string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** A client that sends through `transport`. Objects it returns always carry apiVersion and kind, items of lists too. */
export function createClient(transport: Transport, { forceFreeze = false }: ClientOptions = {}): Client {
  const finish = <T>(value: T): T => (forceFreeze ? deepFreeze(value) : value);

  async function call(request: TransportRequest): Promise<unknown> {
    return finish(answerOf(await transport.request(request)));
  }

  function callObject<T extends KubeObject>(request: TransportRequest): Promise<T> {
    // The server answers with the type that the path names; this is where bytes become T.
    return call(request) as Promise<T>;
  }

  function write<T extends KubeObject>(method: string, type: ResourceType<T>, object: T, options: WriteOptions, path: string): Promise<T> {
    return callObject<T>({
      method,
      path,
      query: writeQuery(options),
      headers: { 'content-type': 'application/json' },
      body: typed(type, object),
      signal: options.signal,
    });
  }

  async function listPage<T extends KubeObject>(type: ResourceType<T>, options: ListOptions): Promise<KubeList<T>> {
    const request = { method: 'GET', path: resourcePath(type, options.namespace), query: listQuery(options), signal: options.signal };
    const list = answerOf(await transport.request(request)) as KubeList<T>;
    return { ...list, items: (list.items ?? []).map((item) => typed(type, item)) };
  }

  function watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    const query = listQuery(options);
    query.set('watch', 'true');
    if (options.allowWatchBookmarks) query.set('allowWatchBookmarks', 'true');
    if (options.timeoutSeconds !== undefined) query.set('timeoutSeconds', String(options.timeoutSeconds));
    const request = { method: 'GET', path: resourcePath(type, options.namespace), query, signal: options.signal };
    const eventOf = ({ type: eventType, object }: WatchFrame): WatchEvent<T> => {
      if (eventType === 'ERROR') throw statusErrorOf(500, object);
      if (eventType === 'BOOKMARK') return { type: eventType, resourceVersion: object.metadata.resourceVersion ?? '' };
      return { type: eventType, object: finish(typed(type, object as T)) };
    };
    return { [Symbol.asyncIterator]: () => mapped(transport.watch(request)[Symbol.asyncIterator](), eventOf) };
  }

  return {
    get: (type, key, options = {}) => callObject({ method: 'GET', path: pathOf(type, key), signal: options.signal }),

    async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<KubeList<T>> {
      let page = await listPage(type, options);
      const items = [...page.items];
      while (options.limit === undefined && page.metadata.continue) {
        page = await listPage(type, { ...options, resourceVersion: undefined, continue: page.metadata.continue });
        items.push(...page.items);
      }
      return finish({ ...page, items });
    },

    watch,

    create: (type, object, options = {}) => write('POST', type, object, options, resourcePath(type, object.metadata.namespace)),
    update: (type, object, options = {}) => write('PUT', type, object, options, pathOf(type, keyOf(object))),
    updateStatus: (type, object, options = {}) => write('PUT', type, object, options, pathOf(type, keyOf(object), 'status')),

    patch(type, key, patch, options = {}) {
      const query = writeQuery(options) ?? new URLSearchParams();
      if (patch.type === 'apply' && patch.force !== undefined) query.set('force', String(patch.force));
      return callObject({
        method: 'PATCH',
        path: pathOf(type, key, options.subresource),
        query,
        headers: { 'content-type': PATCH_CONTENT_TYPES[patch.type] },
        body: patch.type === 'json' ? patch.operations : patch.body,
        signal: options.signal,
      });
    },

    async delete<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options: DeleteOptions = {}): Promise<T | StatusObject> {
      return (await call({ method: 'DELETE', path: pathOf(type, key), ...deleteBody(options) })) as T | StatusObject;
    },

    async deleteCollection(type, options) {
      await call({ method: 'DELETE', path: resourcePath(type, options.namespace), query: listQuery(options), ...deleteBody(options) });
    },

    getSubresource: (type, key, subresource) => callObject({ method: 'GET', path: pathOf(type, key, subresource) }),

    async createSubresource(type, key, subresource, body, options = {}) {
      const answer = await call({
        ...subresourceWrite('POST', type, key, subresource, body),
        query: writeQuery(options),
        signal: options.signal,
      });
      return isStatusObject(answer) ? answer : (answer as KubeObject);
    },

    updateSubresource: (type, key, subresource, body, options = {}) =>
      callObject({ ...subresourceWrite('PUT', type, key, subresource, body), query: writeQuery(options), signal: options.signal }),

    exec(pod: ObjectKey, request: ExecRequest): Promise<ExecResult> {
      const path = pathOf(PODS, pod, 'exec');
      return transport.exec({ method: 'GET', path, query: execQuery(request), signal: request.signal }, request);
    },

    logs(pod, options) {
      const query = new URLSearchParams();
      if (options.container !== undefined) query.set('container', options.container);
      if (options.follow) query.set('follow', 'true');
      if (options.tailLines !== undefined) query.set('tailLines', String(options.tailLines));
      return transport.stream({ method: 'GET', path: pathOf(PODS, pod, 'log'), query, signal: options.signal });
    },

    raw(path, options = {}) {
      const [plain = path, search] = path.split('?', 2);
      const headers: Record<string, string> = options.accept === undefined ? {} : { accept: options.accept };
      return call({ method: 'GET', path: plain, query: new URLSearchParams(search), headers, signal: options.signal });
    },
  };
}

/**
 * What `change` makes of each item. When it throws, or the reader stops early, `items` are returned from. Written out: a generator would
 * cost every item several turns.
 */
function mapped<From, To>(items: AsyncIterator<From>, change: (item: From) => To): AsyncIterator<To> {
  let ended = false;
  const end = async (): Promise<IteratorResult<To>> => {
    if (!ended) await items.return?.();
    ended = true;
    return { done: true, value: undefined };
  };
  const failed = async (error: unknown): Promise<never> => {
    await end();
    throw error;
  };
  const received = (item: IteratorResult<From>): IteratorResult<To> | Promise<never> => {
    try {
      if (!item.done) return { done: false, value: change(item.value) };
    } catch (error) {
      return failed(error);
    }
    ended = true;
    return { done: true, value: undefined };
  };
  return {
    next: () => (ended ? Promise.resolve({ done: true, value: undefined }) : items.next().then(received, failed)),
    return: end,
  };
}

/** Name and namespace of an object. */
export function keyOf(object: KubeObject): ObjectKey {
  return { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
}

/** The path of one object, which must have a name: without one the request would address the whole collection. */
function pathOf(type: ResourceType, key: ObjectKey, subresource?: string): string {
  if (key.name === '') throw new Error(`resource name may not be empty (${type.resource})`);
  if (type.namespaced && !key.namespace) throw new Error(`an empty namespace may not be set when a ${type.kind} is addressed by name`);
  return resourcePath(type, key.namespace, key.name, subresource);
}

function typed<T extends KubeObject>(type: ResourceType<T>, object: T): T {
  if (object.apiVersion !== undefined && object.kind !== undefined) return object;
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
}

function subresourceWrite(method: string, type: ResourceType, key: ObjectKey, subresource: string, body: unknown): TransportRequest {
  return { method, path: pathOf(type, key, subresource), headers: { 'content-type': 'application/json' }, body };
}

function listQuery(options: ListOptions): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of ['labelSelector', 'fieldSelector', 'resourceVersion', 'limit', 'continue'] as const) {
    const value = options[name];
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  return query;
}

/** Undefined where nothing is asked for, as in nearly all writes. */
function writeQuery({ dryRun, fieldManager, fieldValidation }: WriteOptions): URLSearchParams | undefined {
  if (!dryRun && fieldManager === undefined && fieldValidation === undefined) return undefined;
  const query = new URLSearchParams();
  if (dryRun) query.set('dryRun', 'All');
  if (fieldManager !== undefined) query.set('fieldManager', fieldManager);
  if (fieldValidation !== undefined) query.set('fieldValidation', fieldValidation);
  return query;
}

function deleteBody(options: DeleteOptions): Pick<TransportRequest, 'headers' | 'body' | 'signal'> {
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options;
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions: definedOnly(preconditions) }),
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
  return { headers: { 'content-type': 'application/json' }, body, signal: options.signal };
}

/** In process a value travels as it is, so fields that JSON would drop must not be there. */
function definedOnly(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

function execQuery(request: ExecRequest): URLSearchParams {
  const query = new URLSearchParams(request.command.map((word): [string, string] => ['command', word]));
  if (request.container !== undefined) query.set('container', request.container);
  if (request.stdin) query.set('stdin', 'true');
  query.set('stdout', 'true');
  // With a terminal there is one output stream.
  if (request.tty) query.set('tty', 'true');
  else query.set('stderr', 'true');
  return query;
}
