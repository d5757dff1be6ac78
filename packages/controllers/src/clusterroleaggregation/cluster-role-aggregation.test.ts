import { CLUSTERROLES } from '@holdfast/schema';
import { expect, test } from 'vitest';
import { testCluster } from '../service-pods/cluster.suite.ts';
import { aggregatedRules, clusterRoleAggregationController } from './cluster-role-aggregation-controller.ts';

const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
const foos = { apiGroups: ['ex.io'], resources: ['foos'], verbs: ['get'] };
const part = (
  name: string,
  ...rules: readonly (typeof pods)[]
): { metadata: { name: string; labels: { part: string } }; rules: readonly (typeof pods)[] } => ({
  metadata: { name, labels: { part: 'x' } },
  rules,
});
const whole = { metadata: { name: 'whole' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'x' } }] } };

test('rules are taken in the order of names, each once, never from the role itself', () => {
  const labelled = { ...whole, metadata: { ...whole.metadata, labels: { part: 'x' } }, rules: [foos] };
  expect(aggregatedRules(labelled, [part('b', pods), labelled, part('a', foos, pods)])).toEqual([foos, pods]);
});

test('a role follows what it is put together from', async () => {
  await using cluster = await testCluster(clusterRoleAggregationController);
  const { client } = cluster;
  const rules = async (name: string): Promise<unknown> => {
    await cluster.settled();
    return (await client.get(CLUSTERROLES, { name })).rules;
  };
  await client.create(CLUSTERROLES, part('a', pods));
  await client.create(CLUSTERROLES, whole);
  expect(await rules('whole')).toEqual([pods]);
  await client.create(CLUSTERROLES, part('b', foos));
  expect(await rules('whole')).toEqual([pods, foos]);
  await client.delete(CLUSTERROLES, { name: 'a' });
  expect(await rules('whole')).toEqual([foos]);
});

test('the roles that people bind are filled', async () => {
  await using cluster = await testCluster(clusterRoleAggregationController);
  await cluster.settled();
  for (const name of ['view', 'edit', 'admin'])
    expect((await cluster.client.get(CLUSTERROLES, { name })).rules).toContainEqual(
      expect.objectContaining({ apiGroups: [''], verbs: ['get', 'list', 'watch'] }),
    );
});
