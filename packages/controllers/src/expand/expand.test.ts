import { EVENTS, PERSISTENTVOLUMECLAIMS, STORAGECLASSES } from '@holdfast/schema';
import { expect, test } from 'vitest';
import { testCluster } from '../service-pods/cluster.suite.ts';
import { expandController } from './expand-controller.ts';

const namespace = 'default';

test('a claim that asks for more than it has is told whom it waits for, once for each time that it asks', async () => {
  await using cluster = await testCluster(expandController);
  const { client } = cluster;
  await client.create(STORAGECLASSES, { metadata: { name: 'big' }, provisioner: 'x.example.com', allowVolumeExpansion: true });
  const claim = await client.create(PERSISTENTVOLUMECLAIMS, {
    metadata: { name: 'data', namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeName: 'pv', storageClassName: 'big' },
  });
  const status = { phase: 'Bound', capacity: { storage: '1Gi' } };
  await client.updateStatus(PERSISTENTVOLUMECLAIMS, { ...claim, status });
  const told = async (): Promise<readonly string[]> => {
    await cluster.settled();
    return (await client.list(EVENTS, { namespace })).items.map(
      ({ type, reason, message, count }) => `${count} ${type} ${reason} ${message}`,
    );
  };
  const ask = (storage: string): Promise<unknown> =>
    client.patch(
      PERSISTENTVOLUMECLAIMS,
      { namespace, name: 'data' },
      { type: 'merge', body: { spec: { resources: { requests: { storage } } } } },
    );
  expect(await told()).toEqual([]);
  await ask('2Gi');
  expect(await told()).toEqual(['1 Normal ExternalExpanding waiting for an external controller to expand this PVC']);
  // A change of something else is no new request.
  await client.patch(PERSISTENTVOLUMECLAIMS, { namespace, name: 'data' }, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
  expect(await told()).toEqual(['1 Normal ExternalExpanding waiting for an external controller to expand this PVC']);
  await ask('3Gi');
  expect(await told()).toEqual(['2 Normal ExternalExpanding waiting for an external controller to expand this PVC']);
});
