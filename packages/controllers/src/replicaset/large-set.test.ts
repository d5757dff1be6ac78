import { type Pod, PODS, type ReplicaSet, REPLICASETS } from '@holdfast/schema';
import { expect, test } from 'vitest';
import { testCluster } from '../service-pods/cluster.suite.ts';
import { replicaSetController } from './replica-set-controller.ts';

const READY = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] };

/** How many numbers of ready pods a set's status goes through when its pods become Ready in one turn. */
async function statusesOf(replicas: number): Promise<readonly (number | undefined)[]> {
  await using cluster = await testCluster(replicaSetController);
  const { client, manager } = cluster;
  const labels = { app: 'web' };
  const set: ReplicaSet = {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
    },
  };
  await client.create(REPLICASETS, set);
  await cluster.settled();
  const pods: readonly Pod[] = (await client.list(PODS, { namespace: 'default' })).items;
  expect(pods).toHaveLength(replicas);
  const seen: (number | undefined)[] = [];
  manager.informers.informer(REPLICASETS).addHandler(({ object }) => {
    if (object.status?.readyReplicas !== seen.at(-1)) seen.push(object.status?.readyReplicas);
  });
  await Promise.all(pods.map((pod) => client.updateStatus(PODS, { ...pod, status: READY })));
  await cluster.settled();
  return seen;
}

test('the status of a large set is written once in a turn, and is right at the end', async () => {
  const seen = await statusesOf(60);
  expect(seen.at(-1)).toBe(60);
  expect(seen.length).toBeLessThan(6);
});

test('the status of a small set is as right', async () => {
  const seen = await statusesOf(3);
  expect(seen.at(-1)).toBe(3);
});
