// A volume whose reclaim policy is Retain is never deleted: no user of a history deletes one.
import { PERSISTENTVOLUMES } from '@holdfast/schema';
import { isOf } from '../../recording-store.ts';
import type { Invariant, Watching } from './invariant.ts';

export function retain({ report }: Watching): Invariant {
  return {
    change(change) {
      if (!isOf(change, PERSISTENTVOLUMES)) return;
      const { metadata, spec } = change.object;
      const going = change.type === 'DELETED' || metadata.deletionTimestamp !== undefined;
      if (going && spec?.persistentVolumeReclaimPolicy === 'Retain') report(`volume ${metadata.name} with policy Retain is deleted`);
    },
  };
}
