// A server for tests of access: requests by different users.
import { generateKeyPairSync } from 'node:crypto';
import { FakeClock } from '@holdfast/clock';
import type { ApiRequest, UserInfo } from '@holdfast/schema';
import { expect } from 'vitest';
import type { ApiServer } from '../api-server.ts';
import { createTestServer } from '../testing/index.ts';

export const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
export const ADMIN: UserInfo = { username: 'admin', groups: ['system:masters', 'system:authenticated'] };

export interface Answer {
  readonly status: number;
  readonly object: Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- answers are looked into freely here
}

export interface Access {
  readonly server: ApiServer;
  readonly clock: FakeClock;
  /** One request as this user. */
  as(user: UserInfo): (method: string, url: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
}

export function startAccess(staticTokens?: ReadonlyMap<string, UserInfo>): Access {
  const clock = new FakeClock();
  const bugs: unknown[] = [];
  const server = createTestServer({
    clock,
    serviceAccountKey: KEY,
    onBug: (error) => bugs.push(error),
    ...(staticTokens ? { staticTokens } : {}),
  });
  return {
    server,
    clock,
    as:
      (user) =>
      async (method, url, body, headers = {}) => {
        const { pathname, searchParams } = new URL(url, 'https://server');
        const request: ApiRequest = {
          method,
          path: pathname,
          query: searchParams,
          headers: { accept: 'application/json', ...headers },
          user,
          signal: new AbortController().signal,
          ...(body === undefined ? {} : { body: { kind: 'value' as const, value: body } }),
        };
        const response = await server.handle(request);
        expect(bugs).toEqual([]);
        if (response.kind === 'object') return { status: response.status, object: response.object as Answer['object'] };
        if (response.kind !== 'bytes') throw new Error(`answered with ${response.kind}`);
        const text = Buffer.from(response.bytes).toString();
        return { status: response.status, object: text.startsWith('{') ? (JSON.parse(text) as Answer['object']) : { text } };
      },
  };
}

/** A user with the groups that authentication gives everybody. */
export function person(username: string, ...groups: readonly string[]): UserInfo {
  return { username, groups: [...groups, 'system:authenticated'] };
}

export function account(namespace: string, name: string): UserInfo {
  return person(`system:serviceaccount:${namespace}:${name}`, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`);
}
