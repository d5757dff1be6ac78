// The arithmetic of a rollout: how many replicas each ReplicaSet should have now.
import { type Deployment, type ReplicaSet, scaledValue } from '@holdfast/schema';

/** What each ReplicaSet is noted to be sized for: the deployment's number then, and the most pods. */
export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
export const MAX = 'deployment.kubernetes.io/max-replicas';

/** A change of one set's size. */
export interface Resize {
  readonly set: ReplicaSet;
  readonly replicas: number;
  /** What it is sized for is noted even where its size stays. */
  readonly note?: boolean;
}

/** maxSurge rounds up, maxUnavailable down; both zero would stand still, so one may be unavailable then. */
export function limits(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const replicas = deployment.spec?.replicas ?? 1;
  const rolling = deployment.spec?.strategy?.rollingUpdate;
  if (deployment.spec?.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = scaledValue(rolling?.maxSurge ?? '25%', replicas, true);
  const maxUnavailable = scaledValue(rolling?.maxUnavailable ?? '25%', replicas, false);
  if (replicas === 0) return { maxSurge, maxUnavailable: 0 };
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
  const oldest = old.toSorted(compareAge);
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

/** Whether the wanted number changed since the sets were last sized. */
export function isScaling(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  const wanted = String(deployment.spec?.replicas ?? 1);
  return sets.some((set) => sizeOf(set) > 0 && (set.metadata.annotations?.[DESIRED] ?? wanted) !== wanted);
}

/** The sizes after a change of the wanted number, outside of a rollout or in its midst. */
export function scale(deployment: Deployment, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): readonly Resize[] {
  const replicas = deployment.spec?.replicas ?? 1;
  const active = [...old, ...(newSet ? [newSet] : [])].filter((set) => sizeOf(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? old.toSorted((a, b) => compareAge(b, a))[0];
    return only ? [{ set: only, replicas }] : [];
  }
  // Sets that were adopted while the new one had all it needs.
  if (newSet && isSaturated(deployment, newSet)) return active.filter((set) => set !== newSet).map((set) => ({ set, replicas: 0 }));
  return deployment.spec?.strategy?.type === 'Recreate' ? [] : proportional(deployment, active);
}

/** A change of size in the midst of a rollout is spread over the sets by their share. All are noted to be sized for it. */
function proportional(deployment: Deployment, active: readonly ReplicaSet[]): readonly Resize[] {
  const replicas = deployment.spec?.replicas ?? 1;
  const allowed = replicas === 0 ? 0 : replicas + limits(deployment).maxSurge;
  const toAdd = allowed - total(active, sizeOf);
  // Of sets of the same size the newer grow first, and the older shrink first.
  const ranked = active.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (toAdd > 0 ? compareAge(b, a) : compareAge(a, b)));
  let added = 0;
  const sizes = ranked.map((set) => {
    const left = toAdd - added;
    const share = left === 0 ? 0 : shareOf(deployment, set);
    const step = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    added += step;
    return sizeOf(set) + step;
  });
  const leftover = toAdd - added;
  return ranked.map((set, index) => ({ set, replicas: Math.max(0, (sizes[index] ?? 0) + (index === 0 ? leftover : 0)), note: true }));
}

/** By how much a set changes to keep its share. */
function shareOf(deployment: Deployment, set: ReplicaSet): number {
  const replicas = deployment.spec?.replicas ?? 1;
  if (replicas === 0) return -sizeOf(set);
  const before = Number(set.metadata.annotations?.[MAX]) || deployment.status?.replicas || 0;
  if (before === 0) return 0;
  return Math.round((sizeOf(set) * (replicas + limits(deployment).maxSurge)) / before) - sizeOf(set);
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const replicas = deployment.spec?.replicas ?? 1;
  return sizeOf(set) === replicas && set.metadata.annotations?.[DESIRED] === String(replicas) && availableOf(set) === replicas;
}

function compareAge(a: ReplicaSet, b: ReplicaSet): number {
  return (
    (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
    (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '')
  );
}
