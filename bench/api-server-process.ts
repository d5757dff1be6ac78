// The server that bench/api-server.ts measures: an API server over TLS on a durable store, told over its channel what to report.
import { createApiServer, createPki, serveHttps } from '@holdfast/apiserver';
import { systemClock, systemRandom } from '@holdfast/clock';
import type { KubeObject } from '@holdfast/schema';
import { nodeFileSystem, openDurableStore } from '@holdfast/store';

/** Asked: 'figures', 'stop'. */
export interface ServerFigures {
  readonly cpuMs: number;
  readonly rssMiB: number;
}

const folder = process.argv[2] ?? '';
const clock = systemClock();
const random = systemRandom();
const opening = process.cpuUsage();
const begun = clock.now();
const store = await openDurableStore<KubeObject>({ fileSystem: nodeFileSystem(), folder, random });
const openMs = clock.now() - begun;
const openCpuMs = milliseconds(process.cpuUsage(opening));
const pki = await createPki({ clock, random });
const server = createApiServer({
  clock,
  random,
  store,
  nodes: () => undefined,
  serviceCidr: '127.64.128.0/17',
  advertise: { host: '127.0.0.1', port: 6443 },
  caCertificate: pki.caCertificate,
  serviceAccountKey: pki.serviceAccountKey,
  onBug: (error) => console.error(error),
});
const listener = await serveHttps({ server, host: '127.0.0.1', port: 0, pki, clock });

process.on('message', (asked) => {
  if (asked === 'figures') {
    globalThis.gc?.();
    process.send?.({ cpuMs: milliseconds(process.cpuUsage()), rssMiB: process.memoryUsage().rss / 1024 ** 2 } satisfies ServerFigures);
  } else void stop();
});
process.send?.({ port: listener.port, caCertificate: pki.caCertificate, admin: pki.admin, openMs, openCpuMs, objects: store.count('') });

async function stop(): Promise<void> {
  await listener.close();
  await server.close();
  await store.close();
  process.exit(0);
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
