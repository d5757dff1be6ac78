// Writes an ApiResponse as HTTP: JSON or YAML, compressed where that pays, streams with headers at once and back pressure.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type ApiResponse, badRequest, type StatusError, toYaml, type WatchFrame } from '@holdfast/schema';
import type { WireFormat } from '../negotiation/output-form.ts';
import type { WireResponse } from './wire.ts';

/** As kube-apiserver: smaller answers are not worth the time. */
const GZIP_ABOVE = 128 * 1024;
/** Fast rather than small: most clients are on this machine. */
const GZIP_LEVEL = 1;
const MEDIA_TYPES: Readonly<Record<WireFormat, string>> = { json: 'application/json', yaml: 'application/yaml' };
/** Up to so many bytes an answer of HTTP/1.1 goes out together with its headers. */
const ONE_PIECE = 8 * 1024;
/**
 * A stream waits for its reader above so many bytes: enough for what one round of writes makes of events, since each wait costs a watcher a turn of
 * the event loop, and little enough for thousands of watchers that do not read.
 */
const MOST_WAITING = 64 * 1024;
const encoder = new TextEncoder();
const FRAME_END = encoder.encode('}\n');
const compress = promisify(gzip);

type Headers = Readonly<Record<string, string>>;

export interface RespondOptions {
  readonly format: WireFormat;
  readonly acceptEncoding?: string | undefined;
  /** HEAD: everything but the body. */
  readonly bodyless?: boolean;
}

/** Sends the whole answer; resolves when the last byte has been handed to the connection or the client has gone. */
export async function respond(response: ApiResponse, to: WireResponse, options: RespondOptions): Promise<void> {
  switch (response.kind) {
    case 'object':
      return sendObject(response, to, options);
    case 'bytes':
      return sendBytes(response.status, response.headers, response.bytes, to, options);
    case 'watch':
      return sendStream(response.status, { 'content-type': 'application/json', ...response.headers }, encodedFrames(response.frames), to);
    case 'stream':
      return sendStream(response.status, response.headers, response.chunks, to);
    case 'exec':
    case 'port-forward':
    case 'tunnel':
      return sendFailure(badRequest('Upgrade request required'), to, options);
  }
}

/** The Status of a failure. */
export function sendFailure(error: StatusError, to: WireResponse, options: RespondOptions): Promise<void> {
  return sendObject({ status: error.code, headers: failureHeaders(error), object: error.status }, to, options);
}

/** Retry-After where the Status says so: clients sleep and repeat the request on their own. */
export function failureHeaders(error: StatusError): Headers {
  const seconds = error.status.details?.retryAfterSeconds;
  return seconds ? { 'retry-after': String(seconds) } : {};
}

interface ObjectAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly object: unknown;
  readonly encoded?: Uint8Array | undefined;
}

function sendObject(answer: ObjectAnswer, to: WireResponse, options: RespondOptions): Promise<void> {
  const { status, headers } = answer;
  // Either may be made only when it is asked for, so no more than one is.
  const json = (): Uint8Array => answer.encoded ?? Buffer.from(`${JSON.stringify(answer.object)}\n`);
  const bytes = options.format === 'yaml' ? encoder.encode(toYaml(answer.object)) : json();
  return sendBytes(status, { 'content-type': MEDIA_TYPES[options.format], ...headers }, bytes, to, options);
}

async function sendBytes(status: number, headers: Headers, bytes: Uint8Array, to: WireResponse, options: RespondOptions): Promise<void> {
  const gzipped = bytes.length > GZIP_ABOVE && acceptsGzip(options.acceptEncoding) && headers['content-encoding'] === undefined;
  const body = gzipped ? await compress(bytes, { level: GZIP_LEVEL }) : bytes;
  if (isGone(to)) return;
  writeHead(to, status, {
    ...headers,
    ...(gzipped ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}),
    ...(status === 304 || status === 204 ? {} : { 'content-length': String(body.length) }),
  });
  await ended(to, options.bodyless || status === 304 ? undefined : body);
}

async function sendStream(status: number, headers: Headers, chunks: AsyncIterable<Uint8Array>, to: WireResponse): Promise<void> {
  writeHead(to, status, headers);
  // At once: client-go waits for the headers of a watch before it does anything else.
  flushHead(to);
  for await (const chunk of chunks) {
    if (isGone(to)) return;
    if (!write(to, chunk) && waiting(to) > MOST_WAITING) await drained(to);
  }
  await ended(to);
}

async function* encodedFrames(frames: AsyncIterable<WatchFrame>): AsyncGenerator<Uint8Array> {
  for await (const frame of frames) yield frame.line ?? lineOf(frame);
}

function lineOf({ type, object, encoded }: WatchFrame): Uint8Array {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), encoded ?? Buffer.from(JSON.stringify(object)), FRAME_END]);
}

function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))[^,]*)?(,|$)/.test(acceptEncoding ?? '');
}

function writeHead(to: WireResponse, status: number, headers: Headers): void {
  to.statusCode = status;
  for (const [name, value] of Object.entries(headers)) to.setHeader(name, value);
}

function flushHead(to: WireResponse): void {
  if ('stream' in to) to.writeHead(to.statusCode);
  else to.flushHeaders();
}

function write(to: WireResponse, chunk: Uint8Array): boolean {
  // The same call twice: TypeScript cannot call a union of overloads.
  return 'stream' in to ? to.write(chunk) : to.write(chunk);
}

/** Bytes that have been written and not yet sent. */
function waiting(to: WireResponse): number {
  return 'stream' in to ? to.stream.writableLength : to.writableLength;
}

/** HTTP/2's response has no `destroyed` of its own. */
function isGone(to: WireResponse): boolean {
  return 'stream' in to ? to.stream.destroyed : to.destroyed;
}

/** Resolves when there is room again, or when there is no use in waiting. */
function drained(to: WireResponse): Promise<void> {
  if (isGone(to)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      to.removeListener('drain', done);
      to.removeListener('close', done);
      resolve();
    };
    to.once('drain', done);
    to.once('close', done);
  });
}

function ended(to: WireResponse, last?: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (isGone(to)) {
      resolve();
      return;
    }
    to.once('close', resolve);
    if (last === undefined) to.end(() => resolve());
    // Small answers as text, a byte a character: Node then sends them in one piece with their headers.
    else if (!('stream' in to) && last.length < ONE_PIECE) to.end(asBuffer(last).toString('latin1'), 'latin1', () => resolve());
    else to.end(last, () => resolve());
  });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
