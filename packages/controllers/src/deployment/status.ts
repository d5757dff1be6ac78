// The status of a deployment: counts and the conditions Available and Progressing.
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@holdfast/schema';
import { limits } from './decide.ts';

const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number | undefined): number =>
  sets.reduce((all, set) => all + (of(set) ?? 0), 0);

/** `now` as RFC 3339. */
export function statusOf(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  collisionCount: number | undefined,
  now: string,
): DeploymentStatus {
  const all = newSet ? [newSet, ...old] : old;
  const wanted = deployment.spec?.replicas ?? 1;
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
  const enough = available >= wanted - limits(deployment).maxUnavailable;
  const conditions = [
    enough
      ? condition(deployment, now, 'Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
      : condition(deployment, now, 'Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'),
    progressing(deployment, counts, newSet, now),
    ...failures(all),
  ];
  return { ...withoutZero(counts), conditions };
}

/** What there is none of is left out, as the server writes it. */
function withoutZero<T extends object>(counts: T): T {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0)) as T;
}

function progressing(
  deployment: Deployment,
  counts: { readonly updatedReplicas: number; readonly replicas: number; readonly availableReplicas: number },
  newSet: ReplicaSet | undefined,
  now: string,
): DeploymentCondition {
  const wanted = deployment.spec?.replicas ?? 1;
  const name = newSet?.metadata.name ?? '';
  const before = deployment.status?.conditions?.find((existing) => existing.type === 'Progressing');
  const complete = counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas === wanted;
  if (complete)
    return condition(deployment, now, 'Progressing', 'True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`);
  const old = deployment.status;
  const moved =
    !before ||
    counts.updatedReplicas > (old?.updatedReplicas ?? 0) ||
    counts.availableReplicas > (old?.availableReplicas ?? 0) ||
    counts.replicas < (old?.replicas ?? 0) ||
    before.reason === 'NewReplicaSetAvailable';
  if (moved)
    return {
      ...condition(deployment, now, 'Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`),
      lastUpdateTime: now,
    };
  const deadline = deployment.spec?.progressDeadlineSeconds;
  const late =
    deadline !== undefined && deadline !== 2 ** 31 - 1 && Date.parse(now) - Date.parse(before.lastUpdateTime ?? now) > deadline * 1000;
  if (late && !deployment.spec?.paused)
    return condition(
      deployment,
      now,
      'Progressing',
      'False',
      'ProgressDeadlineExceeded',
      `ReplicaSet "${name}" has timed out progressing.`,
    );
  return before;
}

function failures(sets: readonly ReplicaSet[]): readonly DeploymentCondition[] {
  const failure = sets.flatMap((set) => set.status?.conditions ?? []).find((existing) => existing.type === 'ReplicaFailure');
  return failure ? [{ ...failure, lastUpdateTime: failure.lastTransitionTime }] : [];
}

function condition(
  deployment: Deployment,
  now: string,
  type: string,
  status: string,
  reason: string,
  message: string,
): DeploymentCondition {
  const before = deployment.status?.conditions?.find((existing) => existing.type === type);
  if (before?.status === status && before.reason === reason && before.message === message) return before;
  return {
    type,
    status,
    reason,
    message,
    lastUpdateTime: now,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
  };
}
