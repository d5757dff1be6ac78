// Who may have a volume attached, and for how long.
import type { PersistentVolume, Pod } from '@holdfast/schema';

/** Whether the volume may be attached to one node only. A volume without access modes has no such rule. */
export function isExclusive({ spec }: PersistentVolume): boolean {
  const modes = spec?.accessModes ?? [];
  return modes.length > 0 && !modes.includes('ReadWriteMany') && !modes.includes('ReadOnlyMany');
}

/** Whether the pod still needs its volumes: one that ended does not, nor one that is being deleted and runs no more. */
export function needsVolumes({ metadata, status }: Pod): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  const stopped = (status?.containerStatuses ?? []).every(({ state }) => state?.terminated || state?.waiting);
  return metadata.deletionTimestamp === undefined || !stopped;
}
