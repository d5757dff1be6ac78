// How long a cluster of simulated nodes takes, in real time, until all pods of its Deployments are Ready, and what memory that needs.
// Run: npm run bench -- scale
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedRuntime } from '@holdfast/agent';
import { createPki } from '@holdfast/apiserver';
import type { WatchEvent } from '@holdfast/client';
import { seededRandom, systemClock } from '@holdfast/clock';
import { silentLogger } from '@holdfast/controller';
import { createCluster } from '@holdfast/lab';
import { DEPLOYMENTS, type Node, NODES, type Pod, PODS } from '@holdfast/schema';

const GIB = 2 ** 30;
const PODS_OF_A_DEPLOYMENT = 500;

export interface ScaleFigures {
  readonly nodesReadyMs: number;
  /** From the creation of the Deployments until every pod is Ready. */
  readonly podsReadyMs: number;
  /** Of the whole process. */
  readonly memoryMiB: number;
}

export async function scaleFigures(nodes: number, pods: number): Promise<ScaleFigures> {
  const clock = systemClock();
  const random = seededRandom(1);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const pki = await createPki({ clock, random, ips: [] });
  const runtime = simulatedRuntime({});
  const cluster = createCluster({
    clock,
    random,
    log: silentLogger,
    nodes: Array.from({ length: nodes }, (_, index) => ({
      name: `node-${index + 1}`,
      index: index + 1,
      role: 'worker' as const,
      labels: {},
      extraMounts: [],
      nodeIp: `10.${index >> 8}.${index & 255}.1`,
      podCidr: `10.${64 + (index >> 8)}.${index & 255}.0/24`,
      capacity: { cpu: 4, memory: 16 * GIB, pods: 110 },
      runtime,
    })),
    nodesFolder: folder,
    serviceCidr: '10.254.0.0/17',
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: pki.caCertificate,
    serviceAccountKey: pki.serviceAccountKey,
  });
  let peak = 0;
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage().rss);
    timer = clock.after(100, sample);
  };
  let timer = clock.after(100, sample);
  try {
    const started = clock.now();
    await cluster.start();
    await untilReady(cluster.client.watch(NODES), nodes);
    const nodesReadyMs = clock.now() - started;
    const created = clock.now();
    for (let made = 0; made < pods; made += PODS_OF_A_DEPLOYMENT) {
      const name = `web-${made / PODS_OF_A_DEPLOYMENT}`;
      const labels = { app: name };
      await cluster.client.create(DEPLOYMENTS, {
        metadata: { name, namespace: 'default' },
        spec: {
          replicas: Math.min(PODS_OF_A_DEPLOYMENT, pods - made),
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'c', image: 'web:1', resources: { requests: { cpu: '10m', memory: '16Mi' } } }] },
          },
        },
      });
    }
    await untilReady(cluster.client.watch(PODS, { namespace: 'default' }), pods);
    return { nodesReadyMs, podsReadyMs: clock.now() - created, memoryMiB: Math.max(peak, process.memoryUsage().rss) / 2 ** 20 };
  } finally {
    timer();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilReady<T extends Node | Pod>(events: AsyncIterable<WatchEvent<T>>, count: number): Promise<void> {
  const ready = new Set<string>();
  for await (const event of events) {
    if (event.type === 'BOOKMARK') continue;
    const { metadata, status } = event.object;
    if (status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True')) ready.add(metadata.name ?? '');
    if (ready.size >= count) return;
  }
}
