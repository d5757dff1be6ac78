import { CONFIGMAPS, type KubeObject, type Pod, PODS, RESOURCEQUOTAS, SERVICES } from '@holdfast/schema';
import { expect, test } from 'vitest';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { resourceQuotaController } from './resource-quota-controller.ts';

const namespace = 'default';
const hard = { pods: '2', 'requests.cpu': '1', configmaps: '10', 'count/deployments.apps': '3', 'services.nodeports': '1' };

async function used({ client, settled }: Pick<TestCluster, 'client' | 'settled'>): Promise<unknown> {
  await settled();
  return (await client.get(RESOURCEQUOTAS, { namespace, name: 'q' })).status?.used;
}
const pod = (name: string): Pod & KubeObject => ({
  metadata: { namespace, name },
  spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '300m' } } }] },
});

test('counts what there is, and what becomes free', async () => {
  await using cluster = await testCluster(resourceQuotaController);
  const { client } = cluster;
  await client.create(CONFIGMAPS, { metadata: { namespace, name: 'm' } });
  await client.create(PODS, pod('early'));
  await client.create(RESOURCEQUOTAS, { metadata: { namespace, name: 'q' }, spec: { hard } });
  const before = { pods: '1', 'requests.cpu': '300m', configmaps: '1', 'count/deployments.apps': '0', 'services.nodeports': '0' };
  expect(await used(cluster)).toEqual(before);
  const made = await client.create(PODS, pod('late'));
  expect(await used(cluster)).toEqual({ ...before, pods: '2', 'requests.cpu': '600m' });
  await expect(client.create(PODS, pod('more'))).rejects.toThrow('exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2');
  // A pod that has ended counts no more.
  await client.updateStatus(PODS, { ...made, status: { phase: 'Succeeded' } });
  expect(await used(cluster)).toEqual(before);
  await client.create(PODS, pod('more'));
  await client.delete(PODS, { namespace, name: 'early' });
  await client.delete(CONFIGMAPS, { namespace, name: 'm' });
  expect(await used(cluster)).toEqual({ ...before, configmaps: '0' });
});

test('follows a quota that changes, and counts anew after five minutes', async () => {
  await using cluster = await testCluster(resourceQuotaController);
  const { client } = cluster;
  const quota = await client.create(RESOURCEQUOTAS, { metadata: { namespace, name: 'q' }, spec: { hard: { services: '1' } } });
  expect(await used(cluster)).toEqual({ services: '1' });
  // As though something had been charged that was not stored after all.
  const current = await client.get(RESOURCEQUOTAS, { namespace, name: 'q' });
  await client.updateStatus(RESOURCEQUOTAS, { ...current, status: { ...current.status, used: { services: '7' } } });
  await cluster.clock.advance(5 * 60_000 + 100);
  expect(await used(cluster)).toEqual({ services: '1' });
  await client.patch(
    RESOURCEQUOTAS,
    { namespace, name: quota.metadata.name ?? '' },
    { type: 'merge', body: { spec: { hard: { secrets: '4' } } } },
  );
  expect(await used(cluster)).toEqual({ services: '1', secrets: '0' });
  await client.delete(SERVICES, { namespace, name: 'kubernetes' });
  expect(await used(cluster)).toEqual({ services: '0', secrets: '0' });
});
