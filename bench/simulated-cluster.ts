// A whole cluster in this process, its nodes simulated, in real time.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedRuntime } from '@holdfast/agent';
import { createPki } from '@holdfast/apiserver';
import { type Clock, seededRandom } from '@holdfast/clock';
import { createInformerFactory, silentLogger } from '@holdfast/controller';
import { type Cluster, createCluster } from '@holdfast/lab';
import type { KubeObject, Node, Pod, ResourceType } from '@holdfast/schema';

const GIB = 2 ** 30;

export interface BenchCluster {
  /** Not started yet. */
  readonly cluster: Cluster;
  readonly end: () => Promise<void>;
}

/** `disk`: the path at which each node has one. */
export async function simulatedCluster(clock: Clock, nodes: number, disk?: string): Promise<BenchCluster> {
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
      extraMounts: disk === undefined ? [] : [{ hostPath: folder, containerPath: disk, readOnly: false }],
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
  return {
    cluster,
    end: async () => {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when so many of them are Ready. */
export function untilReady<T extends Node | Pod>(cluster: Cluster, clock: Clock, type: ResourceType<T>, count: number): Promise<void> {
  return untilSo(cluster, clock, type, count, ({ status }) =>
    (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True'),
  );
}

/** Resolves when `isSo` holds for so many. An informer looks, since a watch alone ends when its reader falls far behind. */
export async function untilSo<T extends KubeObject>(
  { client }: Cluster,
  clock: Clock,
  type: ResourceType<T>,
  count: number,
  isSo: (object: T) => boolean,
): Promise<void> {
  const informers = createInformerFactory(client, clock);
  const found = new Set<string>();
  const enough = new Promise<void>((resolve) => {
    informers.informer(type).addHandler(({ type: change, object }) => {
      if (change !== 'deleted' && isSo(object)) found.add(object.metadata.uid ?? '');
      else found.delete(object.metadata.uid ?? '');
      if (found.size >= count) resolve();
    });
  });
  const stopping = new AbortController();
  informers.start(stopping.signal);
  await enough;
  stopping.abort();
  await informers.stopped();
}
