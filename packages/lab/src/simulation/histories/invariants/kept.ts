// What its user made stays until its user deletes it, its owner or the namespace; claims may go with the set or the pod that they are for.
import { type KubeObject, PERSISTENTVOLUMECLAIMS, PODDISRUPTIONBUDGETS, type ResourceType, SERVICES } from '@holdfast/schema';
import { isOf } from '../../recording-store.ts';
import { WORKLOAD_KINDS } from '../workloads/index.ts';
import type { Invariant, Watching } from './invariant.ts';

const KEPT = [
  ...WORKLOAD_KINDS.map(({ type }) => type),
  SERVICES,
  PODDISRUPTIONBUDGETS,
  PERSISTENTVOLUMECLAIMS,
] as unknown as readonly ResourceType[];

export function kept({ deeds, report }: Watching): Invariant {
  return {
    change(change) {
      const type = KEPT.find((one) => isOf(change, one));
      if (!type || !goes(change.type, change.object, change.before)) return;
      const { name, uid = '', ownerReferences = [] } = (change.before ?? change.object).metadata;
      const mayGo = isOf(change, PERSISTENTVOLUMECLAIMS) && ownerReferences.length > 0;
      if (!mayGo && !deeds.deleted.has(uid)) report(`${type.kind} ${name} is deleted, which nobody asked for`);
    },
  };
}

/** The moment at which an object's end begins. */
function goes(type: string, object: KubeObject, before: KubeObject | undefined): boolean {
  if (before?.metadata.deletionTimestamp) return false;
  return type === 'DELETED' || object.metadata.deletionTimestamp !== undefined;
}
