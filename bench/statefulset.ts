// How long a StatefulSet of 50 replicas on local volumes takes on 50 simulated nodes, in real time.
// Run: npm run bench -- statefulset
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedRuntime } from '@holdfast/agent';
import { createPki } from '@holdfast/apiserver';
import { seededRandom, systemClock } from '@holdfast/clock';
import { silentLogger } from '@holdfast/controller';
import { createCluster } from '@holdfast/lab';
import {
  NODES,
  PERSISTENTVOLUMES,
  type PersistentVolume,
  PODS,
  SERVICES,
  STATEFULSETS,
  type StatefulSet,
  STORAGECLASSES,
} from '@holdfast/schema';

const REPLICAS = 50;
const GIB = 2 ** 30;

/** Milliseconds from the creation of the set until all its pods are Ready. */
export async function statefulSetMs(podManagementPolicy: 'OrderedReady' | 'Parallel', replicas: number = REPLICAS): Promise<number> {
  const clock = systemClock();
  const random = seededRandom(1);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const pki = await createPki({ clock, random, ips: [] });
  const cluster = createCluster({
    clock,
    random,
    log: silentLogger,
    nodes: Array.from({ length: replicas }, (_, index) => ({
      name: `node-${index + 1}`,
      index: index + 1,
      role: 'worker' as const,
      labels: {},
      extraMounts: [{ hostPath: folder, containerPath: '/mnt/disks/ssd0', readOnly: false }],
      nodeIp: `127.60.0.${index + 1}`,
      podCidr: `127.60.${index + 1}.0/24`,
      capacity: { cpu: 4, memory: 16 * GIB, pods: 110 },
      runtime: simulatedRuntime({}),
    })),
    nodesFolder: folder,
    serviceCidr: '127.60.128.0/17',
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: pki.caCertificate,
    serviceAccountKey: pki.serviceAccountKey,
  });
  try {
    await cluster.start();
    const { client } = cluster;
    await waitUntil(
      cluster.client.watch(NODES),
      replicas,
      (node) => node.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false,
    );
    await client.create(STORAGECLASSES, {
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
      reclaimPolicy: 'Retain',
    });
    for (let index = 1; index <= replicas; index++) await client.create(PERSISTENTVOLUMES, localVolume(index));
    await client.create(SERVICES, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    const started = clock.now();
    await client.create(STATEFULSETS, statefulSet(podManagementPolicy, replicas));
    await waitUntil(
      client.watch(PODS, { namespace: 'default' }),
      replicas,
      (pod) => pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false,
    );
    return clock.now() - started;
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function waitUntil<T extends { readonly metadata: { readonly name?: string | undefined } }>(
  events: AsyncIterable<{ readonly type: string; readonly object?: T }>,
  count: number,
  done: (object: T) => boolean,
): Promise<void> {
  const reached = new Set<string>();
  for await (const { object } of events) {
    if (object && done(object)) reached.add(object.metadata.name ?? '');
    if (reached.size >= count) return;
  }
}

function localVolume(index: number): PersistentVolume {
  return {
    metadata: { name: `pv-${index}` },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: 'local',
      local: { path: '/mnt/disks/ssd0' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [`node-${index}`] }] }],
        },
      },
    },
  };
}

function statefulSet(podManagementPolicy: string, replicas: number): StatefulSet {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      serviceName: 'web',
      replicas,
      podManagementPolicy,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'c',
              image: 'web:1',
              resources: { requests: { cpu: '100m', memory: '128Mi' } },
              volumeMounts: [{ name: 'data', mountPath: '/data' }],
            },
          ],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'local', resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  };
}
