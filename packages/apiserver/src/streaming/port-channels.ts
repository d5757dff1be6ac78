// Forwarded ports over plain WebSocket messages, one connection for each port: what clients in JavaScript and Python speak.
import { badRequest, type PortStreams } from '@holdfast/schema';
import WebSocket from 'ws';
import type { Subprotocol } from './channels.ts';
import { InputQueue } from './input-queue.ts';

export interface PortChannelsOptions {
  readonly socket: WebSocket;
  readonly subprotocol: Subprotocol;
  /** Port i has channel 2i for data and 2i + 1 for what goes wrong. */
  readonly ports: readonly number[];
  readonly connect: (port: number, streams: PortStreams) => Promise<void>;
}

const NORMAL_CLOSURE = 1000;
/** Channels are numbered by one byte, two for each port. */
const PORTS_LIMIT = 127;

/** The ports that a query names, as `80,81` or one by one. Throws BadRequest. */
export function portsOf(named: readonly string[]): readonly number[] {
  const texts = named.flatMap((text) => text.split(','));
  if (texts.length === 0) throw badRequest('query parameter "ports" is required');
  if (texts.length > PORTS_LIMIT) throw badRequest(`at most ${PORTS_LIMIT} ports can be forwarded over one connection`);
  return texts.map((text) => {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65_535) throw badRequest(`query parameter "ports" is invalid: ${JSON.stringify(text)} is no port`);
    return port;
  });
}

/** Runs until all connections have ended or the client has gone; never rejects. */
export async function runPortChannels({ socket, subprotocol, ports, connect }: PortChannelsOptions): Promise<void> {
  const gone = new AbortController();
  const flow = { pause: () => socket.pause(), resume: () => socket.readyState === WebSocket.OPEN && socket.resume() };
  const inputs = ports.map(() => new InputQueue<Uint8Array>((chunk) => chunk.length, flow));
  socket.on('message', (data: Buffer) => {
    const message = subprotocol.decode(data);
    if (message && message.channel % 2 === 0 && message.payload.length > 0) inputs[message.channel / 2]?.push(message.payload);
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    gone.abort();
    for (const input of inputs) input.end();
  });
  const send = (channel: number, payload: Uint8Array): Promise<void> => {
    if (socket.readyState !== WebSocket.OPEN) return Promise.resolve();
    return new Promise((resolve) => socket.send(subprotocol.encode(channel, payload), () => resolve()));
  };
  await Promise.all(
    inputs.map(async (input, index) => {
      const port = ports[index] ?? 0;
      const [data, errors] = [index * 2, index * 2 + 1];
      // Both channels begin with the number of the port, the low byte first.
      const greeting = Uint8Array.of(port % 256, port >> 8);
      await send(data, greeting);
      await send(errors, greeting);
      try {
        await connect(port, { input, output: (chunk) => send(data, chunk), signal: gone.signal });
      } catch (error) {
        await send(errors, Buffer.from(error instanceof Error ? error.message : String(error)));
      }
    }),
  );
  socket.close(NORMAL_CLOSURE);
}
