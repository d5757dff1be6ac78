// The parts of a cluster work with the rights that they have: none is ever refused anything.
import { generateKeyPairSync } from 'node:crypto';
import { simulatedRuntime } from '@holdfast/agent';
import { FakeClock, seededRandom } from '@holdfast/clock';
import { silentLogger } from '@holdfast/controller';
import {
  DEPLOYMENTS,
  NAMESPACES,
  NODES,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  PODDISRUPTIONBUDGETS,
  type Pod,
  PODS,
  RESOURCEQUOTAS,
  SECRETS,
  SERVICES,
  STATEFULSETS,
  STORAGECLASSES,
} from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { createCluster } from './cluster.ts';
import { clientOf, nodeUser, systemAccount } from './identities.ts';

const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function simulate() {
  const clock = new FakeClock();
  const refusals: string[] = [];
  const runtime = simulatedRuntime({ clock });
  const cluster = createCluster({
    clock,
    random: seededRandom(7),
    log: silentLogger,
    nodes: [0, 1, 2, 3].map((index) => ({
      index,
      name: `n${index}`,
      role: index === 0 ? ('control-plane' as const) : ('worker' as const),
      labels: {},
      extraMounts: [],
      nodeIp: `127.90.0.${index + 1}`,
      podCidr: `127.90.${index + 1}.0/24`,
      capacity: { cpu: 4, memory: 8 * 1024 ** 3, pods: 110 },
      runtime,
    })),
    nodesFolder: '/simulated',
    serviceCidr: '127.90.128.0/17',
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: 'none',
    serviceAccountKey: KEY,
    onRefused: (user, message) => refusals.push(`${user.username}: ${message}`),
  });
  return { clock, cluster, refusals, client: cluster.client };
}

const labels = { app: 'db' };
const template = {
  metadata: { labels },
  spec: {
    containers: [
      {
        name: 'db',
        image: 'db:1',
        env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'password', key: 'value' } } }],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
  },
};

describe('the parts of a cluster', () => {
  it('are never refused through a StatefulSet with volumes, drain, node loss and the deletion of a namespace', async () => {
    const { clock, cluster, refusals, client } = simulate();
    const started = cluster.start();
    await clock.advance(0);
    await started;
    await clock.advance(5_000);
    // A node may not say of itself that it is a control plane: the administrator does.
    const roles = (await client.list(NODES)).items.map(
      ({ metadata }) => 'node-role.kubernetes.io/control-plane' in (metadata.labels ?? {}),
    );
    expect(roles).toEqual([true, false, false, false]);
    const namespace = 'shop';
    await client.create(NAMESPACES, { metadata: { name: namespace } });
    await client.create(STORAGECLASSES, {
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    for (const index of [1, 2, 3]) {
      await client.create(PERSISTENTVOLUMES, {
        metadata: { name: `pv-${index}` },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'local',
          hostPath: { path: `/disks/${index}` },
          persistentVolumeReclaimPolicy: 'Retain',
        },
      });
    }
    await client.create(SECRETS, { metadata: { name: 'password', namespace }, data: { value: 'eA==' } });
    await client.create(SERVICES, {
      metadata: { name: 'db', namespace },
      spec: { clusterIP: 'None', selector: labels, ports: [{ port: 1 }] },
    });
    await client.create(PODDISRUPTIONBUDGETS, {
      metadata: { name: 'db', namespace },
      spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
    });
    await client.create(RESOURCEQUOTAS, {
      metadata: { name: 'enough', namespace },
      spec: { hard: { pods: '50', 'count/statefulsets.apps': '5' } },
    });
    // What is created before the quota has been counted is not charged.
    await clock.advance(1000);
    await client.create(STATEFULSETS, {
      metadata: { name: 'db', namespace },
      spec: {
        serviceName: 'db',
        replicas: 3,
        selector: { matchLabels: labels },
        template,
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'local', resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    });
    const web = { app: 'web' };
    await client.create(DEPLOYMENTS, {
      metadata: { name: 'web', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: web },
        template: { metadata: { labels: web }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
      },
    });
    const ready = async (): Promise<readonly string[]> =>
      (await client.list(PODS, { namespace })).items.filter(isReady).map(({ metadata }) => metadata.name ?? '');
    await clock.advance(60_000);
    expect((await ready()).length).toBe(5);
    const { status } = await client.get(RESOURCEQUOTAS, { namespace, name: 'enough' });
    expect(status?.used).toEqual({ pods: '5', 'count/statefulsets.apps': '1' });
    expect((await client.list(PERSISTENTVOLUMECLAIMS, { namespace })).items.map(({ status }) => status?.phase)).toEqual([
      'Bound',
      'Bound',
      'Bound',
    ]);

    // A drain: cordon, evict, wait for the replacement elsewhere.
    const drained = (await client.get(PODS, { namespace, name: 'db-0' })).spec?.nodeName ?? '';
    await client.patch(NODES, { name: drained }, { type: 'merge', body: { spec: { unschedulable: true } } });
    for (const pod of (await client.list(PODS, { namespace })).items.filter(({ spec }) => spec?.nodeName === drained)) {
      await client.createSubresource(PODS, { namespace, name: pod.metadata.name ?? '' }, 'eviction', {
        metadata: { name: pod.metadata.name, namespace },
      });
      await clock.advance(30_000);
    }
    expect((await ready()).length).toBe(5);

    // A node that is heard of once and then never again, with a pod on it.
    await client.create(NODES, { metadata: { name: 'lost' } });
    await client.patch(
      NODES,
      { name: 'lost' },
      { type: 'merge', body: { status: { conditions: [readyNow(clock.now())] } } },
      { subresource: 'status' },
    );
    await client.create(PODS, {
      metadata: { name: 'stranded', namespace },
      spec: { nodeName: 'lost', containers: [{ name: 'c', image: 'x' }] },
    });
    await clock.advance(500_000);
    expect((await client.get(PODS, { namespace, name: 'stranded' })).metadata.deletionTimestamp).toBeDefined();
    await client.delete(NODES, { name: 'lost' });
    await clock.advance(120_000);

    await client.delete(NAMESPACES, { name: namespace });
    await clock.advance(120_000);
    await expect(client.get(NAMESPACES, { name: namespace })).rejects.toMatchObject({ code: 404 });
    expect(refusals).toEqual([]);

    // That the ear works: these may not do what they now try.
    const { handle } = cluster.server;
    await expect(clientOf(handle, systemAccount('statefulset-controller')).list(SECRETS)).rejects.toMatchObject({ code: 403 });
    await expect(clientOf(handle, nodeUser('n1')).get(SECRETS, { namespace, name: 'password' })).rejects.toMatchObject({ code: 403 });
    expect(refusals.length).toBe(2);
    const stopped = cluster.stop();
    await clock.advance(30_000);
    await stopped;
  });
});

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

function readyNow(now: number) {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  return { type: 'Ready', status: 'True', reason: 'KubeletReady', message: '', lastHeartbeatTime: time, lastTransitionTime: time };
}
