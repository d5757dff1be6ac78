// A connection that a node's agent upgrades: passed through byte for byte once the agent has agreed to it.
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ApiResponse, failure } from '@holdfast/schema';
import { refuse, type Refusal } from './refuse-upgrade.ts';

export interface Tunnel {
  readonly from: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent behind its request. */
  readonly head: Buffer;
  /** Ends both connections. */
  readonly closing: AbortSignal;
}

/** What the agent has to know to upgrade; nothing by which the client has shown who it is. */
const PASSED_ON = /^(upgrade|sec-websocket-.*|x-stream-protocol-version|user-agent|origin)$/;
/** A refusal is read up to here. */
const REFUSAL_LIMIT = 50_000;

/**
 * Resolves when the connections are joined, or when the client has been told the agent's refusal. Throws StatusError while nothing was
 * sent to the client. Until the agent has agreed, the client cannot send it anything: it would be asked on the server's behalf.
 */
export async function passThrough(
  { from, socket, head, closing }: Tunnel,
  { target, host, dial }: Extract<ApiResponse, { kind: 'tunnel' }>,
): Promise<void> {
  const backend = await dial();
  const giveUp = (): void => void backend.destroy();
  socket.once('close', giveUp);
  if (socket.destroyed) return giveUp();
  const asked = request({ createConnection: () => backend, method: from.method ?? 'GET', path: target, headers: headersFor(from, host) });
  asked.end();
  await new Promise<void>((resolve, reject) => {
    asked.once('upgrade', (response, _backend, first) => {
      socket.write(headOf(response));
      join(socket, backend, closing);
      if (first.length > 0) socket.write(first);
      if (head.length > 0) backend.write(head);
      resolve();
    });
    asked.once('response', (response) => {
      refusalOf(response)
        .then((refusal) => {
          backend.destroy();
          refuse(socket, refusal);
        })
        .then(resolve, reject);
    });
    asked.on('error', (error) => {
      if (socket.destroyed) resolve();
      else reject(failure(500, '', 'error dialing backend: EOF', undefined, { cause: error }));
    });
  });
}

/** Each way ends with the other: clients of these protocols never close only their half of a connection. */
function join(socket: Duplex, backend: Duplex, closing: AbortSignal): void {
  const onClosing = (): void => {
    backend.destroy();
    socket.end();
  };
  closing.addEventListener('abort', onClosing, { once: true });
  backend.on('error', () => backend.destroy());
  backend.once('close', () => {
    closing.removeEventListener('abort', onClosing);
    socket.end();
  });
  socket.once('end', () => socket.end());
  socket.pipe(backend);
  backend.pipe(socket);
}

function headersFor(from: IncomingMessage, host: string): Record<string, string> {
  const passed = Object.entries(from.headers).flatMap(([name, value]) =>
    value !== undefined && PASSED_ON.test(name) ? [[name, Array.isArray(value) ? value.join(', ') : value] as const] : [],
  );
  return { ...Object.fromEntries(passed), host, connection: 'Upgrade' };
}

function headOf({ statusCode = 101, statusMessage = '', rawHeaders }: IncomingMessage): string {
  const lines: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`);
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}\r\n`;
}

async function refusalOf(response: IncomingMessage): Promise<Refusal> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > REFUSAL_LIMIT) break;
    }
  } catch {
    // What was read of the refusal says more than that its end was lost.
  }
  const type = response.headers['content-type'] ?? 'text/plain; charset=utf-8';
  const bytes = Buffer.concat(chunks).subarray(0, REFUSAL_LIMIT);
  return { status: response.statusCode ?? 502, headers: { 'content-type': type }, bytes };
}
