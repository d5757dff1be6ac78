// What admission says about growing claims, and which class a claim gets.
import type { PersistentVolumeClaim, StatusObject } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { type Embedded, embedded } from '../core/embedded.fixture.ts';

const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const CLASSES = '/apis/storage.k8s.io/v1/storageclasses';

async function bound(server: Embedded, storageClassName: string, phase = 'Bound'): Promise<PersistentVolumeClaim> {
  const claim = await server.read<PersistentVolumeClaim>('POST', CLAIMS, {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, volumeName: 'pv', resources: { requests: { storage: '1Gi' } } },
  });
  return server.read('PUT', `${CLAIMS}/data/status`, { ...claim, status: { phase, capacity: { storage: '1Gi' } } });
}

async function grow(server: Embedded, claim: PersistentVolumeClaim): Promise<string> {
  const wanted = { ...claim, spec: { ...claim.spec, resources: { requests: { storage: '2Gi' } } } };
  const answer = await server.ask('PUT', `${CLAIMS}/data`, wanted);
  if (answer.kind !== 'object') throw new Error('no answer');
  return answer.status === 200 ? 'grown' : `${answer.status} ${(answer.object as StatusObject).message}`;
}

describe('a claim that shall grow', () => {
  it('may where its class allows it', async () => {
    const server = embedded();
    await server.read('POST', CLASSES, { metadata: { name: 'big' }, provisioner: 'x.example.com', allowVolumeExpansion: true });
    expect(await grow(server, await bound(server, 'big'))).toBe('grown');
  });

  it('may not where its class does not, or does not exist', async () => {
    const server = embedded();
    expect(await grow(server, await bound(server, 'big'))).toBe(
      '403 persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
  });

  it('may not before it is bound', async () => {
    const server = embedded();
    expect(await grow(server, await bound(server, 'big', 'Pending'))).toBe(
      '403 persistentvolumeclaims "data" is forbidden: Only bound persistent volume claims can be expanded',
    );
  });
});

describe('the default class', () => {
  it('is the newest that says so, for claims that say nothing; an empty name says something', async () => {
    const server = embedded();
    const classOf = (name: string): object => ({
      metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'x.example.com',
    });
    await server.read('POST', CLASSES, classOf('older'));
    await server.clock.advance(2000);
    await server.read('POST', CLASSES, classOf('newer'));
    const created = async (name: string, storageClassName?: string): Promise<string | undefined> => {
      const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName };
      return (await server.read<PersistentVolumeClaim>('POST', CLAIMS, { metadata: { name }, spec })).spec?.storageClassName;
    };
    expect([await created('a'), await created('b', '')]).toEqual(['newer', '']);
  });
});
