// One port for everything: HTTP/2 and HTTP/1.1 over TLS, client certificates, upgrades to WebSocket.
import { setMaxListeners } from 'node:events';
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type ServerHttp2Session } from 'node:http2';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Clock } from '@holdfast/clock';
import type { ApiServer } from '../api-server.ts';
import type { Pki } from '../pki/pki.ts';
import { type CertificateIdentity, certificateIdentity } from './authenticate.ts';
import { exchange, type ExchangeContext, type OnBug } from './exchange.ts';
import { upgrader } from './upgrade.ts';
import type { WireRequest } from './wire.ts';

export interface ServeHttpsOptions {
  /** The server, or a function for one that is made later: until then requests are answered with 503. */
  readonly server: ApiServer | (() => ApiServer | undefined);
  /** A loopback address. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly pki: Pick<Pki, 'caCertificate' | 'serving'>;
  readonly clock: Clock;
  /** Called for each exception that is no StatusError. Default: the process's warnings. */
  readonly onBug?: OnBug;
}

/** A listening server. */
export interface HttpsListener {
  readonly port: number;
  /** Ends watches, gives running requests a moment, then closes all connections. */
  close(): Promise<void>;
}

/** How long requests that run when the listener closes may take to finish. */
const CLOSE_GRACE_MS = 1000;
/** Many watches share one HTTP/2 connection; Node's default of 200 streams at a time is too few for a controller manager. */
const CONCURRENT_STREAMS = 1000;
// Reads of one stream must not wait for one that nobody reads: windows as large as Go's server has them.
const STREAM_WINDOW = 1024 * 1024;

/** Serves the API. Rejects with a plain Error that says what to do when the port is taken. */
export async function serveHttps(options: ServeHttpsOptions): Promise<HttpsListener> {
  const { host, port, pki, clock, server } = options;
  if (!isLoopback(host)) throw new Error(`the API server listens on loopback addresses only, and ${host} is none`);
  const closing = new AbortController();
  // Every watch listens to it.
  setMaxListeners(0, closing.signal);
  const context: ExchangeContext = {
    server: typeof server === 'function' ? server : () => server,
    onBug: options.onBug ?? ((error) => process.emitWarning(error instanceof Error ? error : String(error))),
    closing: closing.signal,
  };
  const listener = createSecureServer({
    allowHTTP1: true,
    key: pki.serving.key,
    cert: pki.serving.certificate,
    ca: pki.caCertificate,
    requestCert: true,
    // Whether a certificate is good is decided per request, since a bearer token does without one.
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: CONCURRENT_STREAMS, initialWindowSize: STREAM_WINDOW },
  });
  const identityOf = identities();
  const upgrade = upgrader({ ...context, clock, identityOf });
  const connections = trackConnections(listener);
  listener.on('request', (request, response) => void exchange(request, response, identityOf(request), context));
  listener.on('upgrade', (request, socket: Duplex, head: Buffer) => upgrade(request, socket, head));
  // A failed handshake or a reset connection is the client's affair.
  listener.on('sessionError', () => undefined);
  listener.on('clientError', (_error: Error, socket: Duplex) => socket.destroy());
  await listening(listener, host, port);
  const address = listener.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () => {
      closing.abort();
      return closed(listener, connections, clock);
    },
  };
}

/** One identity per connection: certificates do not change within one. */
function identities(): (request: WireRequest) => CertificateIdentity {
  const known = new WeakMap<object, CertificateIdentity>();
  return (request) => {
    const session = sessionOf(request);
    const connection = session ?? request.socket;
    const found = known.get(connection);
    if (found !== undefined) return found;
    const socket = session ? session.socket : request.socket;
    const identity = isTlsSocket(socket) ? certificateIdentity(socket) : 'none';
    known.set(connection, identity);
    return identity;
  };
}

function sessionOf(request: WireRequest): ServerHttp2Session | undefined {
  return 'stream' in request ? ((request as Http2ServerRequest).stream.session as ServerHttp2Session | undefined) : undefined;
}

/** HTTP/2 hands out a proxy of the socket, which is no instance of anything. */
function isTlsSocket(socket: unknown): socket is TLSSocket {
  return socket instanceof TLSSocket || (typeof socket === 'object' && socket !== null && 'getPeerX509Certificate' in socket);
}

interface Connections {
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  readonly sockets: ReadonlySet<Duplex>;
}

function trackConnections(listener: Http2SecureServer): Connections {
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Duplex>();
  listener.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  listener.on('connection', (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return { sessions, sockets };
}

function listening(listener: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    listener.listen({ host, port }, () => {
      listener.removeAllListeners('error');
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} of ${host} is in use by another program: end that program or choose another port`,
    EACCES: `this user may not listen on port ${port} of ${host}: choose a port above 1023`,
    EADDRNOTAVAIL: `${host} is no address of this machine`,
  };
  const message = reasons[error.code ?? ''] ?? `cannot listen on ${host}:${port}: ${error.message}`;
  return Object.assign(new Error(message, { cause: error }), { code: error.code });
}

function closed(listener: Http2SecureServer, { sessions, sockets }: Connections, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(CLOSE_GRACE_MS, () => {
      for (const socket of sockets) socket.destroy();
    });
    listener.close(() => {
      cancel();
      resolve();
    });
    for (const session of sessions) session.close();
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
