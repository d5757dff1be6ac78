import { EVENTS, PERSISTENTVOLUMECLAIMS, type Pod, PODS } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { ephemeralVolumeController } from './ephemeral-volume-controller.ts';

const namespace = 'default';
const CLAIM = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };

async function addPod(cluster: TestCluster): Promise<Pod> {
  const pod = await cluster.client.create(PODS, {
    metadata: { name: 'web-0', namespace },
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: 'c', image: 'db:1' }],
      volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata: { labels: { of: 'web' } }, ...CLAIM } } }],
    },
  });
  await cluster.settled();
  return pod;
}

describe('generic ephemeral volumes', () => {
  test('get a claim that is owned by the pod, and get it again when it was deleted', async () => {
    await using cluster = await testCluster(ephemeralVolumeController);
    const { metadata } = await addPod(cluster);
    const key = { namespace, name: 'web-0-scratch' };
    const claim = await cluster.client.get(PERSISTENTVOLUMECLAIMS, key);
    expect(claim).toMatchObject({
      metadata: {
        labels: { of: 'web' },
        ownerReferences: [{ kind: 'Pod', name: 'web-0', uid: metadata.uid, controller: true, blockOwnerDeletion: true }],
      },
      spec: CLAIM.spec,
    });
    await cluster.client.update(PERSISTENTVOLUMECLAIMS, { ...claim, metadata: { ...claim.metadata, finalizers: [] } });
    await cluster.client.delete(PERSISTENTVOLUMECLAIMS, key);
    await cluster.settled();
    expect((await cluster.client.get(PERSISTENTVOLUMECLAIMS, key)).metadata.uid).not.toBe(claim.metadata.uid);
  });

  test("never take a claim that is somebody else's", async () => {
    await using cluster = await testCluster(ephemeralVolumeController);
    await cluster.client.create(PERSISTENTVOLUMECLAIMS, { metadata: { name: 'web-0-scratch', namespace }, ...CLAIM });
    await addPod(cluster);
    const { items } = await cluster.client.list(EVENTS, { namespace });
    expect(items.map(({ type, reason, message }) => `${type} ${reason} ${message}`)).toEqual([
      'Warning FailedBinding ephemeral volume scratch: PVC default/web-0-scratch was not created for pod default/web-0 (pod is not owner)',
    ]);
  });
});
