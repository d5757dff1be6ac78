// What requests cost the server: CPU per operation with durable writes, over TLS, 32 requests at a time, 1 KiB ConfigMaps.
// Beside each figure stands what a real kube-apiserver with etcd took on such a machine (docs/benchmarks.md).
// Run: npm run bench -- api-server
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemRandom } from '@holdfast/clock';
import type { KubeObject } from '@holdfast/schema';
import { nodeFileSystem, openDurableStore } from '@holdfast/store';
import { inParallel, startServer } from './server-under-test.ts';

const OBJECTS = 4_000;
const LISTS = 600;
const MANY = 100_000;
const PODS = 5_000;
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const TABLE_ROUNDS = 10;
const DATA = { text: 'x'.repeat(1024) };
const PATH = '/api/v1/namespaces/default/configmaps';
/** Milliseconds of CPU of kube-apiserver 1.26 per operation. */
const UPSTREAM = { create: 0.65, get: 0.27, update: 0.89, delete: 0.6, list: 1.85 } as const;

const map = (index: number): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `map-${index}` },
  data: { ...DATA, index: String(index) },
});

/** CPU in milliseconds and operations per second, of each kind of request. */
export async function requestFigures(clock: Clock): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const server = await startServer(join(folder, 'state'));
  const figures: Record<string, number> = {};
  const measure = async (name: keyof typeof UPSTREAM, count: number, work: (index: number) => Promise<unknown>): Promise<void> => {
    const before = await server.figures();
    const started = clock.now();
    await inParallel(count, work);
    const seconds = (clock.now() - started) / 1000;
    const cpu = ((await server.figures()).cpuMs - before.cpuMs) / count;
    figures[`${name} cpu ms`] = cpu;
    figures[`${name} of upstream's cpu %`] = (cpu / UPSTREAM[name]) * 100;
    figures[`${name} per second`] = count / seconds;
  };
  try {
    figures['idle MiB'] = (await server.figures()).rssMiB;
    // Warm, as a server that has run for a while is.
    await inParallel(2_000, (index) => server.ask('POST', PATH, map(index + OBJECTS)));
    await inParallel(2_000, (index) => server.ask('GET', `${PATH}/map-${index + OBJECTS}`));
    await measure('create', OBJECTS, (index) => server.ask('POST', PATH, map(index)));
    await measure('get', OBJECTS, (index) => server.ask('GET', `${PATH}/map-${index}`));
    await measure('update', OBJECTS, (index) =>
      server.ask('PUT', `${PATH}/map-${index}`, { ...map(index), data: { ...DATA, changed: 'yes' } }),
    );
    await measure('list', LISTS, () => server.ask('GET', `${PATH}?limit=100`));
    await measure('delete', OBJECTS, (index) => server.ask('DELETE', `${PATH}/map-${index}`));
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return figures;
}

/** Memory and opening of a state of 100,000 objects, as the server would have stored them; opened, and then listed once as values. */
export async function largeStateFigures(): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const state = join(folder, 'state');
  try {
    const first = await startServer(state);
    const example = JSON.parse(await first.ask('POST', PATH, map(0))) as KubeObject;
    await first.stop();
    await fill(state, example);
    const server = await startServer(state);
    const opened = await server.figures();
    await server.ask('GET', `${PATH}?limit=1&labelSelector=none%3Dsuch`);
    const figures = {
      [`MiB with ${MANY} objects, opened`]: opened.rssMiB,
      [`MiB with ${MANY} objects, each read`]: (await server.figures()).rssMiB,
      'open ms': server.openMs,
      'open cpu ms': server.openCpuMs,
      'objects found': server.objects,
    };
    await server.stop();
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `kubectl get pods -A` over 5,000 pods costs the server: ten pages as tables. */
export async function podTableFigures(): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const state = join(folder, 'state');
  try {
    const pod = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: '', namespace: 'default', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z', labels: { app: 'web' } },
      spec: {
        nodeName: 'node-1',
        containers: [{ name: 'main', image: 'example/main:1', resources: {}, env: [{ name: 'A', value: 'b' }] }],
      },
      status: {
        phase: 'Running',
        podIP: '127.64.1.2',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [{ name: 'main', ready: true, restartCount: 0, image: 'example/main:1', imageID: '', state: { running: {} } }],
      },
    };
    await fill(state, pod, { prefix: 'core/pods/default/', count: PODS });
    const server = await startServer(state);
    const run = async (): Promise<void> => {
      let token = '';
      do {
        const page = JSON.parse(await server.ask('GET', `/api/v1/pods?limit=500${token}`, undefined, TABLE)) as {
          metadata: { continue?: string };
        };
        token = page.metadata.continue ? `&continue=${page.metadata.continue}` : '';
      } while (token);
    };
    await run();
    const before = await server.figures();
    for (let round = 0; round < TABLE_ROUNDS; round++) await run();
    const cpu = ((await server.figures()).cpuMs - before.cpuMs) / TABLE_ROUNDS;
    await server.stop();
    return { [`cpu ms for ${PODS} pods as tables`]: cpu };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds between the answer to a write and its event, as one client sees both, while 32 write. */
export async function watchLatencyFigures(): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const server = await startServer(join(folder, 'state'));
  try {
    // Warm, and with its connections made.
    await inParallel(2_000, (index) => server.ask('POST', PATH, map(index + OBJECTS)));
    const answered = new Map<string, number>();
    const seen = new Map<string, number>();
    const { metadata } = JSON.parse(await server.ask('GET', `${PATH}?limit=1`)) as KubeObject;
    const watching = await server.watch(`${PATH}?watch=true&resourceVersion=${metadata.resourceVersion}`, (line) => {
      const { object } = JSON.parse(line) as { object: KubeObject };
      seen.set(object.metadata.name ?? '', performance.now());
    });
    await inParallel(OBJECTS, async (index) => {
      await server.ask('POST', PATH, map(index));
      answered.set(`map-${index}`, performance.now());
    });
    while (![...answered.keys()].every((name) => seen.has(name))) await new Promise((resolve) => setImmediate(resolve));
    watching.stop();
    const delays = [...answered].map(([name, at]) => Math.max(0, seen.get(name)! - at)).toSorted((a, b) => a - b);
    const at = (share: number): number => delays[Math.floor(delays.length * share)] ?? Number.NaN;
    return { 'p50 ms': at(0.5), 'p99 ms': at(0.99) };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(
  folder: string,
  example: KubeObject,
  { prefix, count }: { readonly prefix: string; readonly count: number } = { prefix: 'core/configmaps/default/', count: MANY },
): Promise<void> {
  const store = await openDurableStore<KubeObject>({ fileSystem: nodeFileSystem(), folder, random: systemRandom() });
  const { metadata } = example;
  const writes = Array.from({ length: count }, (_, index) => {
    const name = `many-${index}`;
    return store.put(`${prefix}${name}`, (revision) => ({
      ...example,
      metadata: { ...metadata, name, resourceVersion: String(revision) },
    }));
  });
  await Promise.all(writes);
  await store.close();
}
