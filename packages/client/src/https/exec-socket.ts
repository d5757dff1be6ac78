// exec over a WebSocket: one binary message per piece, its first byte the channel.
import type { IncomingMessage } from 'node:http';
import type { ExecResult, ExecStreams, StatusObject } from '@holdfast/schema';
import WebSocket from 'ws';
import { isStatusObject, parseBody, statusErrorOf } from '../answers.ts';
import type { TransportRequest } from '../client.ts';
import { type Connection, targetOf } from './connection.ts';

const SUBPROTOCOL = 'v5.channel.k8s.io';
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Runs to the end of the process. Rejects with StatusError when refused, with the signal's reason when aborted. */
export async function execOverWebSocket(connection: Connection, request: TransportRequest, streams: ExecStreams): Promise<ExecResult> {
  streams.signal.throwIfAborted();
  const target = targetOf(connection.url, request);
  target.protocol = target.protocol === 'http:' ? 'ws:' : 'wss:';
  const socket = new WebSocket(target, SUBPROTOCOL, await connection.options());
  const onAbort = (): void => socket.terminate();
  streams.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const opened = whenOpen(socket);
    const result = untilClosed(socket, streams);
    // Whichever fails first is what the caller hears; the other must not become an unhandled rejection.
    result.catch(() => undefined);
    await opened;
    const pumps = [pumpInput(socket, streams), pumpResize(socket, streams)];
    for (const pump of pumps) pump.catch(() => socket.terminate());
    return await result;
  } catch (error) {
    throw streams.signal.aborted ? streams.signal.reason : error;
  } finally {
    streams.signal.removeEventListener('abort', onAbort);
    socket.terminate();
  }
}

function whenOpen(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      refusal(response).then(reject, reject);
    });
  });
}

async function refusal(response: IncomingMessage): Promise<Error> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk as Uint8Array);
  return statusErrorOf(response.statusCode ?? 0, parseBody(response.headers['content-type'] ?? '', Buffer.concat(chunks)));
}

/** Hands output on in order, holding the socket while the receiver is not ready, until the server closes. */
function untilClosed(socket: WebSocket, streams: ExecStreams): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    let ending: StatusObject | undefined;
    let delivered: Promise<void> = Promise.resolve();
    const deliver = (to: (chunk: Uint8Array) => void | Promise<void>, chunk: Uint8Array): void => {
      socket.pause();
      delivered = delivered.then(() => to(chunk)).then(() => socket.resume());
      delivered.catch((error: unknown) => {
        reject(error);
        socket.terminate();
      });
    };
    socket.on('message', (data: Buffer) => {
      const payload = data.subarray(1);
      if (payload.length === 0) return;
      if (data[0] === CHANNEL.stdout) deliver(streams.stdout, payload);
      else if (data[0] === CHANNEL.stderr) deliver(streams.stderr, payload);
      else if (data[0] === CHANNEL.error) ending = parseEnding(payload);
    });
    socket.on('error', reject);
    socket.on('close', (code) => {
      delivered.then(() => {
        if (ending) resolve(resultOf(ending));
        else reject(new Error(`the connection to the container was lost before the command ended (WebSocket close code ${code})`));
      }, reject);
    });
  });
}

function parseEnding(payload: Uint8Array): StatusObject {
  const value = JSON.parse(new TextDecoder().decode(payload)) as unknown;
  // The success that servers write carries neither kind nor apiVersion.
  if (typeof value === 'object' && value !== null && 'status' in value) return value as StatusObject;
  if (isStatusObject(value)) return value;
  throw new Error('the server ended an exec without a Status');
}

function resultOf(ending: StatusObject): ExecResult {
  if (ending.status === 'Success') return { exitCode: 0 };
  const exitCode = ending.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  return ending.reason === 'NonZeroExitCode' && exitCode !== undefined
    ? { exitCode: Number(exitCode) }
    : { error: ending.message ?? 'the command could not be run' };
}

async function pumpInput(socket: WebSocket, { stdin }: ExecStreams): Promise<void> {
  if (!stdin) return;
  for await (const chunk of stdin) {
    if (socket.readyState !== WebSocket.OPEN) return;
    await send(socket, CHANNEL.stdin, chunk);
  }
  await send(socket, CHANNEL.close, Uint8Array.of(CHANNEL.stdin));
}

async function pumpResize(socket: WebSocket, { resize }: ExecStreams): Promise<void> {
  if (!resize) return;
  for await (const { width, height } of resize) {
    await send(socket, CHANNEL.resize, Buffer.from(JSON.stringify({ Width: width, Height: height })));
  }
}

/** Resolves when the piece is on its way, also when the socket has gone meanwhile: its closing is reported elsewhere. */
function send(socket: WebSocket, channel: number, payload: Uint8Array): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) return Promise.resolve();
  return new Promise((resolve) => socket.send(Buffer.concat([Uint8Array.of(channel), payload]), () => resolve()));
}
