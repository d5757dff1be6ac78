// Volumes that are labelled with a zone or region can only be used there.
import { claimNamesOf } from '@holdfast/controller';
import type { PersistentVolume, Pod } from '@holdfast/schema';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import type { StorageView } from '../volumes/storage-view.ts';

const NAME = 'VolumeZone';
const LABELS = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
];

export function createVolumeZone(view: StorageView): Plugin {
  return {
    name: NAME,
    prepareFilter: (pod) => {
      const wanted = boundVolumes(pod, view).flatMap(({ metadata }) =>
        LABELS.flatMap((label) => {
          const value = metadata.labels?.[label];
          // Several zones are written with two underscores between them.
          return value === undefined ? [] : [{ label, values: value.split('__') }];
        }),
      );
      if (wanted.length === 0) return undefined;
      return {
        filter: ({ node }) => {
          const fits = wanted.every(({ label, values }) => values.includes(node.metadata.labels?.[label] ?? ''));
          return fits ? undefined : unresolvable(NAME, 'node(s) had no available volume zone');
        },
      };
    },
    mayHelp: (event) => event.kind === 'node' || event.kind === 'claim' || event.kind === 'volume' || event.kind === 'storage',
  };
}

/** The volumes of a pod's claims, as far as they have one. */
export function boundVolumes(pod: Pod, view: StorageView): readonly PersistentVolume[] {
  return claimNamesOf(pod).flatMap((name) => {
    const volumeName = view.claims.get({ namespace: pod.metadata.namespace, name })?.spec?.volumeName;
    const volume = volumeName ? view.volumes.get({ name: volumeName }) : undefined;
    return volume ? [volume] : [];
  });
}
