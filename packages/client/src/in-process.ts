// The transport to a server in the same process: values are handed over, nothing is encoded.
import { type ApiHandler, type ApiRequest, type ApiResponse, StatusError, type UserInfo, type WatchFrame } from '@holdfast/schema';
import { parseBody, statusErrorOf } from './answers.ts';
import type { Transport, TransportRequest, TransportResponse } from './client.ts';

/** Sends requests of `user` to `handle`. Bodies must not be changed after they were sent. */
export function inProcessTransport(handle: ApiHandler, user: UserInfo): Transport {
  // One for all requests that cannot be aborted: whoever listens to a request's signal stops when it is answered.
  const never = new AbortController().signal;
  // One for all requests that have no query: nobody who answers changes it.
  const none = new URLSearchParams();
  async function send(request: TransportRequest, signal: AbortSignal): Promise<ApiResponse> {
    signal.throwIfAborted();
    return handle(apiRequest(request, user, signal, none)).catch(refusalOf);
  }

  async function watched(request: TransportRequest): Promise<AsyncIterator<WatchFrame>> {
    const response = await send(request, request.signal ?? never);
    if (response.kind !== 'watch') throw refusedStream(response);
    return response.frames[Symbol.asyncIterator]();
  }

  return {
    async request(request) {
      return plainAnswer(await send(request, request.signal ?? never));
    },

    watch: (request) => ({ [Symbol.asyncIterator]: () => opened(() => watched(request)) }),

    async stream(request) {
      const response = await send(request, request.signal ?? new AbortController().signal);
      if (response.kind === 'stream') return response.chunks;
      if (response.kind === 'bytes' && response.status < 300) return oneChunk(response.bytes);
      throw refusedStream(response);
    },

    async exec(request, streams) {
      const response = await send(request, streams.signal);
      if (response.kind !== 'exec') throw refusedStream(response);
      return response.start(streams);
    },
  };
}

/**
 * The server's frames themselves once they are there: a generator between would cost every frame several turns. A consumer that
 * stops early returns from the server's frames, and so ends the server's watch.
 */
function opened<T>(open: () => Promise<AsyncIterator<T>>): AsyncIterator<T> {
  let frames: AsyncIterator<T> | undefined;
  const first = async (): Promise<IteratorResult<T>> => {
    frames = await open();
    return frames.next();
  };
  return {
    next: () => (frames ? frames.next() : first()),
    return: async () => (await frames?.return?.()) ?? { done: true, value: undefined },
  };
}

function apiRequest(request: TransportRequest, user: UserInfo, signal: AbortSignal, none: URLSearchParams): ApiRequest {
  const { method, path, query = none, headers = {}, body } = request;
  const all = { accept: 'application/json', ...headers };
  return {
    method,
    path,
    query,
    headers: all,
    user,
    signal,
    ...(body === undefined ? {} : { body: { kind: 'value' as const, value: body } }),
  };
}

/** A handler may throw what it would rather answer. */
function refusalOf(error: unknown): ApiResponse {
  if (!(error instanceof StatusError)) throw error;
  return { kind: 'object', status: error.code, headers: {}, object: error.status };
}

function plainAnswer(response: ApiResponse): TransportResponse {
  if (response.kind === 'object') return { status: response.status, object: response.object };
  if (response.kind === 'bytes') {
    return { status: response.status, object: parseBody(response.headers['content-type'] ?? '', response.bytes) };
  }
  throw new Error(`the server answered a plain request with a ${response.kind}`);
}

function refusedStream(response: ApiResponse): Error {
  if (response.kind === 'object' || response.kind === 'bytes') {
    const { status, object } = plainAnswer(response);
    return statusErrorOf(status, object);
  }
  return new Error(`the server answered with a ${response.kind} where another stream was expected`);
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
