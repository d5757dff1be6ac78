// One exec over an open WebSocket: pumps the channels, and ends with a Status on the error channel.
import { type Clock, every } from '@holdfast/clock';
import type { ExecResult, ExecStreams, StreamOptions } from '@holdfast/schema';
import WebSocket from 'ws';
import { CHANNEL, type Subprotocol } from './channels.ts';
import { clientReady } from './client-ready.ts';
import { execStatus, terminalSize } from './exec-status.ts';
import { InputQueue } from './input-queue.ts';

export interface ExecSessionOptions {
  readonly socket: WebSocket;
  readonly subprotocol: Subprotocol;
  readonly options: StreamOptions;
  readonly start: (streams: ExecStreams) => Promise<ExecResult>;
  readonly clock: Clock;
  readonly onBug: (error: unknown) => void;
}

type Size = { readonly width: number; readonly height: number };

/** Writing to a peer that has gone is the only way to notice when nothing is read from it (its input waits here). */
const PING_MS = 15_000;
const NORMAL_CLOSURE = 1000;

/** Runs until the process has ended or the client has gone; never throws. Begins when the client can take what is sent to it. */
export async function runExecSession({ socket, subprotocol, options, start, clock, onBug }: ExecSessionOptions): Promise<void> {
  const gone = new AbortController();
  const flow = { pause: () => socket.pause(), resume: () => socket.readyState === WebSocket.OPEN && socket.resume() };
  const stdin = new InputQueue<Uint8Array>((chunk) => chunk.length, flow);
  const resize = new InputQueue<Size>(() => 0, flow);
  const send = (channel: number, payload: Uint8Array): Promise<void> => sendMessage(socket, subprotocol.encode(channel, payload));
  socket.on('message', (data: Buffer) => receive(subprotocol, data, stdin, resize));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    gone.abort();
    stdin.end();
    resize.end();
  });
  const stopPings = every(clock, PING_MS, () => socket.ping());
  try {
    await clientReady(socket, clock);
    if (gone.signal.aborted) return;
    // An empty piece says that the connection is made: clients wait for it.
    await send(CHANNEL.stdout, new Uint8Array());
    const streams: ExecStreams = {
      ...(options.stdin ? { stdin } : {}),
      ...(options.tty ? { resize } : {}),
      stdout: (chunk) => (options.stdout ? send(CHANNEL.stdout, chunk) : undefined),
      stderr: (chunk) => (options.stderr ? send(CHANNEL.stderr, chunk) : undefined),
      signal: gone.signal,
    };
    const status = await execStatus(start, streams, onBug);
    await send(CHANNEL.error, Buffer.from(JSON.stringify(status)));
    flow.resume();
    socket.close(NORMAL_CLOSURE);
  } finally {
    stopPings();
  }
}

function receive(subprotocol: Subprotocol, data: Uint8Array, stdin: InputQueue<Uint8Array>, resize: InputQueue<Size>): void {
  const message = subprotocol.decode(data);
  if (!message) return;
  if (message.channel === CHANNEL.stdin) {
    // Clients open with an empty piece, which is no end of input.
    if (message.payload.length > 0) stdin.push(message.payload);
  } else if (message.channel === CHANNEL.close) {
    if (message.payload[0] === CHANNEL.stdin) stdin.end();
  } else if (message.channel === CHANNEL.resize) {
    const size = terminalSize(message.payload);
    if (size) resize.push(size);
  }
}

/** Resolves when the piece is on its way; also when the socket has gone, which its `close` event tells. */
function sendMessage(socket: WebSocket, message: Uint8Array | string): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) return Promise.resolve();
  return new Promise((resolve) => socket.send(message, { binary: typeof message !== 'string' }, () => resolve()));
}
