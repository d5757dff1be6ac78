// One port for everything: HTTP/2 and HTTP/1.1 over TLS, client certificates, upgrades to WebSocket.
import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import type { Clock } from '@holdfast/clock';
import type { ApiServer } from '../api-server.ts';
import type { Pki } from '../pki/pki.ts';
import { exchange, type ExchangeContext, type OnBug, readRequest } from './exchange.ts';
import { identities } from './identities.ts';
import { type HttpsListener, listenTls } from './listen-tls.ts';
import { upgrader } from './upgrade.ts';

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
  const identityOf = identities();
  const upgrade = upgrader({
    clock,
    closing: closing.signal,
    onBug: context.onBug,
    answer: async (from, gone) => {
      const { server: current, request } = await readRequest(from, identityOf(from), context, gone);
      return current.handle(request);
    },
  });
  const listener = await listenTls({
    host,
    port,
    clientCa: pki.caCertificate,
    serving: pki.serving,
    clock,
    onRequest: (request, response) => void exchange(request, response, identityOf(request), context),
    onUpgrade: upgrade,
  });
  return {
    port: listener.port,
    close: () => {
      closing.abort();
      return listener.close();
    },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
