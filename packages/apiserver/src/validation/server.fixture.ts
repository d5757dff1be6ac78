// For tests of validation: objects go through the server, so that decoding and defaults come before the checks.
import { FakeClock } from '@holdfast/clock';
import type { ApiResponse, StatusObject } from '@holdfast/schema';
import { createTestServer } from '../testing/index.ts';

export interface Answered {
  readonly code: number;
  /** Message of a failure. */
  readonly message: string;
  /** 'field: reason: message' of each cause. */
  readonly causes: readonly string[];
  readonly warnings: string;
  readonly object: Record<string, unknown>;
}

export interface Fixture {
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<Answered>;
  readonly bugs: readonly unknown[];
}

/** A server of its own. */
export function serverFixture(): Fixture {
  const bugs: unknown[] = [];
  const server = createTestServer({
    clock: new FakeClock(),
    onBug: (error) => bugs.push(error),
  });
  return {
    bugs,
    async call(method, path, body, contentType = 'application/json') {
      const url = new URL(path, 'https://server');
      const response: ApiResponse = await server.handle({
        method,
        path: url.pathname,
        query: url.searchParams,
        headers: { accept: 'application/json', 'content-type': contentType },
        user: { username: 'admin', groups: ['system:masters'] },
        signal: new AbortController().signal,
        ...(body === undefined
          ? {}
          : body instanceof Uint8Array
            ? { body: { kind: 'bytes' as const, bytes: body } }
            : { body: { kind: 'value' as const, value: body } }),
      });
      if (response.kind !== 'object') return { code: 0, message: '', causes: [], warnings: '', object: {} };
      const status = response.object as StatusObject;
      return {
        code: response.status,
        message: status.message ?? '',
        causes: (status.details?.causes ?? []).map((cause) => `${cause.field}: ${cause.reason}: ${cause.message}`),
        warnings: response.headers['warning'] ?? '',
        object: response.object as Record<string, unknown>,
      };
    },
  };
}
