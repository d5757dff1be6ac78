// One HTTP/1.1 request over a connection of its own.
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { failure } from '@holdfast/schema';
import type { KubeletAnswer, KubeletRequest } from '../kubelet/transport.ts';
import { goWords } from './go-words.ts';

export interface Peer {
  readonly host: string;
  readonly port: number;
}

/** Resolves with the beginning of the answer; the connection ends with it, or when the request's signal aborts. */
export async function requestOver(
  socket: Duplex,
  peer: Peer,
  { method, target, headers, body, signal }: KubeletRequest,
): Promise<KubeletAnswer> {
  const onAbort = (): void => void socket.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', onAbort));
  if (signal.aborted) onAbort();
  const sent = request({
    createConnection: () => socket,
    method,
    path: target,
    headers: { 'user-agent': 'holdfast-apiserver', ...headers, host: hostOf(peer) },
  });
  sent.end(body);
  const response = await answered(sent, peer);
  return { status: response.statusCode ?? 0, headers: plainHeaders(response), chunks: chunksOf(response, socket, signal) };
}

/** As it stands in a URL. */
export function hostOf({ host, port }: Peer): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function answered(sent: ClientRequest, peer: Peer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', (error: NodeJS.ErrnoException) => reject(new Error(goWords(error, peer), { cause: error })));
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
