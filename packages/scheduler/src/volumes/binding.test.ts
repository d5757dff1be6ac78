// From the choice of a node to bound claims: what the scheduler writes, what it waits for, and what it says when that does not come.
import { PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, type PersistentVolumeClaim, PODS, STORAGECLASSES } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { startTestScheduler, type TestScheduler, using } from '../test/test-scheduler.ts';

const CLASS = { metadata: { name: 'late' }, provisioner: 'disk.example.com', volumeBindingMode: 'WaitForFirstConsumer' };
const key = { namespace: 'default', name: 'data' };
const PREFIX = 'running PreBind plugin "VolumeBinding": binding volumes: ';

async function start(): Promise<TestScheduler> {
  const sim = await startTestScheduler();
  await sim.node('n1');
  await sim.client.create(STORAGECLASSES, CLASS);
  await sim.claim('data', { spec: { storageClassName: 'late' } });
  return sim;
}

const claimOf = (sim: TestScheduler): Promise<PersistentVolumeClaim> => sim.client.get(PERSISTENTVOLUMECLAIMS, key);

async function annotate(sim: TestScheduler, change: Readonly<Record<string, string | null>>, spec: object = {}): Promise<void> {
  await sim.client.patch(PERSISTENTVOLUMECLAIMS, key, { type: 'merge', body: { metadata: { annotations: change }, spec } });
  await sim.settled();
}

describe('binding of volumes', () => {
  test('asks for a volume on the node, and binds the pod when the claim is bound', async () => {
    await using sim = await start();
    await sim.pod('p', using('data'));
    await sim.settled();
    expect((await claimOf(sim)).metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('n1');
    await sim.clock.advance(300_000);
    expect(await sim.nodeOf('p')).toBe('');
    await sim.volume('pv', { storageClassName: 'late' });
    await annotate(sim, { 'pv.kubernetes.io/bind-completed': 'yes' }, { volumeName: 'pv' });
    expect(await sim.nodeOf('p')).toBe('n1');
  });

  test('begins anew when the provisioner gives the node back', async () => {
    await using sim = await start();
    await sim.pod('p', using('data'));
    await sim.settled();
    await annotate(sim, { 'volume.kubernetes.io/selected-node': null });
    expect(await sim.refusal('p')).toBe(`${PREFIX}provisioning failed for PVC "data"`);
    await sim.clock.advance(2000);
    expect((await claimOf(sim)).metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('n1');
  });

  test('gives up after ten minutes, and tries again', async () => {
    await using sim = await start();
    await sim.pod('p', using('data'));
    await sim.clock.advance(599_000);
    expect(await sim.refusal('p')).toBe('');
    await sim.clock.advance(1500);
    expect(await sim.refusal('p')).toBe(`${PREFIX}context deadline exceeded`);
  });

  test('a volume that is taken for a pod is not given to the next one, and is free again when the pod is gone', async () => {
    await using sim = await start();
    await sim.client.create(STORAGECLASSES, {
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await sim.volume('pv', { storageClassName: 'local' });
    for (const name of ['a', 'b']) await sim.claim(name, { spec: { storageClassName: 'local' } });
    await sim.pod('p', using('a'));
    await sim.pod('q', using('b'));
    await sim.settled();
    expect((await sim.client.get(PERSISTENTVOLUMES, { name: 'pv' })).spec?.claimRef?.name).toBe('a');
    expect(await sim.refusal('q')).toContain("1 node(s) didn't find available persistent volumes to bind");
    await sim.client.delete(PODS, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
    await sim.settled();
    // The reservation is written and stays the first claim's: taking it back is the binder's business.
    expect((await sim.client.get(PERSISTENTVOLUMES, { name: 'pv' })).spec?.claimRef?.name).toBe('a');
  });

  test('the smallest request gets its volume first, each volume once', async () => {
    await using sim = await start();
    await sim.client.create(STORAGECLASSES, {
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await sim.volume('small', { storageClassName: 'local', capacity: { storage: '1Gi' } });
    await sim.volume('large', { storageClassName: 'local', capacity: { storage: '5Gi' } });
    const sized = (storage: string) => ({ spec: { storageClassName: 'local', resources: { requests: { storage } } } });
    await sim.claim('a', sized('2Gi'));
    await sim.claim('b', sized('1Gi'));
    await sim.pod('p', using('a', 'b'));
    await sim.settled();
    const owner = async (name: string): Promise<string | undefined> =>
      (await sim.client.get(PERSISTENTVOLUMES, { name })).spec?.claimRef?.name;
    expect([await owner('large'), await owner('small')]).toEqual(['a', 'b']);
  });
});
