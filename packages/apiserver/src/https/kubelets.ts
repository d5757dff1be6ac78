// Connections to agents of nodes that are other programs: TLS with the server's own client certificate, errors in Go's words.
import { request as send, type ClientRequest, type IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '@holdfast/clock';
import { failure } from '@holdfast/schema';
import type { KubeletAnswer, KubeletEndpoint, KubeletRequest, KubeletTransport } from '../kubelet/transport.ts';
import type { Credentials } from '../pki/pki.ts';
import { goWords } from './go-words.ts';

export interface HttpsKubeletsOptions {
  readonly clock: Clock;
  /** What the server shows the agents: a client certificate of an authority that they trust. */
  readonly credentials: Credentials;
}

/** Go's defaults. */
const DIAL_MS = 30_000;
const HANDSHAKE_MS = 10_000;
/** An agent that has vanished without a word is noticed by what is sent to it. */
const KEEP_ALIVE_MS = 30_000;

/** A connection for each request, as upgraded ones must have anyway. */
export function httpsKubelets({ clock, credentials }: HttpsKubeletsOptions): KubeletTransport {
  const secureContext = createSecureContext({ cert: credentials.certificate, key: credentials.key });

  function dial(endpoint: KubeletEndpoint, signal?: AbortSignal): Promise<TLSSocket> {
    const { host, port } = endpoint;
    return new Promise((resolve, reject) => {
      // Whose certificate it is, is checked below: by default an agent's is signed by itself, as a kubelet's is.
      const socket = connect({ host, port, secureContext, rejectUnauthorized: false, servername: isIP(host) === 0 ? host : '' });
      const fail = (error: Error): void => {
        settle();
        socket.destroy();
        reject(error);
      };
      const onError = (error: NodeJS.ErrnoException): void => fail(new Error(goWords(error, endpoint), { cause: error }));
      const onAbort = (): void => fail(new Error('context canceled'));
      let cancel = clock.after(DIAL_MS, () => fail(new Error(`dial tcp ${host}:${port}: i/o timeout`)));
      const settle = (): void => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
        socket.removeListener('error', onError);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      socket.once('error', onError);
      socket.once('connect', () => {
        cancel();
        cancel = clock.after(HANDSHAKE_MS, () => fail(new Error('net/http: TLS handshake timeout')));
      });
      socket.once('secureConnect', () => {
        const wrong = stranger(socket, endpoint);
        if (wrong) return fail(wrong);
        settle();
        socket.setKeepAlive(true, KEEP_ALIVE_MS);
        // From here on somebody else listens; an error in between closes the socket, which is noticed.
        socket.on('error', () => socket.destroy());
        resolve(socket);
        return undefined;
      });
      if (signal?.aborted) onAbort();
    });
  }

  async function request(endpoint: KubeletEndpoint, { method, target, headers, body, signal }: KubeletRequest): Promise<KubeletAnswer> {
    const socket = await dial(endpoint, signal);
    const onAbort = (): void => void socket.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
    const sent = send({
      createConnection: () => socket,
      method,
      path: target,
      headers: { 'user-agent': 'holdfast-apiserver', ...headers, host: hostOf(endpoint) },
    });
    sent.end(body);
    const response = await answered(sent, endpoint);
    return { status: response.statusCode ?? 0, headers: plainHeaders(response), chunks: chunksOf(response, socket, signal) };
  }

  return { request, dial: (endpoint) => dial(endpoint) };
}

/** Why whoever answered is not the node's agent; undefined where nothing speaks against it. */
function stranger(socket: TLSSocket, { node, certificate }: KubeletEndpoint): Error | undefined {
  if (certificate === undefined) return undefined;
  const shown = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  if (shown === certificate) return undefined;
  return new Error(
    `tls: failed to verify certificate: x509: certificate is not the one that node ${JSON.stringify(node)} says its agent has: somebody else listens at its address`,
  );
}

function answered(sent: ClientRequest, endpoint: KubeletEndpoint): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', (error: NodeJS.ErrnoException) => reject(new Error(goWords(error, endpoint), { cause: error })));
  });
}

/** A connection that is lost in the middle must not look like the end. */
async function* chunksOf(response: IncomingMessage, socket: Duplex, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (error) {
    if (!signal.aborted) throw failure(500, '', 'unexpected EOF', undefined, { cause: error });
  } finally {
    socket.destroy();
  }
}

function plainHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
    ),
  );
}

function hostOf({ host, port }: KubeletEndpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
