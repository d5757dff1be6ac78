// A listener for HTTP/2 and HTTP/1.1 over TLS on one port that asks for client certificates, and that can be closed.
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@holdfast/clock';
import type { Credentials } from '../pki/pki.ts';
import type { WireRequest, WireResponse } from './wire.ts';

export interface ListenTlsOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM of the authority that client certificates are checked against; absent: none is trusted. */
  readonly clientCa?: string | undefined;
  readonly serving: Credentials;
  readonly clock: Clock;
  readonly onRequest: (request: WireRequest, response: WireResponse) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** A listening server. */
export interface HttpsListener {
  readonly port: number;
  /** Ends watches, gives running requests a moment, then closes all connections. */
  close(): Promise<void>;
}

/** As kube-apiserver. */
const KEEP_ALIVE_MS = 3 * 60_000;
/** How long requests that run when the listener closes may take to finish. */
const CLOSE_GRACE_MS = 1000;
/** Many watches share one HTTP/2 connection; Node's default of 200 streams at a time is too few for a controller manager. */
const CONCURRENT_STREAMS = 1000;
// Reads of one stream must not wait for one that nobody reads: windows as large as Go's server has them.
const STREAM_WINDOW = 1024 * 1024;

/** Rejects with a plain Error that says what to do when the port is taken; its `code` is the system's. */
export async function listenTls(options: ListenTlsOptions): Promise<HttpsListener> {
  const { host, port, clientCa, serving, clock } = options;
  const listener = createSecureServer({
    allowHTTP1: true,
    key: serving.key,
    cert: serving.certificate,
    // Never the system's authorities: those would let in whoever has any certificate.
    ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true }),
    // Whether a certificate is good is decided per request, since a bearer token does without one.
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: CONCURRENT_STREAMS, initialWindowSize: STREAM_WINDOW },
  });
  const connections = trackConnections(listener);
  listener.on('request', options.onRequest);
  listener.on('upgrade', options.onUpgrade);
  // A failed handshake or a reset connection is the client's affair.
  listener.on('sessionError', () => undefined);
  listener.on('clientError', (_error: Error, socket: Duplex) => socket.destroy());
  await listening(listener, host, port);
  const address = listener.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () => closed(listener, connections, clock),
  };
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
  listener.on('connection', (socket: Socket) => {
    // A peer whose machine has gone says no goodbye.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
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
