// An answer to a request for an upgrade that is no upgrade, on the bare socket.
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApiResponse } from '@holdfast/schema';

export type Refusal = Pick<Extract<ApiResponse, { kind: 'bytes' }>, 'status' | 'headers' | 'bytes'>;

/** The last that is said on this connection. */
export function refuse(socket: Duplex, { status, headers, bytes }: Refusal): void {
  const all = { ...headers, 'content-length': String(bytes.length), connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n${lines.join('')}\r\n`);
  socket.end(bytes);
  // What the client still sends is read and forgotten: the end of a connection that nobody reads from is never seen.
  socket.resume();
}
