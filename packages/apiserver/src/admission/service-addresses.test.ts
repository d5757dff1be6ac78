import { FakeClock } from '@holdfast/clock';
import type { ApiRequest, KubeObject, Service } from '@holdfast/schema';
import { createMemoryStore, type Store } from '@holdfast/store';
import { expect, it } from 'vitest';
import { createTestServer } from '../testing/index.ts';

it('gives no address and no port twice, though writes take their time to be seen', async () => {
  const memory = createMemoryStore<KubeObject>();
  // As a store that waits for its disk: reads do not show what is being written.
  const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const store: Store<KubeObject> = {
    get revision() {
      return memory.revision;
    },
    problem: undefined,
    get: (key) => memory.get(key),
    list: (prefix, options) => memory.list(prefix, options),
    count: (prefix) => memory.count(prefix),
    put: async (key, make, expected) => later().then(() => memory.put(key, make, expected)),
    delete: async (key, make, expected) => later().then(() => memory.delete(key, make, expected)),
    watch: (prefix, after) => memory.watch(prefix, after),
    compact: (revision) => memory.compact(revision),
    close: () => memory.close(),
  };
  const server = createTestServer({
    clock: new FakeClock(),
    store,
    onBug: (error) => {
      throw error;
    },
  });
  const create = async (index: number): Promise<Service> => {
    const request: ApiRequest = {
      method: 'POST',
      path: '/api/v1/namespaces/default/services',
      query: new URLSearchParams(),
      headers: {},
      user: { username: 'admin', groups: ['system:masters'] },
      signal: new AbortController().signal,
      body: { kind: 'value', value: { metadata: { name: `web-${index}` }, spec: { type: 'NodePort', ports: [{ port: 80 }] } } },
    };
    const response = await server.handle(request);
    if (response.kind !== 'object' || response.status !== 201) throw new Error(JSON.stringify(response));
    return response.object as Service;
  };
  const services = await Promise.all(Array.from({ length: 20 }, (_, index) => create(index)));
  expect(new Set(services.map(({ spec }) => spec?.clusterIP)).size).toBe(20);
  expect(new Set(services.map(({ spec }) => spec?.ports?.[0]?.nodePort)).size).toBe(20);
  await server.close();
});
