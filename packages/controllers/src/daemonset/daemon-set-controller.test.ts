// A daemon set against a real API server: how fast it makes pods, and what becomes of those that end.
import { createTestServer } from '@holdfast/apiserver/testing';
import { createClient, type Fault, inProcessTransport, type Transport, type TransportRequest } from '@holdfast/client';
import { FakeClock, seededRandom } from '@holdfast/clock';
import { createManager, silentLogger } from '@holdfast/controller';
import { DAEMONSETS, type DaemonSet, EVENTS, NODES, type Pod, PODS } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { faultyCluster, testCluster, type TestCluster } from '../service-pods/cluster.suite.ts';
import { daemonSetController } from './daemon-set-controller.ts';

const SET: DaemonSet = {
  metadata: { namespace: 'default', name: 'log' },
  spec: {
    selector: { matchLabels: { app: 'log' } },
    template: { metadata: { labels: { app: 'log' } }, spec: { containers: [{ name: 'c', image: 'log:1' }] } },
  },
};

async function createNodes({ client }: TestCluster, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const node = await client.create(NODES, { metadata: { name: `n${at}` } });
    await client.update(NODES, { ...node, spec: { ...node.spec, taints: [] } });
  }
}

async function podsOf({ client }: TestCluster): Promise<readonly Pod[]> {
  return (await client.list(PODS, { namespace: 'default' })).items;
}

/** Ends the only pod. Returns its name. */
async function failPod(cluster: TestCluster): Promise<string> {
  const [pod] = await podsOf(cluster);
  if (!pod) throw new Error('there is no pod');
  await cluster.client.updateStatus(PODS, { ...pod, status: { ...pod.status, phase: 'Failed' } });
  return pod.metadata.name ?? '';
}

/** 'Warning FailedDaemonPod Found …' */
async function eventsOf({ client }: Pick<TestCluster, 'client'>): Promise<readonly string[]> {
  return (await client.list(EVENTS, { namespace: 'default' })).items.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
}

const isCreation = ({ method, path }: TransportRequest): boolean => method === 'POST' && path.endsWith('/pods');
const isDeletion = ({ method, path }: TransportRequest): boolean => method === 'DELETE' && path.includes('/pods/');
const isStatus = ({ method, path }: TransportRequest): boolean => method === 'PUT' && path.endsWith('/daemonsets/log/status');

describe('a daemon set', () => {
  test('whose pods are refused asks for one only in each pass', async () => {
    let asked = 0;
    const refuse = (request: TransportRequest): Fault | undefined => {
      if (!isCreation(request)) return undefined;
      asked++;
      return 'unavailable';
    };
    await using cluster = await faultyCluster(refuse, daemonSetController);
    await createNodes(cluster, 10);
    await cluster.client.create(DAEMONSETS, SET);
    await cluster.clock.advance(4);
    // The second pass is woken by the first one's status.
    expect(asked).toBe(2);
  });

  test('makes 250 pods in a pass at most, and deletes as many', async () => {
    const passes: { made: number; deleted: number }[] = [{ made: 0, deleted: 0 }];
    const count = (request: TransportRequest): undefined => {
      const pass = passes.at(-1);
      if (pass && isCreation(request)) pass.made++;
      if (pass && isDeletion(request)) pass.deleted++;
      if (isStatus(request)) passes.push({ made: 0, deleted: 0 });
    };
    await using cluster = await faultyCluster(count, daemonSetController);
    await createNodes(cluster, 260);
    await cluster.client.create(DAEMONSETS, SET);
    await cluster.settled();
    expect(await podsOf(cluster)).toHaveLength(260);
    expect(passes.map(({ made }) => made).filter((made) => made > 0)).toEqual([250, 10]);
    const body = { spec: { template: { spec: { nodeSelector: { on: 'no-node' } } } } };
    await cluster.client.patch(DAEMONSETS, { namespace: 'default', name: 'log' }, { type: 'merge', body });
    await cluster.settled();
    expect(await podsOf(cluster)).toEqual([]);
    expect(passes.map(({ deleted }) => deleted).filter((deleted) => deleted > 0)).toEqual([250, 10]);
  });

  test('replaces a pod that failed at once, the next one on its node after 1 s, and then after 2 s, 4 s, ...', async () => {
    await using cluster = await testCluster(daemonSetController);
    await createNodes(cluster, 1);
    await cluster.client.create(DAEMONSETS, SET);
    await cluster.settled();
    const names: string[] = [await failPod(cluster)];
    await cluster.settled();
    for (const waitMs of [1000, 2000, 4000]) {
      const name = await failPod(cluster);
      names.push(name);
      await cluster.clock.advance(waitMs - 1);
      expect((await podsOf(cluster)).map(({ metadata }) => metadata.name)).toEqual([name]);
      await cluster.settled();
      expect((await podsOf(cluster)).map(({ status }) => status?.phase)).toEqual(['Pending']);
    }
    await cluster.clock.advance(2000);
    const expected = names.map((name) => `Warning FailedDaemonPod Found failed daemon pod default/${name} on node n0, will try to kill it`);
    expect((await eventsOf(cluster)).filter((event) => event.includes('FailedDaemonPod'))).toEqual(expected);
  });

  test('tells of a pod that has succeeded, and replaces it at once', async () => {
    await using cluster = await testCluster(daemonSetController);
    await createNodes(cluster, 1);
    await cluster.client.create(DAEMONSETS, SET);
    await cluster.settled();
    const [pod] = await podsOf(cluster);
    if (!pod) throw new Error('the node has no pod');
    await cluster.client.updateStatus(PODS, { ...pod, status: { ...pod.status, phase: 'Succeeded' } });
    await cluster.clock.advance(2000);
    expect((await podsOf(cluster)).map(({ status }) => status?.phase)).toEqual(['Pending']);
    const message = `Found succeeded daemon pod default/${pod.metadata.name} on node n0, will try to delete it`;
    expect(await eventsOf(cluster)).toContain(`Normal SucceededDaemonPod ${message}`);
  });

  test('that selects all pods, as no server lets one do now, has none', async () => {
    const clock = new FakeClock();
    const bugs: unknown[] = [];
    const server = createTestServer({ clock, onBug: (error) => bugs.push(error) });
    const transport = inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] });
    const client = createClient(transport);
    await client.create(NODES, { metadata: { name: 'n0' } });
    await client.create(DAEMONSETS, SET);
    const stop = new AbortController();
    const manager = createManager({
      client: createClient(withEmptySelectors(transport)),
      clock,
      random: seededRandom(1),
      log: silentLogger,
      components: [daemonSetController],
    });
    await manager.start(stop.signal);
    await clock.advance(2000);
    const told = await eventsOf({ client });
    stop.abort();
    await manager.stopped();
    const pods = (await client.list(PODS, { namespace: 'default' })).items;
    await server.close();
    expect(told).toEqual(['Warning SelectingAll This daemon set is selecting all pods. A non-empty selector is required.']);
    expect(pods).toEqual([]);
    expect(bugs).toEqual([]);
  });
});

/** Lists daemon sets as an early server may have kept them. */
function withEmptySelectors(transport: Transport): Transport {
  return {
    ...transport,
    async request(request) {
      const answer = await transport.request(request);
      if (request.method !== 'GET' || !request.path.endsWith('/daemonsets')) return answer;
      const list = answer.object as { readonly items: readonly DaemonSet[] };
      return { ...answer, object: { ...list, items: list.items.map((set) => ({ ...set, spec: { ...set.spec, selector: {} } })) } };
    },
  };
}
