import { expect, it } from 'vitest';
import { loadTexts } from '../load/load.ts';
import { unknownKinds } from './known-kinds.ts';

const object = (apiVersion: string, kind: string): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { generateName: a- }\n`;

async function unknown(...objects: readonly (readonly [apiVersion: string, kind: string])[]): Promise<readonly unknown[]> {
  const text = objects.map(([apiVersion, kind]) => object(apiVersion, kind)).join('---\n');
  const { objects: loaded } = await loadTexts([{ file: 'a.yaml', text }]);
  return [...unknownKinds(loaded)];
}

it('counts kinds of others that no rule reads', async () => {
  expect(await unknown(['example.com/v1', 'Gadget'], ['example.com/v2', 'Gadget'], ['velero.io/v1', 'Schedule'])).toEqual([
    ['Gadget (example.com)', 2],
  ]);
});

it('does not take a misspelt kind of Kubernetes, or one that it no longer has, for checked', async () => {
  expect(await unknown(['apps/v1', 'Statefulset'], ['v1', 'Gadget'], ['extensions/v1beta1', 'Deployment'])).toEqual([
    ['Statefulset (apps)', 1],
    ['Gadget (v1)', 1],
    ['Deployment (extensions)', 1],
  ]);
});

it('knows the kinds of Kubernetes and of its extensions, and reads older versions of them', async () => {
  expect(
    await unknown(
      ['v1', 'ConfigMap'],
      ['apps/v1', 'StatefulSet'],
      ['policy/v1beta1', 'PodDisruptionBudget'],
      ['networking.k8s.io/v1', 'NetworkPolicy'],
      ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
      ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
      ['snapshot.storage.k8s.io/v1', 'VolumeSnapshotClass'],
      ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
    ),
  ).toEqual([]);
});
