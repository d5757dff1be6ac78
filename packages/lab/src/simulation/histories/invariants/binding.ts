// A bound claim stays with its volume, and a volume with its claim, for as long as the claim lives.
import { PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, type PersistentVolume, type PersistentVolumeClaim } from '@holdfast/schema';
import { isOf } from '../../recording-store.ts';
import type { Invariant, Watching } from './invariant.ts';

export function binding({ list, deeds, report }: Watching): Invariant {
  return {
    change(change) {
      const before = change.type === 'MODIFIED' ? change.before : undefined;
      if (isOf(change, PERSISTENTVOLUMECLAIMS) && change.type !== 'DELETED')
        claimStays(change.object, before as PersistentVolumeClaim | undefined);
      if (isOf(change, PERSISTENTVOLUMES) && change.type === 'MODIFIED') volumeStays(change.object, before as PersistentVolume | undefined);
    },
  };

  function claimStays({ metadata, spec, status }: PersistentVolumeClaim, before: PersistentVolumeClaim | undefined): void {
    const volume = spec?.volumeName;
    const had = before?.metadata.uid === metadata.uid ? before?.spec?.volumeName : undefined;
    if (had && volume !== had) report(`claim ${metadata.name} moves from volume ${had} to ${volume ?? 'none'}`);
    if (status?.phase === 'Lost') report(`claim ${metadata.name} has lost its volume ${volume}`);
    if (!volume || volume === had) return;
    const rival = list(PERSISTENTVOLUMECLAIMS).find((other) => other.spec?.volumeName === volume && other.metadata.uid !== metadata.uid);
    if (rival) report(`claims ${rival.metadata.name} and ${metadata.name} are both bound to volume ${volume}`);
  }

  function volumeStays({ metadata, spec }: PersistentVolume, before: PersistentVolume | undefined): void {
    const had = before?.spec?.claimRef;
    if (!had?.uid || had.uid === spec?.claimRef?.uid) return;
    if (spec?.claimRef === undefined && deeds.released.has(metadata.name ?? '')) return;
    const claim = list(PERSISTENTVOLUMECLAIMS).find(({ metadata: { uid } }) => uid === had.uid);
    if (spec?.claimRef?.uid) report(`volume ${metadata.name} moves from claim ${had.name} (${had.uid}) to ${spec.claimRef.name}`);
    else if (claim?.spec?.volumeName === metadata.name)
      report(`volume ${metadata.name} is taken from claim ${had.name}, which is bound to it`);
  }
}
