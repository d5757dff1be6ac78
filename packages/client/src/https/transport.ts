// The transport to any API server over HTTPS.
import type { IncomingMessage } from 'node:http';
import { type Clock, sleep, systemClock } from '@holdfast/clock';
import type { WatchFrame } from '@holdfast/schema';
import { parseBody, statusErrorOf } from '../answers.ts';
import type { Transport, TransportRequest, TransportResponse } from '../client.ts';
import type { ClusterAccess } from './access.ts';
import { type Connection, connect } from './connection.ts';
import { execOverWebSocket } from './exec-socket.ts';
import { jsonLines } from './json-lines.ts';

/** Options of httpsTransport besides address and credentials. */
export interface HttpsOptions extends ClusterAccess {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  readonly userAgent?: string;
}

/** A transport that holds connections. */
export interface HttpsTransport extends Transport {
  /** Closes idle connections; requests under way end by themselves or by their signals. */
  close(): void;
}

/** client-go waits and asks again, this often at most, when a server says Retry-After. */
const MAX_RETRIES = 10;

/** Requests over kept-alive HTTP/1.1 connections, watches by line, exec over WebSocket (v5.channel.k8s.io). */
export function httpsTransport({ clock = systemClock({ unref: true }), userAgent = 'holdfast', ...access }: HttpsOptions): HttpsTransport {
  const connection = connect(access, { clock, userAgent });

  async function send(request: TransportRequest): Promise<IncomingMessage> {
    for (let attempt = 0; ; attempt++) {
      const response = await sendOnce(connection, request);
      const retryAfter = Number(response.headers['retry-after']);
      const busy = response.statusCode === 429 || (response.statusCode ?? 0) >= 500;
      if (!busy || !Number.isFinite(retryAfter) || attempt === MAX_RETRIES) return response;
      response.resume();
      await sleep(clock, retryAfter * 1000, request.signal);
    }
  }

  async function* watch(request: TransportRequest): AsyncGenerator<WatchFrame> {
    const response = await send(request);
    if (response.statusCode !== 200) throw await refusal(response);
    try {
      for await (const frame of jsonLines(response)) yield frame as WatchFrame;
    } catch (error) {
      throw request.signal?.aborted ? request.signal.reason : error;
    } finally {
      response.destroy();
    }
  }

  return {
    async request(request): Promise<TransportResponse> {
      const response = await send(request);
      return { status: response.statusCode ?? 0, object: await bodyOf(response) };
    },
    watch,
    async stream(request) {
      const response = await send(request);
      if (response.statusCode !== 200) throw await refusal(response);
      return response;
    },
    exec: (request, streams) => execOverWebSocket(connection, request, streams),
    close: () => connection.close(),
  };
}

/** A kept-alive connection may have been closed by the server just now; then nothing was done yet and asking again is safe. */
async function sendOnce(connection: Connection, request: TransportRequest): Promise<IncomingMessage> {
  try {
    return await connection.send(request);
  } catch (error) {
    const again = error instanceof Error && 'retryable' in error && error.retryable === true && request.method === 'GET';
    if (!again) throw error;
    return connection.send(request);
  }
}

async function refusal(response: IncomingMessage): Promise<Error> {
  return statusErrorOf(response.statusCode ?? 0, await bodyOf(response));
}

async function bodyOf(response: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk as Uint8Array);
  return parseBody(response.headers['content-type'] ?? '', Buffer.concat(chunks));
}
