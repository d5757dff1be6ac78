// A bound claim stays with its volume, and a volume with its claim, for as long as the claim lives. A pod gets its node when its
// claims are bound. The latter is judged while the scheduler sees what there is: on old views upstream's too places pods too early.
import { claimNamesOf } from '@holdfast/controller';
import {
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  PODS,
} from '@holdfast/schema';
import { isOf } from '../../recording-store.ts';
import type { Invariant, Watching } from './invariant.ts';
import { IN_SIGHT_MS } from './rollout.ts';

export function binding({ list, deeds, report }: Watching): Invariant {
  /** Until when there was a bound claim of a name: without end where there is one. */
  const boundUntilMs = new Map<string, number>();
  return {
    change(change, atMs) {
      if (isOf(change, PERSISTENTVOLUMECLAIMS)) note(change.object, change.type === 'DELETED', atMs);
      if (isOf(change, PODS) && change.type === 'MODIFIED') placed(change.object, change.before as Pod, atMs);
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

  function note({ metadata: { name = '' }, spec }: PersistentVolumeClaim, gone: boolean, atMs: number): void {
    if (!gone && spec?.volumeName) boundUntilMs.set(name, Number.POSITIVE_INFINITY);
    else if (boundUntilMs.get(name) === Number.POSITIVE_INFINITY) boundUntilMs.set(name, atMs);
  }

  function placed(pod: Pod, before: Pod, atMs: number): void {
    if (!pod.spec?.nodeName || before.spec?.nodeName) return;
    const since = Math.min(deeds.viewSince(atMs, 'scheduler'), atMs - IN_SIGHT_MS);
    for (const name of claimNamesOf(pod)) {
      if ((boundUntilMs.get(name) ?? Number.NEGATIVE_INFINITY) >= since) continue;
      report(`${pod.metadata.name} is placed on ${pod.spec.nodeName} before its claim ${name} is bound`);
    }
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
