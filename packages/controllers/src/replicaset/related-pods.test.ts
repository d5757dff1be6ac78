// Which pods go, by the pods of the other sets of the same deployment.
import { PODS, REPLICASETS } from '@holdfast/schema';
import { expect, test } from 'vitest';
import { testCluster, type TestCluster } from '../service-pods/cluster.suite.ts';
import { replicaSetController } from './replica-set-controller.ts';

const OWNER = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'web-uid', controller: true };

/** A set with a pod on each of the nodes; the first is the oldest. */
async function createSet({ client, clock }: TestCluster, name: string, nodes: readonly string[], owner = OWNER): Promise<void> {
  const labels = { app: 'web', set: name };
  for (const nodeName of nodes) {
    const spec = { nodeName, containers: [{ name: 'c', image: 'web:1' }] };
    const pod = await client.create(PODS, { metadata: { namespace: 'default', name: `${name}-${nodeName}`, labels }, spec });
    await client.updateStatus(PODS, { ...pod, status: { phase: 'Running' } });
    await clock.advance(60_000);
  }
  await client.create(REPLICASETS, {
    metadata: { namespace: 'default', name, ownerReferences: [owner] },
    spec: {
      replicas: nodes.length,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
    },
  });
  await clock.advance(1000);
}

async function scaled({ client, clock }: TestCluster, name: string, replicas: number): Promise<readonly (string | undefined)[]> {
  await client.patch(REPLICASETS, { namespace: 'default', name }, { type: 'merge', body: { spec: { replicas } } });
  await clock.advance(1000);
  const { items } = await client.list(PODS, { namespace: 'default' });
  return items
    .filter(({ metadata }) => metadata.labels?.['set'] === name && !metadata.deletionTimestamp)
    .map(({ metadata }) => metadata.name);
}

test("a pod goes from the node that has most of its deployment's, those of older sets included", async () => {
  await using cluster = await testCluster(replicaSetController);
  await createSet(cluster, 'old', ['a']);
  await createSet(cluster, 'new', ['a', 'b']);
  expect(await scaled(cluster, 'new', 1)).toEqual(['new-b']);
});

test('pods of another deployment crowd no node', async () => {
  await using cluster = await testCluster(replicaSetController);
  await createSet(cluster, 'other', ['a'], { ...OWNER, uid: 'other-uid' });
  await createSet(cluster, 'new', ['a', 'b']);
  expect(await scaled(cluster, 'new', 1)).toEqual(['new-a']);
});
