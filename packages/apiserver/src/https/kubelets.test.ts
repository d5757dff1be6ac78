// The way from the server to an agent that is another program, over real connections.
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { request as httpsRequest } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { FakeClock, seededRandom, systemClock } from '@holdfast/clock';
import { type ApiResponse, type NodeApi, notFound, PODS, type UserInfo } from '@holdfast/schema';
import { afterEach, describe, expect, it } from 'vitest';
import { Kubelet } from '../kubelet/kubelet.ts';
import type { KubeletEndpoint } from '../kubelet/transport.ts';
import { createPki, selfSigned } from '../pki/pki.ts';
import { httpsKubelets } from './kubelets.ts';
import { serveNodeApi } from './serve-node-api.ts';
import { startSurface, type Surface } from './surface.fixture.ts';

const clock = systemClock();
const random = seededRandom(3);
const never = new AbortController().signal;
const pki = await createPki({ clock, random });
const credentials = pki.issueClient({ commonName: 'kube-apiserver-kubelet-client' });
const kubelets = httpsKubelets({ clock, credentials });
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Something that happens once. */
interface Signal {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function signalled(): Signal {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

interface Agent {
  readonly endpoint: KubeletEndpoint;
  /** Who has asked, and for what. */
  readonly asked: { readonly path: string; readonly user: UserInfo | undefined }[];
  close(): Promise<void>;
}

async function startAgent(api: NodeApi, { clientCa = pki.caCertificate }: { readonly clientCa?: string } = {}): Promise<Agent> {
  const asked: Agent['asked'] = [];
  const listener = await serveNodeApi({
    api: async (request, user) => {
      asked.push({ path: request.path, user });
      return api(request, user);
    },
    host: '127.0.0.1',
    port: 0,
    clientCa,
    serving: selfSigned('n1@0', ['n1', '127.0.0.1'], { clock, random }),
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  ends.push(() => listener.close());
  return {
    endpoint: { node: 'n1', host: '127.0.0.1', port: listener.port, certificate: listener.certificate },
    asked,
    close: () => listener.close(),
  };
}

const text = (status: number, words: string): ApiResponse => ({
  kind: 'bytes',
  status,
  headers: { 'content-type': 'text/plain' },
  bytes: Buffer.from(words),
});

async function wordsOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read).toString();
}

const get = (target: string) => ({ method: 'GET', target, headers: {}, signal: never });

/** A server that accepts connections and does with them what `handle` does. */
async function startTcp(handle: (socket: Socket) => void): Promise<number> {
  const server: Server = createTcpServer(handle);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('a request to an agent', () => {
  it('shows the server’s certificate, and gets the answer', async () => {
    const agent = await startAgent(async () => text(200, 'ok'));
    const answer = await kubelets.request(agent.endpoint, get('/healthz'));
    expect([answer.status, await wordsOf(answer.chunks)]).toEqual([200, 'ok']);
    expect(agent.asked[0]).toMatchObject({ path: '/healthz', user: { username: 'kube-apiserver-kubelet-client' } });
  });

  it('is nobody’s for an agent that trusts another authority', async () => {
    const other = await createPki({ clock, random });
    const agent = await startAgent(async (_request, user) => text(user ? 200 : 401, 'Unauthorized'), { clientCa: other.caCertificate });
    expect((await kubelets.request(agent.endpoint, get('/'))).status).toBe(401);
  });

  it('is not sent to whoever has another certificate than the node says', async () => {
    const agent = await startAgent(async () => text(200, 'ok'));
    const wrong = { ...agent.endpoint, certificate: '00' };
    await expect(kubelets.request(wrong, get('/'))).rejects.toThrow(
      'tls: failed to verify certificate: x509: certificate is not the one that node "n1" says its agent has',
    );
    await expect(kubelets.dial(wrong)).rejects.toThrow('x509');
    expect(agent.asked).toEqual([]);
  });

  it('fails in Go’s words where nobody listens, and where nobody speaks TLS', async () => {
    const agent = await startAgent(async () => text(200, 'ok'));
    await agent.close();
    const { host, port } = agent.endpoint;
    await expect(kubelets.request(agent.endpoint, get('/'))).rejects.toThrow(`dial tcp ${host}:${port}: connect: connection refused`);
    const rude = await startTcp((socket) => socket.destroy());
    await expect(kubelets.request({ node: 'n1', host: '127.0.0.1', port: rude }, get('/'))).rejects.toThrow(/^EOF$/);
  });

  it('does not wait for an agent that is stopped', async () => {
    const fake = new FakeClock();
    const accepted = signalled();
    const port = await startTcp(() => accepted.resolve());
    const asked = httpsKubelets({ clock: fake, credentials }).dial({ node: 'n1', host: '127.0.0.1', port });
    const failed = asked.catch((error: unknown) => error);
    await accepted.promise;
    // The event of the connection comes to this side on its own.
    await new Promise((resolve) => setImmediate(resolve));
    await fake.advance(31_000);
    expect(await failed).toEqual(new Error('net/http: TLS handshake timeout'));
  });

  it('that is broken off in the middle does not look like the end', async () => {
    const agent = await startAgent(async ({ path }) => {
      async function* chunks(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('half');
        throw notFound(PODS, path);
      }
      return { kind: 'stream', status: 200, headers: {}, chunks: chunks() };
    });
    const answer = await kubelets.request(agent.endpoint, get('/containerLogs/a/b/c'));
    await expect(wordsOf(answer.chunks)).rejects.toThrow('unexpected EOF');
  });

  it('ends at the agent when the caller goes', async () => {
    const gone = signalled();
    const agent = await startAgent(async ({ signal }) => {
      signal.addEventListener('abort', () => gone.resolve(), { once: true });
      async function* chunks(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('line\n');
        await gone.promise;
      }
      return { kind: 'stream', status: 200, headers: {}, chunks: chunks() };
    });
    const caller = new AbortController();
    const answer = await kubelets.request(agent.endpoint, { ...get('/containerLogs/a/b/c'), signal: caller.signal });
    const read = wordsOf(answer.chunks);
    caller.abort();
    await gone.promise;
    expect(await read).toMatch(/^(line\n)?$/);
  });
});

/** A server whose requests for `/tunnel/*` are passed through to the agent. */
async function startServer(agent: Agent): Promise<Surface> {
  const node = {
    metadata: { name: 'n1' },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: agent.endpoint.port } },
    },
  };
  const kubelet = new Kubelet(node as never, kubelets);
  const surface = await startSurface({ handle: async ({ path }) => kubelet.tunnel(path), tokens: { t: { username: 'u', groups: [] } } });
  ends.push(() => surface[Symbol.asyncDispose]());
  return surface;
}

const UPGRADE = 'Authorization: Bearer t\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n';

async function open({
  port,
}: Surface): Promise<{ readonly socket: TLSSocket; readonly until: (words: string) => Promise<string>; closed: Promise<void> }> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  ends.push(() => socket.destroy());
  let read = '';
  let wake = (): void => undefined;
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    read += chunk.toString('latin1');
    wake();
  });
  socket.once('close', () => wake());
  await new Promise<void>((resolve) => void socket.once('secureConnect', () => resolve()));
  return {
    socket,
    closed,
    until: async (words) => {
      while (!read.includes(words) && !socket.destroyed) await new Promise<void>((resolve) => (wake = resolve));
      return read;
    },
  };
}

describe('a connection that an agent upgrades', () => {
  /** An exec that says 'ready', and ends when its caller has gone. */
  function execAgent(gone: Signal): Promise<Agent> {
    return startAgent(async () => ({
      kind: 'exec',
      options: { stdin: false, stdout: true, stderr: false, tty: false },
      start: async ({ stdout, signal }) => {
        await stdout(Buffer.from('ready'));
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        gone.resolve();
        return { exitCode: 0 };
      },
    }));
  }

  it('is the client’s, and ends at the agent with the client', async () => {
    const gone = signalled();
    const agent = await execAgent(gone);
    const { socket, until } = await open(await startServer(agent));
    socket.write(
      'GET /tunnel/exec HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n',
    );
    const read = await until('ready');
    expect(read).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n/);
    expect(read).toContain('Sec-WebSocket-Protocol: v5.channel.k8s.io');
    socket.destroy();
    await gone.promise;
  });

  it('ends for the client with the agent', async () => {
    const agent = await execAgent(signalled());
    const { socket, until, closed } = await open(await startServer(agent));
    socket.write(`POST /tunnel/exec HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`);
    expect(await until('\r\n\r\n')).toContain('X-Stream-Protocol-Version: v4.channel.k8s.io');
    await agent.close();
    await closed;
  });

  it('is refused in the agent’s words, and then leads nowhere: nobody speaks to an agent in the server’s name', async () => {
    const agent = await startAgent(async () => text(500, 'container not found ("c")'));
    const { socket, until, closed } = await open(await startServer(agent));
    socket.write(`POST /tunnel/exec HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\nGET /pods HTTP/1.1\r\nHost: x\r\n\r\n`);
    const read = await until('not found ("c")');
    expect(read).toMatch(/^HTTP\/1.1 500 /);
    socket.write('GET /pods HTTP/1.1\r\nHost: x\r\n\r\n');
    await closed;
    expect(agent.asked.map(({ path }) => path)).toEqual(['/tunnel/exec']);
  });

  it('is given up when the client goes before the agent has answered', async () => {
    const asked = signalled();
    const gone = signalled();
    const agent = await startAgent(({ signal }) => {
      signal.addEventListener('abort', () => gone.resolve(), { once: true });
      asked.resolve();
      return new Promise(() => undefined);
    });
    const { socket } = await open(await startServer(agent));
    socket.write(`POST /tunnel/exec HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`);
    await asked.promise;
    socket.destroy();
    await gone.promise;
    expect(agent.asked.length).toBe(1);
  });

  it('to an agent that does not answer like one is an error, not a hang', async () => {
    const agent = await startAgent(async () => text(200, ''));
    const surface = await startServer(agent);
    await agent.close();
    const answered = await new Promise<string>((resolve, reject) => {
      const asked = httpsRequest(
        {
          host: '127.0.0.1',
          port: surface.port,
          path: '/tunnel/exec',
          method: 'POST',
          rejectUnauthorized: false,
          headers: { authorization: 'Bearer t', connection: 'Upgrade', upgrade: 'SPDY/3.1' },
        },
        (response) => void wordsOf(response).then(resolve, reject),
      );
      asked.on('error', reject);
      asked.end();
    });
    expect(JSON.parse(answered)).toMatchObject({
      code: 500,
      message: `error dialing backend: dial tcp 127.0.0.1:${agent.endpoint.port}: connect: connection refused`,
    });
  });
});
