// Requests whose heads are broken, huge or contradict themselves, over raw TLS and HTTP/2: whoever sends them is told so in the
// 400s or cut off, within a bounded time, and everybody else is served as before. HOLDFAST_FUZZ_RUNS=10000 looks for longer.
import { connect as connectHttp2, constants, type OutgoingHttpHeaders } from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { seededRandom, systemClock } from '@holdfast/clock';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestServer } from '../testing/index.ts';
import { createPki, type Pki } from '../pki/index.ts';
import type { HttpsListener } from './listen-tls.ts';
import { serveHttps } from './serve-https.ts';

const RUNS = Number(process.env['HOLDFAST_FUZZ_RUNS'] ?? 60);
const HOURS = 3_600_000;
const PATIENCE_MS = 5000;
const PODS = '/api/v1/namespaces/default/pods';
const EXEC = `${PODS}/p/exec?command=ls&stdout=true`;
const HOST = 'Host: localhost\r\n';

const ADMIN = { username: 'admin', groups: ['system:masters'] };

let pki: Pki;
let listener: HttpsListener;
let stop: () => Promise<void>;
const bugs: unknown[] = [];

beforeAll(async () => {
  const clock = systemClock();
  pki = await createPki({ clock, random: seededRandom(1) });
  const ended = { exitCode: 0 };
  const node = {
    logs: () => Promise.reject(new Error('none')),
    exec: async () => ended,
    attach: async () => ended,
    portForward: async () => undefined,
  };
  const onBug = (error: unknown): void => void bugs.push(error);
  const server = createTestServer({ clock, onBug, nodes: () => node as never });
  listener = await serveHttps({ server, host: '127.0.0.1', port: 0, pki, clock, onBug });
  stop = async () => {
    await listener.close();
    await server.close();
  };
  const write = async (method: string, path: string, value: unknown): Promise<void> => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const body = { kind: 'value' as const, value };
    await server.handle({ method, path, query: new URLSearchParams(), headers, user: ADMIN, signal: new AbortController().signal, body });
  };
  await write('POST', PODS, { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } });
  await write('PATCH', `${PODS}/p/status`, { status: { phase: 'Running', containerStatuses: [{ name: 'c', state: { running: {} } }] } });
});
afterAll(() => stop());
/** Whatever happened: no exception in the server, and others are served. */
afterEach(async () => {
  if (bugs.length > 0) throw new AggregateError(bugs, 'the server ran into bugs');
  const health = await raw(`GET /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
  if (statusOf(health) !== 200) throw new Error(`nobody is served any more: ${health}`);
});

/** Sends bytes as a client with a certificate; resolves with all that comes back until the server ends the connection. */
function raw(head: string | Uint8Array, { thenEnd = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = listener;
    const socket: TLSSocket = connect({
      host: '127.0.0.1',
      port,
      ca: pki.caCertificate,
      cert: pki.admin.certificate,
      key: pki.admin.key,
      ALPNProtocols: ['http/1.1'],
    });
    let answer = '';
    const inTime = systemClock().after(PATIENCE_MS, () => {
      socket.destroy();
      reject(new Error(`no end of it after ${PATIENCE_MS} ms; so far: ${answer.slice(0, 200)}`));
    });
    const done = (): void => {
      inTime();
      resolve(answer);
    };
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    // A server that cuts off a sender may do it while he sends.
    socket.on('error', done);
    socket.on('close', done);
    socket.write(head, () => {
      if (thenEnd) socket.end();
    });
  });
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}

/** Refused in the 400s, or cut off without a word (0). */
const REFUSED = expect.toSatisfy((status: number) => status === 0 || (status >= 400 && status < 500)) as number;

const get = (headers: string, target = PODS): string => `GET ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n${headers}\r\n`;
const post = (headers: string, body = '{}'): string => `POST ${PODS} HTTP/1.1\r\n${HOST}Connection: close\r\n${headers}\r\n${body}`;

describe('HTTP/1.1', () => {
  test.each<[string, string]>([
    ['a header of a megabyte', get(`X-Long: ${'a'.repeat(2 ** 20)}\r\n`)],
    ['a name of a megabyte', get(`${'a'.repeat(2 ** 20)}: x\r\n`)],
    ['fifty thousand headers', get(Array.from({ length: 50_000 }, (_, i) => `X-${i}: y\r\n`).join(''))],
    ['a target of a megabyte', get('', `${PODS}?labelSelector=${'a'.repeat(2 ** 20)}`)],
    ['headers that never end', `GET ${PODS} HTTP/1.1\r\n${'X: y\r\n'.repeat(100_000)}`],
    ['no host', `GET ${PODS} HTTP/1.1\r\nConnection: close\r\n\r\n`],
    ['a zero byte in a value', get('X-Odd: a\0b\r\n')],
    ['a zero byte in a name', get('X-\0dd: a\r\n')],
    ['a space in a name', get('X Odd: a\r\n')],
    ['no colon', get('nonsense\r\n')],
    ['a folded header', get('X-Odd: a\r\n b\r\n')],
    ['a bare carriage return', get('X-Odd: a\rX-More: b\r\n')],
    ['two lengths that differ', post('Content-Length: 2\r\nContent-Length: 3\r\n')],
    ['two lengths in one', post('Content-Length: 2, 3\r\n')],
    ['a length and chunks', post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
    ['a negative length', post('Content-Length: -1\r\n')],
    ['a length that is no number', post('Content-Length: 0x10\r\n')],
    ['a length beyond all bounds', post('Content-Length: 99999999999999999999999\r\n')],
    ['chunks that are none', post('Transfer-Encoding: chunked\r\n', 'zz\r\nhello\r\n0\r\n\r\n')],
    ['chunks with endless extensions', post('Transfer-Encoding: chunked\r\n', `1;${'x'.repeat(2 ** 20)}\r\na\r\n0\r\n\r\n`)],
    ['another encoding of the transfer', post('Transfer-Encoding: gzip, identity\r\n')],
    ['a method that is none', `BREW ${PODS} HTTP/1.1\r\n${HOST}\r\n`],
    ['a version that is none', `GET ${PODS} HTTP/9.9\r\n${HOST}\r\n`],
    ['no HTTP', '\x16\x03\x01 hello\r\n\r\n'],
    ['an absolute target of elsewhere', get('', 'http://example.com:99999999/x')],
  ])('%s', async (_what, head) => {
    expect(statusOf(await raw(head))).toEqual(REFUSED);
  });

  test.each<[string, string]>([
    ['names of the language', get('__proto__: x\r\nconstructor: y\r\ntoString: z\r\nhasOwnProperty: w\r\n')],
    ['the same header many times', get('Accept: application/json\r\n'.repeat(50))],
    ['an Accept of thousands of parts', get(`Accept: ${'a/b;q=0.1,'.repeat(900)}application/json\r\n`)],
    ['an Accept-Encoding of thousands of parts', get(`Accept-Encoding: ${'x;q=0.1,'.repeat(900)}gzip\r\n`)],
    ['bytes beyond ASCII', get('User-Agent: \xff\xfe\xfd\r\n')],
    ['a content type that is odd', get('Content-Type: ;;;=,,"\r\n')],
  ])('%s do no harm', async (_what, head) => {
    expect(statusOf(await raw(Buffer.from(head, 'latin1')))).toBe(200);
  });

  test.each<[string, string]>([
    ['an Accept that nobody can read', get('Accept: ;;;,,/,*/;q=x\r\n')],
    ['a certificate and a token that is none', get(`Authorization: Bearer ${'x'.repeat(8000)}\r\n`)],
    ['an upgrade to nothing', `GET ${EXEC} HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: \r\n\r\n`],
    ['an odd scheme', get('Authorization: \x01\x02 y\r\n')],
    ['a body where none belongs', `GET ${PODS} HTTP/1.1\r\n${HOST}Connection: close\r\nContent-Length: 5\r\n\r\nhello`],
    ['a chunk of all the memory', post('Transfer-Encoding: chunked\r\n', 'ffffffffffffffff\r\nhello')],
    ['a body that breaks off', post('Content-Length: 500\r\n', '{"kind":')],
  ])('%s is answered', async (_what, head) => {
    expect(statusOf(await raw(head, { thenEnd: true }))).toSatisfy((status: number) => status === 0 || (status >= 200 && status < 500));
  });

  test('bytes that somebody bent', { timeout: HOURS }, async () => {
    const whole = Buffer.from(
      get('Accept: application/json\r\nAuthorization: Bearer abc\r\nContent-Type: application/json\r\nImpersonate-User: x\r\n'),
    );
    const edit = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), async (edits) => {
        const bytes = Buffer.from(whole);
        for (const { at, byte } of edits) bytes[at] = byte;
        // Half a request is ended by the sender.
        expect(statusOf(await raw(bytes, { thenEnd: true }))).toBeLessThan(500);
        expect(bugs).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('upgrades', () => {
  const upgrade = (headers: string, target = EXEC, method = 'GET'): string =>
    `${method} ${target} HTTP/1.1\r\n${HOST}Connection: Upgrade\r\n${headers}\r\n`;
  const WEBSOCKET = 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const V5 = 'Sec-WebSocket-Protocol: v5.channel.k8s.io\r\n';

  test.each<[string, string]>([
    ['to what nobody knows', upgrade('Upgrade: teapot/1.0\r\n')],
    ['to HTTP/2 in clear text', upgrade('Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n')],
    ['without a key', upgrade(`${WEBSOCKET}${V5}`)],
    ['with a key that is none', upgrade(`${WEBSOCKET}${V5}Sec-WebSocket-Key: x\r\n`)],
    ['with two keys', upgrade(`${WEBSOCKET}${V5}${KEY}${KEY}`)],
    ['with a subprotocol that nobody speaks', upgrade(`${WEBSOCKET}${KEY}Sec-WebSocket-Protocol: v9.channel.k8s.io\r\n`)],
    ['with subprotocols that are no names', upgrade(`${WEBSOCKET}${KEY}Sec-WebSocket-Protocol: ,,,;;;\r\n`)],
    ['with thousands of subprotocols', upgrade(`${WEBSOCKET}${KEY}Sec-WebSocket-Protocol: ${'x,'.repeat(6000)}x\r\n`)],
    ['with another version', upgrade(`Upgrade: websocket\r\nSec-WebSocket-Version: 99\r\n${KEY}${V5}`)],
    ['by a POST to a WebSocket', upgrade(`${WEBSOCKET}${KEY}${V5}`, EXEC, 'POST')],
    ['to SPDY without a protocol of streams', upgrade('Upgrade: SPDY/3.1\r\n', EXEC, 'POST')],
    ['to SPDY with odd protocols', upgrade(`Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${'y,'.repeat(3000)}\r\n`, EXEC, 'POST')],
    ['of a list', upgrade(`${WEBSOCKET}${KEY}${V5}`, PODS)],
    ['of a pod that is not there', upgrade(`${WEBSOCKET}${KEY}${V5}`, `${PODS}/nope/exec?command=ls`)],
    ['of a path that is none', upgrade(`${WEBSOCKET}${KEY}${V5}`, '/%ff%00/../..')],
  ])('%s', async (_what, head) => {
    expect(statusOf(await raw(head))).toEqual(REFUSED);
  });

  test('with headers that somebody made up', { timeout: HOURS }, async () => {
    const value = fc.oneof(
      fc.constantFrom(
        'websocket',
        'SPDY/3.1',
        'spdy/3.1',
        '13',
        'v5.channel.k8s.io',
        'v4.channel.k8s.io',
        'SPDY/3.1+portforward.k8s.io',
        'dGhlIHNhbXBsZSBub25jZQ==',
        '',
      ),
      fc.string({ maxLength: 30 }).map((text) => text.replace(/[\r\n\0]/g, '')),
    );
    const name = fc.constantFrom(
      'Upgrade',
      'Sec-WebSocket-Version',
      'Sec-WebSocket-Key',
      'Sec-WebSocket-Protocol',
      'X-Stream-Protocol-Version',
      'Sec-WebSocket-Extensions',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, value), { maxLength: 8 }),
        fc.constantFrom(EXEC, `${PODS}/p/portforward`, `${PODS}/p/attach`),
        async (headers, target) => {
          const lines = headers.map(([key, text]) => `${key}: ${text}\r\n`).join('');
          expect(statusOf(await raw(upgrade(lines, target), { thenEnd: true }))).toBeLessThan(501);
          expect(bugs).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('HTTP/2', () => {
  /** The status of an answer, or 'cut' where the stream or the connection was ended instead. */
  function ask(headers: OutgoingHttpHeaders, body?: string): Promise<number | 'cut'> {
    return new Promise((resolve, reject) => {
      const { port } = listener;
      const session = connectHttp2(`https://127.0.0.1:${port}`, {
        ca: pki.caCertificate,
        cert: pki.admin.certificate,
        key: pki.admin.key,
        maxSendHeaderBlockLength: 2 ** 24,
      });
      const inTime = systemClock().after(PATIENCE_MS, () => reject(new Error(`no answer after ${PATIENCE_MS} ms`)));
      const done = (outcome: number | 'cut'): void => {
        inTime();
        session.destroy();
        resolve(outcome);
      };
      session.on('error', () => done('cut'));
      session.on('close', () => done('cut'));
      const stream = session.request({ ':path': PODS, ...headers }, { endStream: body === undefined });
      stream.on('response', (answer) => done(Number(answer[constants.HTTP2_HEADER_STATUS])));
      stream.on('error', () => done('cut'));
      stream.on('close', () => done('cut'));
      if (body !== undefined) stream.end(body);
    });
  }
  const many = (count: number): OutgoingHttpHeaders => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'y']));

  test.each<[string, OutgoingHttpHeaders]>([
    ['a header of a megabyte', { 'x-long': 'a'.repeat(2 ** 20) }],
    ['fifty thousand headers', many(50_000)],
    ['a path of a megabyte', { ':path': `${PODS}?labelSelector=${'a'.repeat(2 ** 20)}` }],
    ['a path without a slash', { ':path': 'api' }],
    ['a method that is none', { ':method': 'BREW' }],
    ['a stream that is no exec', { ':path': EXEC }],
    ['an Accept that nobody can read', { accept: ';;;,,/,*/;q=x' }],
  ])('%s', async (_what, headers) => {
    expect(await ask(headers)).toSatisfy(
      (outcome: number | string) => outcome === 'cut' || (Number(outcome) >= 400 && Number(outcome) < 500),
    );
  });

  test('names of the language, and bytes beyond ASCII, do no harm', async () => {
    expect(await ask({ ['__proto__']: 'x', constructor: 'y', 'user-agent': '\xff\xfe' })).toBe(200);
  });

  test('a length that the body does not have', async () => {
    expect(await ask({ ':method': 'POST', 'content-length': '5' }, 'much more than five')).toSatisfy(
      (outcome: number | string) => outcome === 'cut' || Number(outcome) < 500,
    );
  });

  test('a thousand streams that are reset at once', async () => {
    const { port } = listener;
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: pki.caCertificate, cert: pki.admin.certificate, key: pki.admin.key });
    session.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => session.once('close', resolve));
    for (let i = 0; i < 1000; i++) {
      const stream = session.request({ ':path': PODS });
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    session.close();
    await closed;
    // afterEach asks whether others are served.
    expect(bugs).toEqual([]);
  });
});
