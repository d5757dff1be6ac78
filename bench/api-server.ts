// What requests cost the server: CPU per operation with durable writes, over TLS, 32 requests at a time, 1 KiB ConfigMaps.
// Beside each figure stands what a real kube-apiserver with etcd took on such a machine (docs/benchmarks.md).
// Run: npm run bench -- api-server
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@holdfast/clock';
import type { ServerFigures } from './api-server-process.ts';

const CONCURRENCY = 32;
const OBJECTS = 4_000;
const LISTS = 600;
const MANY = 100_000;
const DATA = { text: 'x'.repeat(1024) };
const PATH = '/api/v1/namespaces/default/configmaps';
const PROGRAM = fileURLToPath(new URL('./api-server-process.ts', import.meta.url));
/** Milliseconds of CPU of kube-apiserver 1.26 per operation. */
const UPSTREAM = { create: 0.65, get: 0.27, update: 0.89, delete: 0.6, list: 1.85 } as const;

interface Hello {
  readonly port: number;
  readonly caCertificate: string;
  readonly admin: { readonly certificate: string; readonly key: string };
  readonly openMs: number;
  readonly openCpuMs: number;
  readonly objects: number;
}

interface Server extends Hello {
  ask(method: string, path: string, body?: unknown): Promise<string>;
  figures(): Promise<ServerFigures>;
  stop(): Promise<void>;
}

async function startServer(folder: string): Promise<Server> {
  const child = spawn(
    process.execPath,
    [...(process.env['HOLDFAST_BENCH_NODE_OPTIONS']?.split(' ') ?? []), '--expose-gc', '--import', 'tsx', PROGRAM, folder],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const hello = (await answerOf(child)) as Hello;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: CONCURRENCY,
    ca: hello.caCertificate,
    cert: hello.admin.certificate,
    key: hello.admin.key,
  });
  return {
    ...hello,
    ask: (method, path, body) => ask(agent, hello.port, { method, path, body }),
    figures: () => {
      child.send('figures');
      return answerOf(child) as Promise<ServerFigures>;
    },
    stop: async () => {
      agent.destroy();
      child.send('stop');
      await once(child, 'exit');
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [unknown];
  return message;
}

function ask(agent: Agent, port: number, { method, path, body }: { method: string; path: string; body: unknown }): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: '127.0.0.1', port, method, path, headers: { 'content-type': 'application/json' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if ((response.statusCode ?? 500) < 300) resolve(text);
        else reject(new Error(text));
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

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

/** Memory and opening of a state of 100,000 objects. */
export async function largeStateFigures(): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const server = await startServer(join(folder, 'state'));
    await inParallel(MANY, (index) => server.ask('POST', PATH, map(index)));
    const { rssMiB } = await server.figures();
    await server.stop();
    const again = await startServer(join(folder, 'state'));
    const figures = {
      [`MiB with ${MANY} objects, written`]: rssMiB,
      [`MiB with ${MANY} objects, opened`]: (await again.figures()).rssMiB,
      'open ms': again.openMs,
      'open cpu ms': again.openCpuMs,
      'objects found': again.objects,
    };
    await again.stop();
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
