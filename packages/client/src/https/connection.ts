// One HTTP/1.1 request over kept-alive connections; TLS as the access says.
import http from 'node:http';
import https from 'node:https';
import type { Clock } from '@holdfast/clock';
import type { TransportRequest } from '../client.ts';
import type { ClusterAccess } from './access.ts';
import { type Identity, identitySource } from './identity.ts';

/** A silent peer is noticed after this long by TCP keep-alive probes. */
const KEEP_ALIVE_MS = 30_000;

/** A server and how to speak to it. */
export interface Connection {
  readonly url: URL;
  /** Headers and TLS settings, for a connection that is made elsewhere (WebSocket). */
  options(): Promise<{ readonly headers: Readonly<Record<string, string>> } & https.AgentOptions>;
  /** Sends a request; resolves with the head of the answer. */
  send(request: TransportRequest): Promise<http.IncomingMessage>;
  /** Closes idle connections. */
  close(): void;
}

export function connect(access: ClusterAccess, { clock, userAgent }: { readonly clock: Clock; readonly userAgent: string }): Connection {
  const url = new URL(access.server);
  const tls: https.AgentOptions = {
    ...(access.ca === undefined ? {} : { ca: access.ca }),
    ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
    rejectUnauthorized: access.insecureSkipTlsVerify !== true,
  };
  const pool = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 16 };
  // The pool of an https agent keeps connections of different certificates apart.
  const agent = url.protocol === 'http:' ? new http.Agent(pool) : new https.Agent({ ...pool, ...tls });
  const source = identitySource(access, clock);

  async function send(request: TransportRequest): Promise<http.IncomingMessage> {
    request.signal?.throwIfAborted();
    const identity = await source.current();
    const response = await sendAs(identity, request);
    if (response.statusCode !== 401 || !source.refused(identity)) return response;
    response.resume();
    return sendAs(await source.current(), request);
  }

  function sendAs(identity: Identity, request: TransportRequest): Promise<http.IncomingMessage> {
    const payload = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...request.headers,
      ...identity.headers,
      ...(payload === undefined ? {} : { 'content-length': String(payload.length) }),
    };
    const options = {
      agent,
      method: request.method,
      headers,
      ...certificateOf(identity),
      ...(request.signal ? { signal: request.signal } : {}),
    };
    return open(targetOf(url, request), options, payload, request.signal);
  }

  return {
    url,
    options: async () => {
      const identity = await source.current();
      return { headers: identity.headers, ...tls, ...certificateOf(identity) };
    },
    send,
    close: () => agent.destroy(),
  };
}

function certificateOf({ cert, key }: Identity): Pick<https.AgentOptions, 'cert' | 'key'> {
  return { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

/** The address of a request below the server's own path. */
export function targetOf(server: URL, { path, query }: Pick<TransportRequest, 'path' | 'query'>): URL {
  const target = new URL(server);
  target.pathname = `${server.pathname.replace(/\/$/, '')}${path}`;
  target.search = query?.toString() ?? '';
  return target;
}

function open(
  target: URL,
  options: https.RequestOptions,
  payload: Buffer | undefined,
  signal?: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (target.protocol === 'http:' ? http : https).request(target, options, resolve);
    request.on('error', (error) => reject(signal?.aborted ? signal.reason : unreachable(target, request, error)));
    request.end(payload);
  });
}

/** Says which server did not answer; `retryable` marks a kept-alive connection that the server had closed meanwhile. */
function unreachable(target: URL, request: http.ClientRequest, cause: Error & { readonly code?: string }): Error {
  const error = new Error(`cannot reach the API server at ${target.origin}: ${cause.message}`, { cause });
  return Object.assign(error, { retryable: request.reusedSocket && cause.code === 'ECONNRESET' });
}
