// From a silent node to the replacement of its pods: what is written when, in simulated time.
import { formatTime } from '@holdfast/clock';
import { EVENTS, LEASES, NODES, PODS } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { podGcController } from '../podgc/pod-gc-controller.ts';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { taintEvictionController } from '../tainteviction/taint-eviction-controller.ts';
import { nodeLifecycleController } from './node-lifecycle-controller.ts';
import { evictionRate, type NodeState, zoneState } from './zones.ts';

const namespace = 'default';
const NO_EXECUTE = 'node.kubernetes.io/unreachable NoExecute';
const NO_SCHEDULE = 'node.kubernetes.io/unreachable NoSchedule';

/** A cluster with nodes n1 to n<count>; those in `alive` renew their leases. */
async function start(count: number): Promise<{ readonly cluster: TestCluster; readonly alive: Set<string> }> {
  const cluster = await testCluster(nodeLifecycleController, taintEvictionController, podGcController);
  const alive = new Set<string>();
  for (let index = 1; index <= count; index++) {
    const name = `n${index}`;
    alive.add(name);
    await cluster.client.create(NODES, { metadata: { name } });
    const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
      type,
      status: type === 'Ready' ? 'True' : 'False',
      reason: 'KubeletReady',
      lastHeartbeatTime: formatTime(cluster.clock.now()),
      lastTransitionTime: formatTime(cluster.clock.now()),
    }));
    await cluster.client.patch(NODES, { name }, { type: 'merge', body: { status: { conditions } } }, { subresource: 'status' });
    await cluster.client.create(LEASES, { metadata: { name, namespace: 'kube-node-lease' }, spec: { holderIdentity: name } });
  }
  await pass(cluster, alive, 10);
  return { cluster, alive };
}

/** Lets time pass while live nodes renew their leases every ten seconds. */
async function pass({ client, clock }: TestCluster, alive: ReadonlySet<string>, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 10) {
    for (const name of alive) {
      const lease = await client.get(LEASES, { namespace: 'kube-node-lease', name });
      const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z');
      await client.update(LEASES, { ...lease, spec: { ...lease.spec, renewTime } });
    }
    await clock.advance(Math.min(left, 10) * 1000);
  }
}

const taintsOf = async ({ client }: TestCluster, name: string): Promise<readonly string[]> =>
  ((await client.get(NODES, { name })).spec?.taints ?? []).map(({ key, effect }) => `${key} ${effect}`).toSorted();

async function addPod({ client }: TestCluster, name: string, nodeName: string, tolerationSeconds?: number | 'forever'): Promise<void> {
  const seconds = tolerationSeconds === 'forever' ? {} : { tolerationSeconds };
  const tolerations = ['not-ready', 'unreachable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    ...seconds,
  }));
  const pod = await client.create(PODS, {
    metadata: { name, namespace },
    spec: {
      nodeName,
      automountServiceAccountToken: false,
      containers: [{ name: 'c', image: 'db:1' }],
      ...(tolerationSeconds === undefined ? {} : { tolerations }),
    },
  });
  const containerStatuses = [{ name: 'c', ready: true, restartCount: 0, image: 'db:1', imageID: '' }];
  await client.updateStatus(PODS, {
    ...pod,
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses },
  });
}

const podOf = ({ client }: TestCluster, name: string) => client.get(PODS, { namespace, name });
const isLeaving = async (cluster: TestCluster, name: string): Promise<boolean> =>
  (await podOf(cluster, name)).metadata.deletionTimestamp !== undefined;

const eventsOf = async ({ client }: TestCluster, name: string): Promise<readonly string[]> =>
  (await client.list(EVENTS)).items
    .filter(({ involvedObject }) => involvedObject?.name === name)
    .map(({ type, reason, message }) => `${type} ${reason} ${message}`);

describe('a node that falls silent', () => {
  test('is Unknown after 50 s, tainted at once, its pods are unready; 300 s later they go, without a word to any budget', async () => {
    const { cluster, alive } = await start(3);
    await using _ = cluster;
    await addPod(cluster, 'web-0', 'n1');
    await addPod(cluster, 'agent', 'n1', 'forever');
    alive.delete('n1');
    await pass(cluster, alive, 40);
    expect(await taintsOf(cluster, 'n1')).toEqual([]);
    await pass(cluster, alive, 30);
    const { status } = await cluster.client.get(NODES, { name: 'n1' });
    expect(status?.conditions?.map(({ type, status: is, reason, message }) => [type, is, reason, message])).toEqual(
      ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => [
        type,
        'Unknown',
        'NodeStatusUnknown',
        'Kubelet stopped posting node status.',
      ]),
    );
    expect(await taintsOf(cluster, 'n1')).toEqual([NO_EXECUTE, NO_SCHEDULE]);
    const pod = await podOf(cluster, 'web-0');
    expect(pod.status?.conditions).toMatchObject([{ type: 'Ready', status: 'False' }]);
    // Of what its containers do nobody knows anything, so nothing is said of them.
    expect(pod.status?.containerStatuses?.[0]?.ready).toBe(true);
    expect(await eventsOf(cluster, 'web-0')).toEqual(['Warning NodeNotReady Node is not ready']);
    expect(await eventsOf(cluster, 'n1')).toEqual(['Normal NodeNotReady Node n1 status is now: NodeNotReady']);
    await pass(cluster, alive, 270);
    expect(await isLeaving(cluster, 'web-0')).toBe(false);
    await pass(cluster, alive, 50);
    expect((await podOf(cluster, 'web-0')).status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      }),
    );
    expect(await eventsOf(cluster, 'web-0')).toContain('Normal TaintManagerEviction Marking for deletion Pod default/web-0');
    // Nobody finishes the deletion: the pod stays Terminating for as long as the node is silent.
    await pass(cluster, alive, 3600);
    expect([await isLeaving(cluster, 'web-0'), await isLeaving(cluster, 'agent')]).toEqual([true, false]);
  });

  test('that comes back in time keeps its pods, and they are told', async () => {
    const { cluster, alive } = await start(3);
    await using _ = cluster;
    await addPod(cluster, 'web-0', 'n1');
    alive.delete('n1');
    await pass(cluster, alive, 120);
    alive.add('n1');
    const node = await cluster.client.get(NODES, { name: 'n1' });
    const conditions = (node.status?.conditions ?? []).map((one) => ({
      ...one,
      status: one.type === 'Ready' ? 'True' : 'False',
      lastHeartbeatTime: formatTime(cluster.clock.now()),
    }));
    await cluster.client.updateStatus(NODES, { ...node, status: { ...node.status, conditions } });
    await pass(cluster, alive, 20);
    expect(await taintsOf(cluster, 'n1')).toEqual([]);
    expect(await eventsOf(cluster, 'web-0')).toContain('Normal TaintManagerEviction Cancelling deletion of Pod default/web-0');
    await pass(cluster, alive, 600);
    expect(await isLeaving(cluster, 'web-0')).toBe(false);
  });

  test('pods may stay for as long as they tolerate it, from when the taint is seen', async () => {
    const { cluster, alive } = await start(3);
    await using _ = cluster;
    await addPod(cluster, 'short', 'n1', 20);
    alive.delete('n1');
    await pass(cluster, alive, 60);
    expect(await isLeaving(cluster, 'short')).toBe(false);
    await pass(cluster, alive, 40);
    expect(await isLeaving(cluster, 'short')).toBe(true);
  });

  test('when all nodes are silent, nobody is evicted', async () => {
    const { cluster, alive } = await start(2);
    await using _ = cluster;
    await addPod(cluster, 'web-0', 'n1');
    alive.clear();
    await pass(cluster, alive, 1200);
    expect(await taintsOf(cluster, 'n1')).toEqual([NO_SCHEDULE]);
    expect(await isLeaving(cluster, 'web-0')).toBe(false);
  });

  test('one node of a zone after the other: one in ten seconds', async () => {
    const { cluster, alive } = await start(6);
    await using _ = cluster;
    alive.delete('n1');
    alive.delete('n2');
    const tainted = async (): Promise<number> => {
      const all = await Promise.all(['n1', 'n2'].map((name) => taintsOf(cluster, name)));
      return all.filter((taints) => taints.includes(NO_EXECUTE)).length;
    };
    await pass(cluster, alive, 40);
    const seen: number[] = [];
    for (let step = 0; step < 6; step++) {
      await pass(cluster, alive, 5);
      seen.push(await tainted());
    }
    expect(seen).toContain(1);
    expect(seen.at(-1)).toBe(2);
  });
});

describe('zones', () => {
  const nodes = (ready: number, down: number): readonly NodeState[] =>
    Array.from({ length: ready + down }, (_, index) => ({ zone: '', ready: index < ready }));

  test.each([
    [3, 0, 'Normal'],
    [1, 2, 'Normal'],
    [2, 3, 'PartialDisruption'],
    [3, 3, 'Normal'],
    [0, 1, 'FullDisruption'],
    [0, 3, 'FullDisruption'],
  ] as const)('%i ready and %i down: %s', (ready, down, state) => {
    expect(zoneState(nodes(ready, down))).toBe(state);
  });

  test('rates: none in a small zone that is half down, little in a large one', () => {
    expect([
      evictionRate('Normal', 10),
      evictionRate('PartialDisruption', 50),
      evictionRate('PartialDisruption', 51),
      evictionRate('FullDisruption', 9),
    ]).toEqual([0.1, 0, 0.01, 0.1]);
  });
});

describe('pods that nobody else clears away', () => {
  test('of a node that is gone: after 40 s of quarantine, Failed first', async () => {
    const { cluster, alive } = await start(2);
    await using _ = cluster;
    await addPod(cluster, 'web-0', 'n1');
    alive.delete('n1');
    await cluster.client.delete(NODES, { name: 'n1' });
    await pass(cluster, alive, 40);
    expect((await podOf(cluster, 'web-0')).status?.phase).toBe('Running');
    await pass(cluster, alive, 40);
    await expect(podOf(cluster, 'web-0')).rejects.toThrow('not found');
  });

  test('Terminating ones of a node that is out of service', async () => {
    const { cluster, alive } = await start(3);
    await using _ = cluster;
    await addPod(cluster, 'web-0', 'n1');
    alive.delete('n1');
    await pass(cluster, alive, 420);
    expect(await isLeaving(cluster, 'web-0')).toBe(true);
    const node = await cluster.client.get(NODES, { name: 'n1' });
    const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' };
    await cluster.client.update(NODES, { ...node, spec: { ...node.spec, taints: [...(node.spec?.taints ?? []), taint] } });
    await pass(cluster, alive, 30);
    await expect(podOf(cluster, 'web-0')).rejects.toThrow('not found');
  });

  test('Terminating ones that were never on a node', async () => {
    const { cluster, alive } = await start(1);
    await using _ = cluster;
    await cluster.client.create(PODS, {
      metadata: { name: 'waiting', namespace, finalizers: ['example.com/x'] },
      spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'db:1' }] },
    });
    await cluster.client.delete(PODS, { namespace, name: 'waiting' });
    await pass(cluster, alive, 30);
    expect((await podOf(cluster, 'waiting')).status?.phase).toBe('Failed');
  });
});
