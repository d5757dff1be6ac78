// A claim with access mode ReadWriteOncePod can be used by one pod only.
import { claimNamesOf } from '@holdfast/controller';
import type { Plugin } from '../framework/plugin.ts';
import { unschedulable } from '../framework/status.ts';
import type { StorageView } from '../volumes/storage-view.ts';

const NAME = 'VolumeRestrictions';
const IN_USE = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';

export function createVolumeRestrictions(view: StorageView): Plugin {
  return {
    name: NAME,
    wide: true,
    prepareFilter: (pod, { nodes }) => {
      const { namespace } = pod.metadata;
      const exclusive = claimNamesOf(pod).filter((name) =>
        view.claims.get({ namespace, name })?.spec?.accessModes?.includes('ReadWriteOncePod'),
      );
      if (exclusive.length === 0) return undefined;
      const usesOne = (other: typeof pod): boolean =>
        other.metadata.namespace === namespace && claimNamesOf(other).some((name) => exclusive.includes(name));
      const inUse = nodes.some(({ pods }) => pods.some((one) => usesOne(one.pod)));
      return { filter: () => (inUse ? unschedulable(NAME, IN_USE) : undefined) };
    },
    mayHelp: (event, pod) =>
      (event.kind === 'podGone' && claimNamesOf(event.pod).some((name) => claimNamesOf(pod).includes(name))) || event.kind === 'claim',
  };
}
