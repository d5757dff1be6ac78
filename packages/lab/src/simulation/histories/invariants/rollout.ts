// A rollout of a Deployment makes no more pods than replicas and maxSurge allow, and takes away no pods that are needed for
// replicas without maxUnavailable to be available. Judged while its controllers see what there is: on old views upstream's
// too go beyond both.
import { controllerOf } from '@holdfast/controller';
import { type Deployment, DEPLOYMENTS, PODS, type ReplicaSet, REPLICASETS } from '@holdfast/schema';
import { type Change, isOf } from '../../recording-store.ts';
import { imageOf } from '../workloads/pod-template.ts';
import type { Invariant, Watching } from './invariant.ts';
import { Versions } from './versions.ts';

/** A controller that nothing happens to sees everything within this time. */
export const IN_SIGHT_MS = 1000;
const DESIRED = 'deployment.kubernetes.io/desired-replicas';

interface Judging {
  readonly surge: Watching;
  readonly available: Watching;
}

export function rollout({ surge, available }: Judging): Invariant {
  const { deeds, list } = surge;
  const deployments = new Versions(DEPLOYMENTS);
  const sets = new Versions(REPLICASETS);
  return {
    change(change, atMs) {
      deployments.change(change, atMs);
      sets.change(change, atMs);
      if (isOf(change, PODS) && change.type === 'ADDED') podsOfSet(change, atMs);
      if (!isOf(change, REPLICASETS) || change.type === 'DELETED' || !sees(atMs, 'deployment-controller')) return;
      const owner = controllerOf(change.object);
      if (owner?.kind !== 'Deployment') return;
      const versions = deployments.since(owner.uid, atMs - IN_SIGHT_MS);
      const before = change.before as ReplicaSet | undefined;
      if (sizeOf(change.object) > sizeOf(before)) grown(change.object, owner.uid, versions);
      if (before && sizeOf(change.object) < sizeOf(before)) shrunk(change.object, before, versions, atMs);
    },
  };

  function sees(atMs: number, ...accounts: readonly string[]): boolean {
    return deeds.viewSince(atMs, ...accounts) === atMs;
  }

  function setsOf(uid: string): readonly ReplicaSet[] {
    return list(REPLICASETS).filter((set) => controllerOf(set)?.uid === uid);
  }

  function grown(set: ReplicaSet, uid: string, versions: readonly Deployment[]): void {
    const total = setsOf(uid).reduce((sum, one) => sum + sizeOf(one), 0);
    const most = Math.max(0, ...versions.map((deployment) => replicasOf(deployment) + limitsOf(deployment).surge));
    if (versions.length > 0 && total > most)
      surge.report(`${set.metadata.name} grows to ${sizeOf(set)}, which makes ${total} pods where ${most} are allowed`);
  }

  function shrunk(set: ReplicaSet, before: ReplicaSet, versions: readonly Deployment[], atMs: number): void {
    const deployment = versions.at(-1);
    if (!deployment || versions.some((other) => !sameLimits(other, deployment))) return;
    const { paused, strategy } = deployment.spec ?? {};
    // A change of the number alone is spread over the sets by their share, whatever is available.
    if (paused || strategy?.type === 'Recreate' || before.metadata.annotations?.[DESIRED] !== String(replicasOf(deployment))) return;
    if (!sees(atMs, 'replicaset-controller')) return;
    const others = setsOf(deployment.metadata.uid ?? '').filter(({ metadata }) => metadata.uid !== set.metadata.uid);
    // Until the set of the template has the highest revision, the controller has not seen the template.
    const newest = others.toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
    if (!newest || revisionOf(newest) < revisionOf(set) || imageOfSet(newest) !== imageOf(deployment.spec?.template ?? {})) return;
    // A set that is still to take away pods counts them as available: upstream's controller does not look closer.
    if ([...others, before].some((one) => (one.status?.availableReplicas ?? 0) > sizeOf(one))) return;
    const rest = others.reduce((sum, one) => sum + Math.min(sizeOf(one), mostAvailable(one, atMs)), 0);
    // What is written shows that this set was seen as it was: of its pods, those go first that are not available anyway.
    const seen = before.status?.availableReplicas ?? 0;
    const left = rest + Math.min(sizeOf(set), seen);
    const needed = Math.min(replicasOf(deployment) - limitsOf(deployment).unavailable, rest + Math.min(sizeOf(before), seen));
    if (left < needed)
      available.report(`${set.metadata.name} shrinks to ${sizeOf(set)}, which leaves ${left} available pods where ${needed} are needed`);
  }

  function mostAvailable({ metadata }: ReplicaSet, atMs: number): number {
    return Math.max(0, ...sets.since(metadata.uid ?? '', atMs - IN_SIGHT_MS).map(({ status }) => status?.availableReplicas ?? 0));
  }

  /** A set makes no more pods than it should have. */
  function podsOfSet({ object }: Change, atMs: number): void {
    const owner = controllerOf(object);
    if (owner?.kind !== 'ReplicaSet' || !sees(atMs, 'replicaset-controller')) return;
    const pods = list(PODS).filter((pod) => controllerOf(pod)?.uid === owner.uid);
    const active = pods.filter(
      ({ metadata, status }) => !metadata.deletionTimestamp && !['Failed', 'Succeeded'].includes(status?.phase ?? ''),
    );
    const versions = sets.since(owner.uid, atMs - IN_SIGHT_MS);
    const most = Math.max(0, ...versions.map(sizeOf));
    if (versions.length > 0 && active.length > most)
      surge.report(`${object.metadata.name} is created, the pod number ${active.length} of a replica set of ${most}`);
  }
}

function sizeOf(set: ReplicaSet | undefined): number {
  return set?.spec?.replicas ?? 0;
}

function imageOfSet({ spec }: ReplicaSet): string {
  return imageOf(spec?.template ?? {});
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

function sameLimits(a: Deployment, b: Deployment): boolean {
  const [first, second] = [limitsOf(a), limitsOf(b)];
  return (
    replicasOf(a) === replicasOf(b) &&
    a.spec?.paused === b.spec?.paused &&
    first.surge === second.surge &&
    first.unavailable === second.unavailable
  );
}

function replicasOf({ spec }: Deployment): number {
  return spec?.replicas ?? 1;
}

/** As users read them: surge rounds up, unavailability down, and both cannot be nothing. */
function limitsOf(deployment: Deployment): { readonly surge: number; readonly unavailable: number } {
  const replicas = replicasOf(deployment);
  const { type, rollingUpdate } = deployment.spec?.strategy ?? {};
  if (type === 'Recreate') return { surge: 0, unavailable: replicas };
  const part = (value: number | string, round: (share: number) => number): number =>
    typeof value === 'number' ? value : round((Number.parseInt(value, 10) * replicas) / 100);
  const surge = part(rollingUpdate?.maxSurge ?? '25%', Math.ceil);
  const unavailable = part(rollingUpdate?.maxUnavailable ?? '25%', Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
