// Calls to webhooks over HTTPS, with connections that are kept, and errors in Go's words: operators grep for those.
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { WebhookCall, WebhookCaller } from '../admission/webhooks/caller.ts';
import { goWords } from './go-words.ts';

const MAX_ANSWER_BYTES = 3 * 1024 * 1024;
const MAX_IDLE_CONNECTIONS = 8;
const IDLE_MS = 30_000;

/** A caller for `createApiServer`; `close` ends the connections that it keeps. */
export function httpsWebhookCaller(): { readonly call: WebhookCaller; readonly close: () => void } {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_MS });
  return { call: (call, signal) => send(agent, call, signal), close: () => agent.destroy() };
}

function send(agent: Agent, call: WebhookCall, signal: AbortSignal): Promise<{ readonly status: number; readonly body: string }> {
  const { url, host, port, serverName, ca, body } = call;
  const { pathname, search, host: name } = new URL(url);
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      reject(signal.aborted ? asError(signal.reason) : new Error(goWords(error, call), { cause: error }));
    const sent = request(
      {
        agent,
        method: 'POST',
        host,
        port,
        path: `${pathname}${search}`,
        ca: ca ?? [...rootCertificates],
        signal,
        // Names of addresses are not sent in the handshake; they are checked all the same.
        servername: isIP(serverName) === 0 ? serverName : '',
        headers: { host: name, 'content-type': 'application/json', accept: 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) response.destroy(new Error(`the answer is larger than the limit of ${MAX_ANSWER_BYTES} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
      },
    );
    sent.on('error', fail);
    sent.end(body);
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
