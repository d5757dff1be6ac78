import { randomBytes } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, type RequestOptions, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '@holdfast/clock';
import { type ApiRequest, type StatusObject, tooManyRequests, type UserInfo } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { createPki } from '../pki/index.ts';
import { serveHttps } from './serve-https.ts';
import { runningPod, startSurface, type Surface } from './surface.fixture.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

type Ask = RequestOptions & { readonly body?: Uint8Array | string; readonly anonymous?: boolean };

function open(surface: Surface, path: string, { body, anonymous = false, ...options }: Ask = {}): Promise<IncomingMessage> {
  const { pki, port } = surface;
  const credentials = anonymous ? {} : { cert: pki.admin.certificate, key: pki.admin.key };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, ca: pki.caCertificate, agent: false, ...credentials, ...options }, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}

async function ask(surface: Surface, path: string, options: Ask = {}): Promise<Answer> {
  const response = await open(surface, path, options);
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk as Uint8Array);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

function statusOf({ body }: Answer): StatusObject {
  return JSON.parse(body.toString('utf8')) as StatusObject;
}

/** A surface that answers every request with the user it saw. */
function whoami(tokens: Readonly<Record<string, UserInfo>> = {}): Promise<Surface> {
  return startSurface({ tokens, handle: async ({ user }) => ({ kind: 'object', status: 200, headers: {}, object: user }) });
}

describe('authentication', () => {
  it('takes user and groups from a client certificate, also on resumed connections', async () => {
    await using surface = await whoami();
    const agent = new Agent({ keepAlive: false, maxCachedSessions: 10 });
    for (let round = 0; round < 3; round += 1) {
      const answer = await ask(surface, '/apis', { agent });
      expect(JSON.parse(answer.body.toString())).toEqual({
        username: 'kubernetes-admin',
        groups: ['system:masters', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
      });
    }
  });

  it('takes no group from what is written inside another', async () => {
    await using surface = await whoami();
    const { certificate: cert, key } = surface.pki.issueClient({
      commonName: 'eve',
      organizations: ['a + O=system:masters', 'b\nO=system:masters'],
    });
    const answer = await ask(surface, '/apis', { anonymous: true, cert, key });
    const user = JSON.parse(answer.body.toString()) as UserInfo;
    expect(user.username).toBe('eve');
    expect(user.groups).not.toContain('system:masters');
    expect(user.groups).toHaveLength(3);
  });

  it('takes the user of a bearer token, and refuses one that is not valid', async () => {
    const operator = { username: 'system:serviceaccount:default:operator', groups: ['system:serviceaccounts'] };
    await using surface = await whoami({ good: operator });
    const good = await ask(surface, '/apis', { anonymous: true, headers: { authorization: 'Bearer good' } });
    expect(JSON.parse(good.body.toString())).toMatchObject({ username: operator.username });
    const bad = await ask(surface, '/apis', { anonymous: true, headers: { authorization: 'Bearer bad' } });
    expect(statusOf(bad)).toMatchObject({ kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized', code: 401 });
  });

  it('refuses a certificate of another authority', async () => {
    await using surface = await whoami();
    const other = await createPki({ clock: systemClock(), random: { next: () => 0.5, int: () => 0, bytes: randomBytes } });
    const answer = await ask(surface, '/version', { anonymous: true, cert: other.admin.certificate, key: other.admin.key });
    expect(answer.status).toBe(401);
  });

  it("refuses the server's own certificate as a client's", async () => {
    await using surface = await whoami();
    const { certificate, key } = surface.pki.serving;
    expect((await ask(surface, '/apis', { anonymous: true, cert: certificate, key })).status).toBe(401);
  });

  it('lets nobody in particular see the version and the health only', async () => {
    await using surface = await startSurface();
    expect((await ask(surface, '/version', { anonymous: true })).status).toBe(200);
    expect((await ask(surface, '/healthz', { anonymous: true })).body.toString()).toBe('ok');
    for (const path of ['/api/v1/namespaces/default/pods', '/apis', '/metrics']) {
      const refused = await ask(surface, path, { anonymous: true });
      expect(statusOf(refused)).toMatchObject({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    }
  });
});

describe('requests', () => {
  it('answers 503 until there is a server', async () => {
    const clock = systemClock();
    const pki = await createPki({ clock, random: { next: () => 0.5, int: () => 0, bytes: randomBytes } });
    const listener = await serveHttps({ server: () => undefined, host: '127.0.0.1', port: 0, pki, clock });
    const answer = await ask(
      { pki, port: listener.port, clock, listener, bugs: [], [Symbol.asyncDispose]: () => listener.close() },
      '/version',
    );
    expect(statusOf(answer)).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
    await listener.close();
  });

  it('refuses bodies above 3 MiB with a Status that the sender gets to read', async () => {
    await using surface = await startSurface({
      handle: async ({ body }) => ({ kind: 'object', status: 201, headers: {}, object: sizeOf(body) }),
    });
    const fits = await ask(surface, '/api/v1/pods', { method: 'POST', body: Buffer.alloc(3 * 1024 * 1024, 32) });
    expect(fits.status).toBe(201);
    const answer = await ask(surface, '/api/v1/pods', { method: 'POST', body: Buffer.alloc(3 * 1024 * 1024 + 1, 32) });
    expect(statusOf(answer)).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
  });

  it('reports a bug once and answers 500', async () => {
    await using surface = await startSurface({ handle: () => Promise.reject(new Error('broken')) });
    const answer = await ask(surface, '/apis');
    expect(statusOf(answer)).toMatchObject({ code: 500, reason: 'InternalError', message: 'Internal error occurred: broken' });
    expect(surface.bugs).toHaveLength(1);
  });

  it('aborts the signal when the client goes', async () => {
    let seen: ApiRequest | undefined;
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    await using surface = await startSurface({
      handle: async (incoming) => {
        seen = incoming;
        begin();
        await new Promise<void>((resolve) => incoming.signal.addEventListener('abort', () => resolve()));
        return undefined;
      },
    });
    const sent = request({
      host: '127.0.0.1',
      port: surface.port,
      path: '/apis',
      ca: surface.pki.caCertificate,
      cert: surface.pki.admin.certificate,
      key: surface.pki.admin.key,
      agent: false,
    });
    sent.on('error', () => undefined);
    sent.end();
    await begun;
    const aborted = new Promise<void>((resolve) => seen?.signal.addEventListener('abort', () => resolve()));
    sent.destroy();
    await aborted;
    expect(seen?.signal.aborted).toBe(true);
  });
});

describe('answers', () => {
  it('writes YAML where it is asked for and 406 where nothing fits', async () => {
    await using surface = await startSurface({ objects: { pods: [runningPod('web-0')] } });
    const yaml = await ask(surface, '/api/v1/namespaces/default/pods/web-0', { headers: { accept: 'application/yaml' } });
    expect(yaml.headers['content-type']).toBe('application/yaml');
    expect(yaml.body.toString()).toContain('name: web-0');
    const refused = await ask(surface, '/api/v1/pods', { headers: { accept: 'application/cbor' } });
    expect(statusOf(refused)).toMatchObject({ code: 406, reason: 'NotAcceptable' });
  });

  it('says when to try again, but not where clients shall see the refusal instead of waiting', async () => {
    const refusal = (details?: { readonly retryAfterSeconds: number }): Promise<Surface> =>
      startSurface({ handle: () => Promise.reject(tooManyRequests('not now', details)) });
    await using waiting = await refusal({ retryAfterSeconds: 10 });
    expect((await ask(waiting, '/api/v1/pods')).headers['retry-after']).toBe('10');
    await using budget = await refusal();
    const answer = await ask(budget, '/api/v1/pods');
    expect([answer.status, answer.headers]).toEqual([429, expect.not.objectContaining({ 'retry-after': expect.anything() })]);
  });

  it('compresses large answers when asked', async () => {
    const objects = { pods: Array.from({ length: 500 }, (_, index) => runningPod(`web-${index}`)) };
    await using surface = await startSurface({ objects });
    const headers = { 'accept-encoding': 'gzip' };
    const large = await ask(surface, '/api/v1/pods', { headers });
    expect(large.headers['content-encoding']).toBe('gzip');
    expect((JSON.parse(gunzipSync(large.body).toString()) as { items: unknown[] }).items).toHaveLength(500);
    const small = await ask(surface, '/api/v1/namespaces/default/pods/web-1', { headers });
    expect(small.headers['content-encoding']).toBeUndefined();
    expect((await ask(surface, '/api/v1/pods', {})).headers['content-encoding']).toBeUndefined();
  });

  it('streams a watch with its headers at once, and ends it when the listener closes', async () => {
    const pod = runningPod('web-0');
    const encoded = new TextEncoder().encode('{"encoded":true}');
    await using surface = await startSurface({
      frames: [
        { type: 'ADDED', object: pod, encoded },
        { type: 'MODIFIED', object: pod },
      ],
    });
    const response = await open(surface, '/api/v1/pods?watch=true');
    expect(response.statusCode).toBe(200);
    const lines = readLines(response);
    expect((await lines.next()).value).toBe('{"type":"ADDED","object":{"encoded":true}}');
    expect(JSON.parse((await lines.next()).value ?? '')).toEqual({ type: 'MODIFIED', object: pod });
    await surface.listener.close();
    expect((await lines.next()).done).toBe(true);
  });

  it('speaks HTTP/2', async () => {
    await using surface = await startSurface({
      objects: { pods: [runningPod('web-0')] },
      frames: [{ type: 'ADDED', object: runningPod('a') }],
    });
    const { pki, port } = surface;
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: pki.caCertificate, cert: pki.admin.certificate, key: pki.admin.key });
    const list = session.request({ ':path': '/api/v1/pods' });
    let text = '';
    for await (const chunk of list.setEncoding('utf8')) text += chunk as string;
    expect((JSON.parse(text) as { items: unknown[] }).items).toHaveLength(1);
    const watch = session.request({ ':path': '/api/v1/pods?watch=1' });
    const lines = readLines(watch);
    expect((JSON.parse((await lines.next()).value ?? '') as { type: string }).type).toBe('ADDED');
    watch.close();
    const missing = session.request({ ':path': '/api/v1/namespaces/default/pods/nope' });
    const head = await new Promise<Record<string, unknown>>((resolve) => missing.once('response', resolve));
    expect(head[':status']).toBe(404);
    session.destroy();
  });

  it('waits for a slow reader of a watch instead of piling up what it has not read', async () => {
    const object = { ...runningPod('web-0'), metadata: { name: 'x'.repeat(64 * 1024) } };
    let sent = 0;
    const total = 2000;
    await using surface = await startSurface({
      handle: async ({ signal, path }) =>
        path === '/api/v1/pods' ? { kind: 'watch', status: 200, headers: {}, frames: endless(signal) } : undefined,
    });
    async function* endless(signal: AbortSignal): AsyncGenerator<{ type: 'ADDED'; object: typeof object }> {
      for (; sent < total && !signal.aborted; sent += 1) yield { type: 'ADDED', object };
    }
    const response = await open(surface, '/api/v1/pods?watch=true');
    response.pause();
    for (let before = -1; sent !== before; ) {
      before = sent;
      for (let round = 0; round < 5; round += 1) await ask(surface, '/version');
    }
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(total);
    response.destroy();
  });
});

describe('listening', () => {
  it('says what to do when the port is taken', async () => {
    await using surface = await startSurface();
    const { pki, port, clock } = surface;
    await expect(serveHttps({ server: () => undefined, host: '127.0.0.1', port, pki, clock })).rejects.toThrow(
      `port ${port} of 127.0.0.1 is in use by another program: end that program or choose another port`,
    );
  });

  it('stays on loopback', async () => {
    await using surface = await startSurface();
    const { pki, clock } = surface;
    await expect(serveHttps({ server: () => undefined, host: '0.0.0.0', port: 0, pki, clock })).rejects.toThrow('loopback');
  });
});

async function* readLines(source: AsyncIterable<unknown>): AsyncGenerator<string, undefined> {
  let rest = '';
  for await (const chunk of source) {
    rest += String(chunk);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
  return undefined;
}

function sizeOf(body: ApiRequest['body']): { readonly size: number } {
  return { size: body?.kind === 'bytes' ? body.bytes.length : 0 };
}
