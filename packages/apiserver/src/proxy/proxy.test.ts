// Requests that are passed on to pods, directly and behind Services: the real server, a real backend.
import { createServer, type IncomingMessage } from 'node:http';
import { systemClock } from '@holdfast/clock';
import { type ApiResponse, ENDPOINTS, type KubeObject, type Pod, PODS, type ResourceType, SERVICES } from '@holdfast/schema';
import { afterEach, describe, expect, it } from 'vitest';
import { httpBackends } from '../https/backends.ts';
import { createTestServer } from '../testing/index.ts';

const clock = systemClock();
const ADDRESS = '127.91.7.1';
const ADMIN = { username: 'admin', groups: ['system:masters'] };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a pod serves, and what it was asked. */
async function startBackend(): Promise<{ readonly port: number; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ method: request.method, url: request.url, headers: request.headers, body });
      if (request.url === '/login') response.writeHead(302, { location: '/home' });
      else response.writeHead(request.url === '/teapot' ? 418 : 200, { 'content-type': 'text/html', 'x-own': 'yes' });
      response.end(`page ${request.url}`);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, ADDRESS, resolve));
  ends.push(() => server.close());
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, asked };
}

interface Api {
  ask(
    path: string,
    options?: { readonly method?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<ApiResponse>;
  put<T extends KubeObject>(type: ResourceType<T>, object: T): Promise<void>;
}

function startApi(): Api {
  const server = createTestServer({
    clock,
    backends: httpBackends({ clock }),
    onBug: (error) => {
      throw error;
    },
  });
  ends.push(() => server.close());
  const send = (method: string, target: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<ApiResponse> => {
    const [path = '', query = ''] = target.split('?');
    return server.handle({
      method,
      path,
      query: new URLSearchParams(query),
      headers: { accept: '*/*', ...headers },
      user: ADMIN,
      signal: new AbortController().signal,
      ...(value === undefined
        ? {}
        : { body: typeof value === 'string' ? { kind: 'bytes' as const, bytes: Buffer.from(value) } : { kind: 'value' as const, value } }),
    });
  };
  return {
    ask: (path, { method = 'GET', body, headers } = {}) => send(method, path, body, headers),
    put: async ({ resource }, object) => {
      const base = `/api/v1/namespaces/default/${resource}`;
      const made = await send('POST', base, { ...object, metadata: { ...object.metadata, namespace: 'default' } });
      if (made.kind !== 'object' || made.status !== 201) throw new Error(JSON.stringify(made));
      const { status } = object as { readonly status?: object };
      if (status)
        await send('PATCH', `${base}/${object.metadata.name}/status`, { status }, { 'content-type': 'application/merge-patch+json' });
    },
  };
}

async function textOf(response: ApiResponse): Promise<string> {
  if (response.kind === 'object') return `${response.status} ${(response.object as { readonly message?: string }).message}`;
  if (response.kind !== 'stream') return response.kind;
  const read: Uint8Array[] = [];
  for await (const chunk of response.chunks) read.push(chunk);
  return `${response.status} ${Buffer.concat(read).toString()}`;
}

const pod = (name: string, podIP: string, port?: number): Pod => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'web:1', ...(port ? { ports: [{ containerPort: port }] } : {}) }] } as never,
  status: { phase: 'Running', podIP } as never,
});

const at = (kind: 'pods' | 'services', id: string, rest = ''): string => `/api/v1/namespaces/default/${kind}/${id}/proxy${rest}`;

describe('pods/proxy', () => {
  it('passes a request on to the port that is named, or to the first that the pod names, without what tells who asks', async () => {
    const backend = await startBackend();
    const api = startApi();
    await api.put(PODS, pod('web', ADDRESS, backend.port));
    expect(await textOf(await api.ask(at('pods', 'web', '/a%2Fb/?x=1')))).toBe('200 page /a%2Fb/?x=1');
    const headers = { authorization: 'Bearer secret', cookie: 'session=1', 'x-mine': '1', 'content-type': 'text/plain' };
    const posted = await api.ask(at('pods', `http:web:${backend.port}`, '/put'), { method: 'POST', body: 'hello', headers });
    expect(posted).toMatchObject({ status: 200, headers: { 'x-own': 'yes', 'content-type': 'text/html' } });
    await textOf(posted);
    const [, last] = backend.asked;
    expect([last?.method, last?.body, last?.headers['x-mine']]).toEqual(['POST', 'hello', '1']);
    expect([last?.headers.authorization, last?.headers.cookie, last?.headers.host]).toEqual([
      undefined,
      undefined,
      `${ADDRESS}:${backend.port}`,
    ]);
    expect(await textOf(await api.ask(at('pods', 'web', '/teapot')))).toBe('418 page /teapot');
  });

  it('brings those back who are sent on', async () => {
    const backend = await startBackend();
    const api = startApi();
    await api.put(PODS, pod('web', ADDRESS, backend.port));
    const answer = await api.ask(at('pods', 'web', '/login'));
    expect(answer).toMatchObject({ status: 302, headers: { location: at('pods', 'web', '/home') } });
    await textOf(answer);
  });

  it('says what cannot be reached', async () => {
    const api = startApi();
    await api.put(PODS, pod('web', ADDRESS, 1));
    await api.put(PODS, pod('local', '127.0.0.1', 1));
    await api.put(PODS, pod('cloud', '169.254.169.254', 80));
    expect(await textOf(await api.ask(at('pods', 'web', '/')))).toBe(
      `503 error trying to reach service: dial tcp ${ADDRESS}:1: connect: connection refused`,
    );
    for (const name of ['local', 'cloud']) expect(await textOf(await api.ask(at('pods', name, '/')))).toBe('400 address not allowed');
    expect(await textOf(await api.ask(at('pods', 'none', '/')))).toBe('404 pods "none" not found');
    expect(await textOf(await api.ask(at('pods', 'ftp:web:1', '/')))).toBe('400 invalid pod request "ftp:web:1"');
    expect(await textOf(await api.ask(at('pods', 'web:http', '/')))).toBe('400 invalid pod request "web:http"');
  });

  it('hands an upgrade over as a connection', async () => {
    const backend = await startBackend();
    const api = startApi();
    await api.put(PODS, pod('web', ADDRESS, backend.port));
    const answer = await api.ask(at('pods', 'web', '/socket?x=1'), { headers: { connection: 'Upgrade', upgrade: 'websocket' } });
    expect(answer).toMatchObject({ kind: 'tunnel', target: '/socket?x=1', host: `${ADDRESS}:${backend.port}` });
    const socket = answer.kind === 'tunnel' ? await answer.dial() : undefined;
    expect(socket?.destroyed).toBe(false);
    socket?.destroy();
  });
});

describe('services/proxy', () => {
  async function withService(): Promise<{ readonly api: Api; readonly port: number }> {
    const { port } = await startBackend();
    const api = startApi();
    await api.put(PODS, pod('web', ADDRESS));
    const ports = [
      { name: 'http', port: 80 },
      { name: 'other', port: 81 },
    ];
    await api.put(SERVICES, { metadata: { name: 'web' }, spec: { ports } });
    const targetRef = { kind: 'Pod', namespace: 'default', name: 'web' };
    await api.put(ENDPOINTS, {
      metadata: { name: 'web' },
      subsets: [{ addresses: [{ ip: ADDRESS, targetRef }], ports: [{ name: 'http', port }] }],
    });
    return { api, port };
  }

  it('leads to a pod behind the port, by its name or its number', async () => {
    const { api } = await withService();
    for (const id of ['web:http', 'web:80', 'http:web:http'])
      expect(await textOf(await api.ask(at('services', id, '/x')))).toBe('200 page /x');
  });

  it('says which port nobody is behind', async () => {
    const { api } = await withService();
    expect(await textOf(await api.ask(at('services', 'web:82', '/')))).toBe('503 no service port 82 found for service "web"');
    expect(await textOf(await api.ask(at('services', 'web:81', '/')))).toBe('503 no endpoints available for service "web:81"');
    expect(await textOf(await api.ask(at('services', 'none', '/')))).toBe('503 no endpoints available for service "none"');
    expect(await textOf(await api.ask(at('services', 'none:80', '/')))).toBe('404 services "none" not found');
  });

  it('leads to pods only, never to an address that somebody wrote by hand', async () => {
    const { api, port } = await withService();
    await api.put(SERVICES, { metadata: { name: 'by-hand' }, spec: { ports: [{ port: 80 }] } });
    const targetRef = { kind: 'Pod', namespace: 'default', name: 'web' };
    const addresses = [{ ip: ADDRESS }, { ip: '127.91.7.2', targetRef }];
    await api.put(ENDPOINTS, { metadata: { name: 'by-hand' }, subsets: [{ addresses, ports: [{ port }] }] });
    expect(await textOf(await api.ask(at('services', 'by-hand', '/')))).toBe('503 no endpoints available for service "by-hand"');
  });
});
