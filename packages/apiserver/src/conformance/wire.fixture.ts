// A server that is asked as a client asks it: bytes with a content type in, what would be sent out. For tests of the API's conventions.
import { FakeClock } from '@holdfast/clock';
import type { ApiResponse } from '@holdfast/schema';
import type { ApiServer } from '../api-server.ts';
import { createTestServer } from '../testing/index.ts';

export type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- answers are looked into freely

export interface WireOptions {
  /** Content type of the body; default: application/json. */
  readonly type?: string;
  readonly accept?: string;
  /** Default: an administrator. */
  readonly user?: { readonly username: string; readonly groups: readonly string[] };
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The object of an answer; empty where bytes came. */
  readonly object: Json;
  /** The bytes of an answer as text; for an object its message. */
  readonly text: string;
}

export interface Wire {
  readonly server: ApiServer;
  readonly clock: FakeClock;
  /** Bodies that are no bytes and no text are sent as JSON. Throws when the server breaks. */
  readonly ask: (method: string, target: string, body?: unknown, options?: WireOptions) => Promise<WireAnswer>;
  /** The same; throws where the status is a failure. */
  readonly ok: (method: string, target: string, body?: unknown, options?: WireOptions) => Promise<Json>;
  /** `<code> <message>` of a refusal. */
  readonly refusal: (method: string, target: string, body?: unknown, options?: WireOptions) => Promise<string>;
  /** The first events of a watch; waits for as many. */
  readonly watched: (target: string, count: number) => Promise<readonly { readonly type: string; readonly object: Json }[]>;
}

export const NAMESPACED = '/api/v1/namespaces/default';
export const MERGE = { type: 'application/merge-patch+json' };
export const STRATEGIC = { type: 'application/strategic-merge-patch+json' };
export const JSON_PATCH = { type: 'application/json-patch+json' };
export const APPLY = { type: 'application/apply-patch+yaml' };
export const PROTOBUF = { type: 'application/vnd.kubernetes.protobuf' };

export function wire(options: Partial<Parameters<typeof createTestServer>[0]> = {}): Wire {
  const clock = new FakeClock();
  const server = createTestServer({
    clock,
    onBug: (error) => {
      throw error;
    },
    ...options,
  });
  const send = (method: string, target: string, body: unknown, { type, accept, user, headers }: WireOptions): Promise<ApiResponse> => {
    const url = new URL(target, 'https://server');
    return server.handle({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: {
        accept: accept ?? 'application/json',
        'user-agent': 'curl/8.0',
        ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }),
        ...headers,
      },
      user: user ?? { username: 'admin', groups: ['system:masters'] },
      signal: new AbortController().signal,
      ...(body === undefined ? {} : { body: { kind: 'bytes' as const, bytes: bytesOf(body) } }),
    });
  };
  const ask: Wire['ask'] = async (method, target, body, how = {}) => {
    const answer = await send(method, target, body, how);
    if (answer.kind === 'bytes')
      return { status: answer.status, headers: answer.headers, object: {}, text: Buffer.from(answer.bytes).toString() };
    if (answer.kind !== 'object') throw new Error(`${method} ${target} was answered with a ${answer.kind}`);
    const object = JSON.parse(JSON.stringify(answer.object)) as Json;
    return { status: answer.status, headers: answer.headers, object, text: String(object['message'] ?? '') };
  };
  return {
    server,
    clock,
    ask,
    ok: async (method, target, body, how) => {
      const { status, object, text } = await ask(method, target, body, how);
      if (status >= 300) throw new Error(`${method} ${target}: ${status} ${text}`);
      return object;
    },
    refusal: async (method, target, body, how) => {
      const { status, text } = await ask(method, target, body, how);
      if (status < 300) throw new Error(`${method} ${target} was not refused`);
      return `${status} ${text}`;
    },
    watched: async (target, count) => {
      const answer = await send('GET', target, undefined, {});
      if (answer.kind !== 'watch') throw new Error(`no watch: ${JSON.stringify(answer)}`);
      const events: { type: string; object: Json }[] = [];
      for await (const frame of answer.frames) {
        events.push(frame as unknown as { type: string; object: Json });
        if (events.length >= count) break;
      }
      return events;
    },
  };
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A pod that is as small as can be. */
export const pod = (name: string, spec: Json = {}, metadata: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});

export const configMap = (name: string, data: Json = {}, metadata: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

export const statefulSet = (name: string, spec: Json = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name },
  spec: {
    serviceName: name,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    ...spec,
  },
});

/** A definition of Foo in ex.io/v1: its schema, what else its version and its names say. */
export const fooDefinition = (schema: Json, version: Json = {}, names: Json = {}): Json => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'foos.ex.io' },
  spec: {
    group: 'ex.io',
    scope: 'Namespaced',
    names: { plural: 'foos', kind: 'Foo', ...names },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
  },
});
