// A transport that fails as the network and the server do, for tests of what is built on a client.
import { StatusError, type StatusObject } from '@holdfast/schema';
import type { Transport, TransportRequest } from './client.ts';

/**
 * How one request fails: `refused` never reaches the server; `lostReply` does, and the caller does not learn of it;
 * `conflict` and `unavailable` are the server's answers. Watches fail at once or go on.
 */
export type Fault = 'refused' | 'lostReply' | 'conflict' | 'unavailable';

/** `faultFor` is asked once for each request; undefined lets it through. */
export function faultyTransport(transport: Transport, faultFor: (request: TransportRequest) => Fault | undefined): Transport {
  async function guard<T>(request: TransportRequest, send: () => Promise<T>): Promise<T> {
    const fault = faultFor(request);
    if (fault === undefined) return send();
    if (fault === 'refused') throw new Error('connection refused (injected)');
    if (fault === 'lostReply') {
      await send();
      throw new Error('connection reset before the reply (injected)');
    }
    throw new StatusError(fault === 'conflict' ? CONFLICT : UNAVAILABLE);
  }

  return {
    request: (request) =>
      guard(request, () => transport.request(request)).catch((error: unknown) => {
        // A refusal of the server is an answer, not a failure of the transport.
        if (error instanceof StatusError) return { status: error.code, object: error.status };
        throw error;
      }),
    async *watch(request) {
      if (faultFor(request) !== undefined) throw new Error('connection refused (injected)');
      yield* transport.watch(request);
    },
    stream: (request) => guard(request, () => transport.stream(request)),
    exec: (request, streams) => guard(request, () => transport.exec(request, streams)),
  };
}

const FAILURE = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' } as const;
const CONFLICT: StatusObject = { ...FAILURE, reason: 'Conflict', code: 409, message: 'the object has been modified (injected)' };
const UNAVAILABLE: StatusObject = {
  ...FAILURE,
  reason: 'ServiceUnavailable',
  code: 503,
  message: 'the server is not available (injected)',
};
