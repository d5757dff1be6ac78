// What clients are told when the state cannot be written.
import { FakeClock, seededRandom } from '@holdfast/clock';
import type { ApiRequest, ApiResponse, KubeObject } from '@holdfast/schema';
import { createMemoryStore, type Store, StoreUnavailable } from '@holdfast/store';
import { expect, it } from 'vitest';
import { createApiServer, createPki } from './index.ts';

it('refuses writes with a clear Status, goes on reading, and is not ready', async () => {
  const clock = new FakeClock();
  const random = seededRandom(1);
  const memory = createMemoryStore<KubeObject>();
  let problem: string | undefined;
  const store: Store<KubeObject> = {
    get revision() {
      return memory.revision;
    },
    get problem() {
      return problem;
    },
    get: (key) => memory.get(key),
    list: (prefix, options) => memory.list(prefix, options),
    count: (prefix) => memory.count(prefix),
    put: (key, make, expected) => (problem ? Promise.reject(new StoreUnavailable(problem, 'refused')) : memory.put(key, make, expected)),
    delete: (key, make, expected) =>
      problem ? Promise.reject(new StoreUnavailable(problem, 'refused')) : memory.delete(key, make, expected),
    watch: (prefix, after) => memory.watch(prefix, after),
    compact: (revision) => memory.compact(revision),
    close: () => memory.close(),
  };
  const pki = await createPki({ clock, random });
  const bugs: unknown[] = [];
  const server = createApiServer({
    clock,
    random,
    store,
    nodes: () => undefined,
    serviceCidr: '127.64.128.0/17',
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: pki.caCertificate,
    serviceAccountKey: pki.serviceAccountKey,
    onBug: (error) => bugs.push(error),
  });
  const ask = (method: string, path: string, value?: unknown): Promise<ApiResponse> => {
    const request: ApiRequest = {
      method,
      path,
      query: new URLSearchParams(),
      headers: {},
      user: { username: 'admin', groups: ['system:masters'] },
      signal: new AbortController().signal,
      ...(value === undefined ? {} : { body: { kind: 'value', value } }),
    };
    return server.handle(request);
  };
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
  expect(await ask('POST', '/api/v1/namespaces/default/configmaps', map)).toMatchObject({ status: 201 });
  expect(await ask('GET', '/readyz')).toMatchObject({ status: 200 });

  problem = 'the state cannot be written: the disk is full (ENOSPC); free some space';
  const refused = await ask('DELETE', '/api/v1/namespaces/default/configmaps/x');
  expect(refused).toMatchObject({ status: 503, object: { kind: 'Status', reason: 'ServiceUnavailable', message: problem } });
  expect(await ask('GET', '/api/v1/namespaces/default/configmaps/x')).toMatchObject({ status: 200 });
  const unready = await ask('GET', '/readyz');
  expect(unready.kind === 'bytes' && [unready.status, Buffer.from(unready.bytes).toString()]).toEqual([
    500,
    `[-]store failed: ${problem}\nreadyz check failed\n`,
  ]);
  expect(await ask('GET', '/livez')).toMatchObject({ status: 200 });
  expect(bugs).toEqual([]);
  await server.close();
});
