// One exec over an open WebSocket: pumps the channels, and ends with a Status on the error channel.
import { type Clock, every } from '@holdfast/clock';
import { type ExecOptions, type ExecResult, type ExecStreams, internalError, StatusError, type StatusObject } from '@holdfast/schema';
import WebSocket from 'ws';
import { CHANNEL, type Subprotocol } from './channels.ts';
import { InputQueue } from './input-queue.ts';

export interface ExecSessionOptions {
  readonly socket: WebSocket;
  readonly subprotocol: Subprotocol;
  readonly options: ExecOptions;
  readonly start: (streams: ExecStreams) => Promise<ExecResult>;
  readonly clock: Clock;
  readonly onBug: (error: unknown) => void;
}

type Size = { readonly width: number; readonly height: number };

/** Writing to a peer that has gone is the only way to notice when nothing is read from it (its input waits here). */
const PING_MS = 15_000;
const NORMAL_CLOSURE = 1000;

/** Runs until the process has ended or the client has gone; never throws. */
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
    // An empty piece says that the connection is made: clients wait for it.
    await send(CHANNEL.stdout, new Uint8Array());
    const status = await run(start, onBug, gone.signal, {
      ...(options.stdin ? { stdin } : {}),
      ...(options.tty ? { resize } : {}),
      stdout: (chunk) => (options.stdout ? send(CHANNEL.stdout, chunk) : undefined),
      stderr: (chunk) => (options.stderr ? send(CHANNEL.stderr, chunk) : undefined),
      signal: gone.signal,
    });
    await send(CHANNEL.error, Buffer.from(JSON.stringify(status)));
    flow.resume();
    socket.close(NORMAL_CLOSURE);
  } finally {
    stopPings();
  }
}

async function run(
  start: ExecSessionOptions['start'],
  onBug: (error: unknown) => void,
  gone: AbortSignal,
  streams: ExecStreams,
): Promise<unknown> {
  try {
    return statusOf(await start(streams));
  } catch (error) {
    if (error instanceof StatusError) return error.status;
    if (!gone.aborted) onBug(error);
    return internalError(error).status;
  }
}

/** As kubelets write it: a success has neither kind nor code. */
function statusOf(result: ExecResult): Omit<StatusObject, 'kind' | 'apiVersion'> {
  if ('error' in result) return internalError(new Error(result.error)).status;
  if (result.exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${result.exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(result.exitCode) }] },
  };
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
    const size = sizeOf(message.payload);
    if (size) resize.push(size);
  }
}

function sizeOf(payload: Uint8Array): Size | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>;
    return typeof width === 'number' && typeof height === 'number' ? { width, height } : undefined;
  } catch {
    // A size that cannot be read leaves the terminal as it is.
    return undefined;
  }
}

/** Resolves when the piece is on its way; also when the socket has gone, which its `close` event tells. */
function sendMessage(socket: WebSocket, message: Uint8Array | string): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) return Promise.resolve();
  return new Promise((resolve) => socket.send(message, { binary: typeof message !== 'string' }, () => resolve()));
}
