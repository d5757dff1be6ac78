// What its user made stays until its user deletes it, or the namespace; what has an owner may go with it.
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
      if (ownerReferences.length === 0 && !deeds.deleted.has(uid)) report(`${type.kind} ${name} is deleted, which nobody asked for`);
    },
  };
}

/** The moment at which an object's end begins. */
function goes(type: string, object: KubeObject, before: KubeObject | undefined): boolean {
  if (before?.metadata.deletionTimestamp) return false;
  return type === 'DELETED' || object.metadata.deletionTimestamp !== undefined;
}
