// The status of a deployment: counts and the conditions Available, Progressing and ReplicaFailure.
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@holdfast/schema';
import { limits } from './decide.ts';

/** A deadline of this many seconds is none. */
const NO_DEADLINE = 2 ** 31 - 1;

/** What a status is made of. `now` as RFC 3339. */
export interface Seen {
  readonly deployment: Deployment;
  readonly newSet: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly now: string;
}

/** Counts, and whether enough is available; the other conditions stay as they are. */
export function statusOf({ deployment, newSet, old, now }: Seen): DeploymentStatus {
  const all = newSet ? [newSet, ...old] : old;
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  const available = sum(all, (set) => set.status?.availableReplicas);
  const counts = {
    observedGeneration: deployment.metadata.generation,
    replicas: sum(all, (set) => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum(all, (set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(all, (set) => set.spec?.replicas) - available),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
  const enough = available >= (deployment.spec?.replicas ?? 1) - limits(deployment).maxUnavailable;
  const [reason, message] = enough
    ? ['MinimumReplicasAvailable', 'Deployment has minimum availability.']
    : ['MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'];
  return {
    ...withoutZero(counts),
    conditions: setCondition(conditions, { type: 'Available', status: enough ? 'True' : 'False', reason, message }, now),
  };
}

/** The same in a rollout: whether it progresses, and whether pods cannot be made. */
export function rolloutStatusOf(seen: Seen): DeploymentStatus {
  const { newSet, old, now } = seen;
  const status = statusOf(seen);
  const conditions = withProgress(seen, status);
  const failure = [...(newSet ? [newSet] : []), ...old]
    .flatMap((set) => set.status?.conditions ?? [])
    .find(({ type }) => type === 'ReplicaFailure');
  const others = conditions.filter(({ type }) => type !== 'ReplicaFailure');
  if (!failure) return { ...status, conditions: others };
  const { type, status: is, reason = '', message = '' } = failure;
  return { ...status, conditions: setCondition(conditions, { type, status: is, reason, message }, now) };
}

function withProgress({ deployment, newSet, now }: Seen, status: DeploymentStatus): readonly DeploymentCondition[] {
  const conditions = status.conditions ?? [];
  if (!hasDeadline(deployment)) return conditions.filter(({ type }) => type !== 'Progressing');
  const before = progressing(deployment.status);
  if ((status.replicas ?? 0) === (status.updatedReplicas ?? 0) && before?.reason === 'NewReplicaSetAvailable') return conditions;
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status))
    return setCondition(
      conditions,
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: `${subject} has successfully progressed.` },
      now,
    );
  if (moved(deployment.status ?? {}, status)) {
    // With the same reason too: when it was last updated is what the deadline counts from.
    const next = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${subject} is progressing.` };
    const others = conditions.filter(({ type }) => type !== 'Progressing');
    return [...others, { ...next, lastUpdateTime: now, lastTransitionTime: before?.status === 'True' ? before.lastTransitionTime : now }];
  }
  if (!isLate(deployment, before, now)) return conditions;
  return setCondition(
    conditions,
    { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: `${subject} has timed out progressing.` },
    now,
  );
}

/** Milliseconds until a rollout that does not move is late; undefined where that need not be looked at. */
export function lateInMs(deployment: Deployment, nowMs: number): number | undefined {
  const before = progressing(deployment.status);
  if (!hasDeadline(deployment) || !before || before.reason === 'ProgressDeadlineExceeded') return undefined;
  if (isComplete(deployment, deployment.status ?? {})) return undefined;
  const leftMs = Date.parse(before.lastUpdateTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000 - nowMs;
  return Math.max(0, leftMs) + 1000;
}

export function hasDeadline({ spec }: Deployment): boolean {
  return spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

export function progressing(status: DeploymentStatus | undefined): DeploymentCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Progressing');
}

export function isComplete({ metadata, spec }: Deployment, status: DeploymentStatus): boolean {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
  const wanted = spec?.replicas ?? 1;
  return (
    updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted && observedGeneration >= (metadata.generation ?? 0)
  );
}

function moved(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number => replicas - updatedReplicas;
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isLate({ spec }: Deployment, before: DeploymentCondition | undefined, now: string): boolean {
  if (!before || before.reason === 'NewReplicaSetAvailable') return false;
  if (before.reason === 'ProgressDeadlineExceeded') return true;
  return Date.parse(before.lastUpdateTime ?? '') + (spec?.progressDeadlineSeconds ?? 0) * 1000 < Date.parse(now);
}

/** Upstream's SetDeploymentCondition: what has the same status and reason stays as it is, what has not goes to the end. */
export function setCondition(
  conditions: readonly DeploymentCondition[],
  condition: Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>,
  now: string,
): readonly DeploymentCondition[] {
  const before = conditions.find(({ type }) => type === condition.type);
  if (before?.status === condition.status && before.reason === condition.reason) return conditions;
  const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : now;
  return [...conditions.filter(({ type }) => type !== condition.type), { ...condition, lastUpdateTime: now, lastTransitionTime }];
}

function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((all, set) => all + (of(set) ?? 0), 0);
}

/** What there is none of is left out, as the server writes it. */
function withoutZero<T extends object>(counts: T): T {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0)) as T;
}
