// The kubelet's API over HTTPS: a thin shell around an agent's handler.
import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { X509Certificate } from 'node:crypto';
import type { Clock } from '@holdfast/clock';
import { internalError, type NodeApi, type NodeRequest, StatusError, type UserInfo } from '@holdfast/schema';
import type { Credentials } from '../pki/pki.ts';
import { ClientGone } from './client-gone.ts';
import { breakOff, type OnBug } from './exchange.ts';
import { identities } from './identities.ts';
import { type HttpsListener, listenTls } from './listen-tls.ts';
import { respond, sendFailure } from './respond.ts';
import { upgrader } from './upgrade.ts';
import { headersOf, targetOf, type WireRequest, type WireResponse } from './wire.ts';

export interface ServeNodeApiOptions {
  readonly api: NodeApi;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM of the authority that client certificates come from; absent: callers need a bearer token. */
  readonly clientCa?: string | undefined;
  readonly serving: Credentials;
  readonly clock: Clock;
  readonly onBug: OnBug;
}

/** An agent that can be reached. */
export interface NodeApiListener extends HttpsListener {
  /** SHA-256 of the certificate that it shows, in lower-case hexadecimal. */
  readonly certificate: string;
}

/** Rejects with an Error that says what to do when the port is taken; its `code` is the system's. */
export async function serveNodeApi({ api, onBug, clock, serving, ...where }: ServeNodeApiOptions): Promise<NodeApiListener> {
  const closing = new AbortController();
  // Every stream listens to it.
  setMaxListeners(0, closing.signal);
  const certificateOf = identities();
  const userOf = (from: WireRequest): UserInfo | undefined => {
    const identity = certificateOf(from);
    return typeof identity === 'object' ? identity : undefined;
  };
  const upgrade = upgrader({
    clock,
    onBug,
    closing: closing.signal,
    answer: (from: IncomingMessage, gone) => api(requestOf(from, gone), userOf(from)),
  });
  async function answer(from: WireRequest, to: WireResponse): Promise<void> {
    const gone = new ClientGone(to, closing.signal);
    const options = { format: 'json', acceptEncoding: headersOf(from)['accept-encoding'], bodyless: from.method === 'HEAD' } as const;
    try {
      // No request of this API has a body that means anything.
      from.resume();
      await respond(await api(requestOf(from, gone), userOf(from)), to, options);
    } catch (error) {
      if (gone.happened && !closing.signal.aborted) return;
      if (!(error instanceof StatusError)) onBug(error, { method: from.method ?? '', path: targetOf(from).path });
      if (to.headersSent) breakOff(to);
      else await sendFailure(error instanceof StatusError ? error : internalError(error), to, options);
    } finally {
      gone.release();
    }
  }
  const listener = await listenTls({ ...where, serving, clock, onRequest: (from, to) => void answer(from, to), onUpgrade: upgrade });
  return {
    port: listener.port,
    certificate: new X509Certificate(serving.certificate).fingerprint256.replaceAll(':', '').toLowerCase(),
    close: () => {
      closing.abort();
      return listener.close();
    },
  };
}

function requestOf(from: WireRequest, gone: { readonly signal: AbortSignal }): NodeRequest {
  return {
    method: from.method ?? 'GET',
    ...targetOf(from),
    headers: headersOf(from),
    get signal() {
      return gone.signal;
    },
  };
}
