// The arithmetic of a rollout: how many replicas each ReplicaSet should have now.
import { type Deployment, type ReplicaSet, scaledValue } from '@holdfast/schema';

/** A change of one set's size. */
export interface Resize {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** maxSurge rounds up, maxUnavailable down; both zero would stand still, so one may be unavailable then. */
export function limits(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const replicas = deployment.spec?.replicas ?? 1;
  const rolling = deployment.spec?.strategy?.rollingUpdate;
  if (deployment.spec?.strategy?.type === 'Recreate' || replicas === 0) return { maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = scaledValue(rolling?.maxSurge ?? '25%', replicas, true);
  const maxUnavailable = scaledValue(rolling?.maxUnavailable ?? '25%', replicas, false);
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : Math.min(maxUnavailable, replicas) };
}

const sizeOf = (set: ReplicaSet): number => set.spec?.replicas ?? 0;
const availableOf = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
const total = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number => sets.reduce((sum, set) => sum + of(set), 0);

/** The size that the new set should have. */
export function newSetSize(deployment: Deployment, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): number {
  const replicas = deployment.spec?.replicas ?? 1;
  const current = newSet ? sizeOf(newSet) : 0;
  if (deployment.spec?.strategy?.type === 'Recreate') return replicas;
  const room = replicas + limits(deployment).maxSurge - total(old, sizeOf) - current;
  if (room <= 0) return Math.min(current, replicas);
  return Math.min(current + room, replicas);
}

/** Which old sets shrink now: first what is not healthy anyway, then as far as availability allows. */
export function shrinkOld(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): readonly Resize[] {
  const replicas = deployment.spec?.replicas ?? 1;
  const minAvailable = replicas - limits(deployment).maxUnavailable;
  const unavailableNew = sizeOf(newSet) - availableOf(newSet);
  let budget = total(old, sizeOf) + sizeOf(newSet) - minAvailable - unavailableNew;
  if (budget <= 0) return [];
  const sizes = new Map(old.map((set) => [set, sizeOf(set)]));
  const oldest = old.toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''));
  for (const set of oldest) {
    const unhealthy = Math.min(budget, sizeOf(set) - availableOf(set));
    if (unhealthy <= 0) continue;
    sizes.set(set, sizeOf(set) - unhealthy);
    budget -= unhealthy;
  }
  let spare = total(old, availableOf) + availableOf(newSet) - minAvailable;
  for (const set of oldest) {
    const size = sizes.get(set) ?? 0;
    const fewer = Math.max(0, Math.min(spare, size));
    sizes.set(set, size - fewer);
    spare -= fewer;
  }
  return [...sizes].filter(([set, size]) => size !== sizeOf(set)).map(([set, size]) => ({ set, replicas: size }));
}

/** A change of size in the middle of a rollout is spread over the sets by their share. */
export function proportional(deployment: Deployment, active: readonly ReplicaSet[]): readonly Resize[] {
  const allowed = (deployment.spec?.replicas ?? 0) === 0 ? 0 : (deployment.spec?.replicas ?? 0) + limits(deployment).maxSurge;
  const have = total(active, sizeOf);
  let toAdd = allowed - have;
  if (toAdd === 0 || have === 0) return [];
  const biggest = active.toSorted(
    (a, b) => sizeOf(b) - sizeOf(a) || (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''),
  );
  const resized: Resize[] = [];
  for (const [index, set] of biggest.entries()) {
    const share = index === biggest.length - 1 ? toAdd : Math.round((sizeOf(set) * allowed) / have) - sizeOf(set);
    const step = toAdd > 0 ? Math.max(0, Math.min(share, toAdd)) : Math.min(0, Math.max(share, toAdd));
    toAdd -= step;
    resized.push({ set, replicas: Math.max(0, sizeOf(set) + step) });
  }
  return resized.filter(({ set, replicas }) => replicas !== sizeOf(set));
}
