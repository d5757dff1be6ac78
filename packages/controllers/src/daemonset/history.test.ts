// The revisions of a daemon set, against a real API server.
import { type ControllerRevision, CONTROLLERREVISIONS, type DaemonSet, DAEMONSETS, NODES, type Pod, PODS } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { sortRevisions } from '../history/revisions.ts';
import { testCluster, type TestCluster } from '../service-pods/cluster.suite.ts';
import { daemonSetController } from './daemon-set-controller.ts';
import { surplusRevisions } from './history.ts';
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

  test('of several that keep the same the one with the highest number stays, and has the pods of all', async () => {
    await using cluster = await testCluster(daemonSetController);
    const { client } = cluster;
    await createNode(cluster, 'one');
    await createSet(cluster);
    const [first] = await revisionsOf(cluster);
    const [pod] = await podsOf(cluster);
    const { metadata, ...kept } = first ?? { metadata: {} };
    const labels = { ...metadata.labels, [REVISION_LABEL]: 'twin' };
    await client.create(CONTROLLERREVISIONS, {
      ...kept,
      metadata: { namespace: 'default', name: 'log-twin', labels, ownerReferences: metadata.ownerReferences },
      revision: 5,
    });
    await cluster.settled();
    expect((await revisionsOf(cluster)).map((one) => [one.metadata.name, one.revision])).toEqual([['log-twin', 5]]);
    expect((await podsOf(cluster)).map((one) => [one.metadata.uid, one.metadata.labels?.[REVISION_LABEL]])).toEqual([
      [pod?.metadata.uid, 'twin'],
    ]);
  });

  test('a pod of an older template stays one of it when others are merged', async () => {
    await using cluster = await testCluster(daemonSetController);
    const { client } = cluster;
    await createNode(cluster, 'one');
    await createSet(cluster, { updateStrategy: { type: 'OnDelete' } });
    await setImage(cluster, 'log:2');
    const [first, second] = await revisionsOf(cluster);
    const { metadata, ...kept } = second ?? { metadata: {} };
    const labels = { ...metadata.labels, [REVISION_LABEL]: 'twin' };
    const twin = { namespace: 'default', name: 'log-twin', labels, ownerReferences: metadata.ownerReferences };
    await client.create(CONTROLLERREVISIONS, { ...kept, metadata: twin });
    await cluster.settled();
    expect(await namesOf(cluster)).toHaveLength(2);
    expect((await podsOf(cluster)).map((one) => one.metadata.labels?.[REVISION_LABEL])).toEqual([first?.metadata.labels?.[REVISION_LABEL]]);
  });

  test('one without the label of its pods gets its name for it', async () => {
    await using cluster = await testCluster(daemonSetController);
    const { client } = cluster;
    const data = { spec: { template: { spec: { containers: [{ name: 'c', image: 'log:0' }] }, $patch: 'replace' } } };
    await client.create(CONTROLLERREVISIONS, {
      metadata: { namespace: 'default', name: 'log-0', labels: { app: 'log' } },
      data,
      revision: 4,
    });
    await createSet(cluster);
    const [old, current] = await revisionsOf(cluster);
    expect(old?.metadata.labels).toEqual({ app: 'log', [REVISION_LABEL]: 'log-0' });
    expect(current).toMatchObject({ revision: 5 });
  });
});

describe('the history of a daemon set', () => {
  test('is cut to revisionHistoryLimit, the oldest first', async () => {
    await using cluster = await testCluster(daemonSetController);
    await createSet(cluster, { revisionHistoryLimit: 2 });
    for (let image = 2; image <= 6; image++) await setImage(cluster, `log:${image}`);
    expect((await revisionsOf(cluster)).map(({ revision }) => revision)).toEqual([4, 5, 6]);
    await cluster.client.patch(DAEMONSETS, KEY, { type: 'merge', body: { spec: { revisionHistoryLimit: 0 } } });
    await cluster.settled();
    expect((await revisionsOf(cluster)).map(({ revision }) => revision)).toEqual([6]);
  });

  test('keeps what a pod is of, whatever the limit, until that pod is gone', async () => {
    await using cluster = await testCluster(daemonSetController);
    await createNode(cluster, 'one');
    await createSet(cluster, { revisionHistoryLimit: 1, updateStrategy: { type: 'OnDelete' } });
    for (let image = 2; image <= 4; image++) await setImage(cluster, `log:${image}`);
    const [pod] = await podsOf(cluster);
    expect((await revisionsOf(cluster)).map(({ revision }) => revision)).toEqual([1, 4]);
    await cluster.client.delete(PODS, { namespace: 'default', name: pod?.metadata.name ?? '' }, { gracePeriodSeconds: 0 });
    await setImage(cluster, 'log:5');
    expect((await revisionsOf(cluster)).map(({ revision }) => revision)).toEqual([4, 5]);
  });

  test('a live revision counts towards the limit: older ones beyond it go in its place', () => {
    const old = [1, 2, 3, 4].map((revision) => ({ metadata: { labels: { [REVISION_LABEL]: `r${revision}` } }, revision }));
    const podOf = (hash: string): Pod => ({ metadata: { labels: { [REVISION_LABEL]: hash } } });
    const surplus = (revisionHistoryLimit: number, ...hashes: readonly string[]): readonly number[] =>
      surplusRevisions({ metadata: {}, spec: { revisionHistoryLimit, selector: {}, template: {} } }, old, hashes.map(podOf)).map(
        ({ revision }) => revision ?? 0,
      );
    expect(surplus(2)).toEqual([1, 2]);
    expect(surplus(2, 'r1')).toEqual([2, 3]);
    expect(surplus(0, 'r2', 'r4')).toEqual([1, 3]);
    expect(surplus(4)).toEqual([]);
  });
});
