// The revisions of a daemon set, against a real API server.
import { type ControllerRevision, CONTROLLERREVISIONS, type DaemonSet, DAEMONSETS, NODES, type Pod, PODS } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { sortRevisions } from '../history/revisions.ts';
import { testCluster, type TestCluster } from '../service-pods/cluster.suite.ts';
import { daemonSetController } from './daemon-set-controller.ts';
import { REVISION_LABEL } from './placement.ts';

const KEY = { namespace: 'default', name: 'log' };

async function createSet(cluster: TestCluster, spec: Partial<NonNullable<DaemonSet['spec']>> = {}): Promise<void> {
  const template = { metadata: { labels: { app: 'log' } }, spec: { containers: [{ name: 'c', image: 'log:1' }] } };
  await cluster.client.create(DAEMONSETS, { metadata: KEY, spec: { selector: { matchLabels: { app: 'log' } }, template, ...spec } });
  await cluster.settled();
}

/** A node that is ready. */
async function createNode({ client }: TestCluster, name: string): Promise<void> {
  const node = await client.create(NODES, { metadata: { name } });
  await client.update(NODES, { ...node, spec: { ...node.spec, taints: [] } });
}

async function setImage(cluster: TestCluster, image: string): Promise<void> {
  const body = { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } };
  await cluster.client.patch(DAEMONSETS, KEY, { type: 'strategic', body });
  await cluster.settled();
}

/** Oldest first. */
async function revisionsOf({ client }: TestCluster): Promise<readonly ControllerRevision[]> {
  return sortRevisions((await client.list(CONTROLLERREVISIONS, { namespace: 'default' })).items);
}

const namesOf = async (cluster: TestCluster): Promise<readonly (string | undefined)[]> =>
  (await revisionsOf(cluster)).map(({ metadata }) => metadata.name);

async function podsOf({ client }: TestCluster): Promise<readonly Pod[]> {
  return (await client.list(PODS, { namespace: 'default' })).items;
}

describe('the revisions of a daemon set', () => {
  test('a template that was there before gets its revision back, with the highest number', async () => {
    await using cluster = await testCluster(daemonSetController);
    await createSet(cluster);
    await setImage(cluster, 'log:2');
    const [first, second] = await namesOf(cluster);
    await setImage(cluster, 'log:1');
    expect((await revisionsOf(cluster)).map(({ metadata, revision }) => [metadata.name, revision])).toEqual([
      [second, 2],
      [first, 3],
    ]);
  });

  test("carries the set's annotations, the cause of the change among them", async () => {
    await using cluster = await testCluster(daemonSetController);
    await createSet(cluster);
    await cluster.client.patch(DAEMONSETS, KEY, {
      type: 'merge',
      body: { metadata: { annotations: { 'kubernetes.io/change-cause': 'a new image' } } },
    });
    await setImage(cluster, 'log:2');
    expect((await revisionsOf(cluster)).at(-1)?.metadata.annotations).toMatchObject({ 'kubernetes.io/change-cause': 'a new image' });
  });

  test('another revision of its name raises collisionCount and is left alone', async () => {
    await using cluster = await testCluster(daemonSetController);
    const { client } = cluster;
    await createNode(cluster, 'one');
    await createSet(cluster);
    const name = (await namesOf(cluster))[0] ?? '';
    await client.delete(DAEMONSETS, KEY, { propagationPolicy: 'Background' });
    await client.delete(CONTROLLERREVISIONS, { namespace: 'default', name });
    await client.create(CONTROLLERREVISIONS, { metadata: { namespace: 'default', name }, data: { of: 'somebody else' }, revision: 7 });
    await createSet(cluster, { updateStrategy: { type: 'OnDelete' } });
    await cluster.clock.advance(1000);
    const set = await client.get(DAEMONSETS, KEY);
    expect(set.status?.collisionCount).toBe(1);
    const [own, other] = await revisionsOf(cluster);
    expect(other).toMatchObject({ metadata: { name }, data: { of: 'somebody else' }, revision: 7 });
    expect(own).toMatchObject({ revision: 1, metadata: { ownerReferences: [{ uid: set.metadata.uid }] } });
    const labels = (await podsOf(cluster)).map(({ metadata }) => metadata.labels?.[REVISION_LABEL]);
    expect(labels).toContain(own?.metadata.name?.slice(KEY.name.length + 1));
  });
});
