// The update pass of a StatefulSet: from what is seen to what is to be done next, and why (upstream's updateStatefulSet).
import {
  type ControllerRevision,
  deepEqual,
  type OwnerReference,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
  type StatefulSetStatus,
} from '@holdfast/schema';
import { buildClaims, buildPod, POD_NAME_LABEL, REVISION_LABEL } from './build-pod.ts';
import { claimOwners } from './claim-owners.ts';
import { isOrdered, ordinalOf, podName, range } from './identity.ts';
import { availableInMs, hasEnded, isCreated, isHealthy, isRunningReady, isTerminating } from '../pods/pod-health.ts';
import { templateOf } from '../history/revisions.ts';

/** What one pass is decided on. */
export interface Observed {
  readonly set: StatefulSet;
  /** Pods that the set controls, each with a name of the set. */
  readonly pods: readonly Pod[];
  /** The set's claims by name. */
  readonly claims: ReadonlyMap<string, PersistentVolumeClaim>;
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly nowMs: number;
}

/** One thing to do. */
export type Action =
  | { readonly kind: 'create-claim'; readonly claim: PersistentVolumeClaim; readonly pod: string }
  | { readonly kind: 'own-claim'; readonly claim: PersistentVolumeClaim; readonly owners: readonly OwnerReference[] }
  | { readonly kind: 'create-pod'; readonly pod: Pod }
  | { readonly kind: 'relabel-pod'; readonly pod: Pod }
  | { readonly kind: 'delete-pod'; readonly pod: Pod }
  /** Nothing can be done for this pod until something else has happened. */
  | { readonly kind: 'fail'; readonly pod: string; readonly message: string };

/** What to do next. */
export interface Plan {
  readonly actions: readonly Action[];
  /** Why the pass ends here, in words. */
  readonly reason: string;
  /** How many pods of the current revision the actions take away: counted in the status at once. */
  readonly removedCurrent: number;
  /** When time alone will change the answer. */
  readonly recheckAfterMs?: number;
}

/** When a claim is looked at again that the garbage collector is to remove. */
const STALE_CLAIM_MS = 5000;

/** Decides one pass. Pure; the status is made by `statusOf`. */
export function decide(observed: Observed): Plan {
  const pass = new Pass(observed);
  return pass.run();
}

/** The pods of the set in their two roles. */
export function rolesOf(
  set: StatefulSet,
  pods: readonly Pod[],
): { readonly replicas: readonly (Pod | undefined)[]; readonly condemned: readonly Pod[] } {
  const { start, replicas: count } = range(set);
  const replicas: (Pod | undefined)[] = Array.from({ length: count }, () => undefined);
  const condemned: { readonly pod: Pod; readonly ordinal: number }[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (ordinal >= start && ordinal < start + count) replicas[ordinal - start] = pod;
    else condemned.push({ pod, ordinal });
  }
  return { replicas, condemned: condemned.toSorted((a, b) => b.ordinal - a.ordinal).map(({ pod }) => pod) };
}

class Pass {
  readonly #observed: Observed;
  readonly #actions: Action[] = [];
  readonly #ordered: boolean;
  readonly #minReadySeconds: number;
  #recheckAfterMs: number | undefined;

  constructor(observed: Observed) {
    this.#observed = observed;
    this.#ordered = isOrdered(observed.set);
    this.#minReadySeconds = observed.set.spec?.minReadySeconds ?? 0;
  }

  run(): Plan {
    const { set, pods } = this.#observed;
    if (set.metadata.deletionTimestamp) return this.#plan('the set is being deleted');
    const { replicas, condemned } = rolesOf(set, pods);
    const { start } = range(set);
    for (const [index, pod] of replicas.entries()) {
      const stop = this.#replica(pod, start + index);
      if (stop !== undefined) return this.#plan(stop);
    }
    // An error ends a pass, also where the other pods of a parallel set were still looked after.
    const failed = this.#actions.find((action) => action.kind === 'fail');
    if (failed) return this.#plan(failed.message);
    for (const pod of condemned) this.#ownClaims(pod, true);
    return this.#scaleDown(replicas, condemned) ?? this.#rollingUpdate(replicas) ?? this.#plan('nothing to do');
  }

  /** Looks after one replica; the reason when the pass must end with it. */
  #replica(pod: Pod | undefined, ordinal: number): string | undefined {
    if (!pod || !isCreated(pod)) return this.#create(ordinal);
    const name = pod.metadata.name ?? '';
    if (hasEnded(pod)) {
      if (!isTerminating(pod)) this.#actions.push({ kind: 'delete-pod', pod });
      return this.#ordered ? `pod ${name} has ended and is replaced once it is gone` : undefined;
    }
    if (pod.status?.phase === 'Pending') this.#createClaims(ordinal);
    if (this.#ordered && isTerminating(pod)) return `waiting for pod ${name} to terminate`;
    if (this.#ordered && !isRunningReady(pod)) return `waiting for pod ${name} to be Running and Ready`;
    const waitMs = this.#availableInMs(pod);
    if (this.#ordered && waitMs !== 0) return `waiting for pod ${name} to be available`;
    if (pod.metadata.labels?.[POD_NAME_LABEL] !== name) this.#actions.push({ kind: 'relabel-pod', pod });
    this.#ownClaims(pod, false);
    return undefined;
  }

  /** When time alone makes the pod available, the set is looked at again then. */
  #availableInMs(pod: Pod): number | undefined {
    const waitMs = availableInMs(pod, this.#minReadySeconds, this.#observed.nowMs);
    if (waitMs !== undefined && waitMs > 0) this.#recheckAfter(waitMs);
    return waitMs;
  }

  #recheckAfter(ms: number): void {
    this.#recheckAfterMs = Math.min(ms, this.#recheckAfterMs ?? ms);
  }

  #create(ordinal: number): string | undefined {
    const { set } = this.#observed;
    const name = podName(set, ordinal);
    if (this.#staleClaim(ordinal)) {
      // Claims are not watched. Upstream then forgets the set until something else happens to it, or for half a day.
      this.#recheckAfter(STALE_CLAIM_MS);
      return this.#ordered ? `claims of ${name} still belong to a pod that is gone; waiting for the garbage collector` : undefined;
    }
    const deleting = buildClaims(set, ordinal).find(
      (claim) => this.#observed.claims.get(claim.metadata.name ?? '')?.metadata.deletionTimestamp,
    );
    if (deleting) {
      this.#actions.push({ kind: 'fail', pod: name, message: `pvc ${deleting.metadata.name} is being deleted` });
      return this.#ordered ? `pvc ${deleting.metadata.name} is being deleted` : undefined;
    }
    this.#createClaims(ordinal);
    const revision = this.#revisionFor(ordinal);
    this.#actions.push({ kind: 'create-pod', pod: buildPod(set, ordinal, templateOf(revision), revision.metadata.name ?? '') });
    return this.#ordered ? `created pod ${name}` : undefined;
  }

  /** A pod of an ordinal that stays below the partition is made anew from the revision it had. */
  #revisionFor(ordinal: number): ControllerRevision {
    const { set, current, update } = this.#observed;
    const strategy = set.spec?.updateStrategy;
    const { start } = range(set);
    if (strategy?.type === 'OnDelete') return update;
    const rolling = strategy?.rollingUpdate;
    if (!rolling) return ordinal < start + (set.status?.currentReplicas ?? 0) ? current : update;
    return ordinal < start + (rolling.partition ?? 0) ? current : update;
  }

  #createClaims(ordinal: number): void {
    for (const claim of buildClaims(this.#observed.set, ordinal)) {
      if (!this.#observed.claims.has(claim.metadata.name ?? ''))
        this.#actions.push({ kind: 'create-claim', claim, pod: podName(this.#observed.set, ordinal) });
    }
  }

  #staleClaim(ordinal: number): boolean {
    const { set, claims } = this.#observed;
    if (set.spec?.persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return false;
    const name = podName(set, ordinal);
    return buildClaims(set, ordinal).some((claim) =>
      claims.get(claim.metadata.name ?? '')?.metadata.ownerReferences?.some((owner) => owner.kind === 'Pod' && owner.name === name),
    );
  }

  #ownClaims(pod: Pod, condemned: boolean): void {
    const { set, claims } = this.#observed;
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) return;
    for (const { metadata } of buildClaims(set, ordinal)) {
      const claim = claims.get(metadata.name ?? '');
      const owners = claim && claimOwners(set, claim, pod, condemned);
      if (owners) this.#actions.push({ kind: 'own-claim', claim, owners });
    }
  }

  /** Condemned pods go from the top; in order, one at a time and only while all others are well. */
  #scaleDown(replicas: readonly (Pod | undefined)[], condemned: readonly Pod[]): Plan | undefined {
    const lowestFirst = [...replicas, ...condemned.toReversed()];
    const firstUnhealthy = lowestFirst.find((pod) => pod !== undefined && !isHealthy(pod));
    for (const pod of condemned) {
      const name = pod.metadata.name ?? '';
      if (isTerminating(pod)) {
        if (this.#ordered) return this.#plan(`waiting for pod ${name} to terminate before scaling down further`);
        continue;
      }
      const unavailable = !isRunningReady(pod) || this.#availableInMs(pod) !== 0;
      if (this.#ordered && unavailable && pod !== firstUnhealthy)
        return this.#plan(`waiting for pod ${firstUnhealthy?.metadata.name ?? name} before scaling down`);
      this.#actions.push({ kind: 'delete-pod', pod });
      if (this.#ordered) return this.#plan(`scaling down: deleted pod ${name}`);
    }
    return undefined;
  }

  /** One pod of an old revision at a time, from the top down to the partition. */
  #rollingUpdate(replicas: readonly (Pod | undefined)[]): Plan | undefined {
    const { set, update } = this.#observed;
    if (set.spec?.updateStrategy?.type === 'OnDelete') return undefined;
    const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
    const name = update.metadata.name ?? '';
    for (let index = replicas.length - 1; index >= partition; index--) {
      const pod = replicas[index];
      if (!pod) return this.#actions.length > 0 ? this.#plan('waiting for pods that were just created') : undefined;
      if (pod.metadata.labels?.[REVISION_LABEL] !== name && !isTerminating(pod)) {
        this.#actions.push({ kind: 'delete-pod', pod });
        return { ...this.#plan(`updating pod ${pod.metadata.name} to ${name}`), removedCurrent: 1 };
      }
      if (!isHealthy(pod)) return this.#plan(`waiting for pod ${pod.metadata.name} to be Running and Ready after its update`);
    }
    return undefined;
  }

  #plan(reason: string): Plan {
    return {
      actions: this.#actions,
      reason,
      removedCurrent: 0,
      ...(this.#recheckAfterMs === undefined ? {} : { recheckAfterMs: this.#recheckAfterMs }),
    };
  }
}

/** The set's status after a pass; the same object when nothing changed. */
export function statusOf(
  { set, pods, current, update, nowMs }: Observed,
  removedCurrent: number,
  collisionCount: number,
): StatefulSetStatus {
  const currentName = current.metadata.name ?? '';
  const updateName = update.metadata.name ?? '';
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const created = pods.filter(isCreated);
  const of = (name: string): number =>
    created.filter((pod) => !isTerminating(pod) && pod.metadata.labels?.[REVISION_LABEL] === name).length;
  const ready = created.filter(isRunningReady);
  const base = {
    observedGeneration: set.metadata.generation,
    replicas: created.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => availableInMs(pod, minReadySeconds, nowMs) === 0).length,
    currentReplicas: Math.max(0, of(currentName) - removedCurrent),
    updatedReplicas: of(updateName),
    currentRevision: currentName,
    updateRevision: updateName,
    collisionCount,
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  };
  const { replicas } = range(set);
  const complete =
    set.spec?.updateStrategy?.type !== 'OnDelete' &&
    base.updatedReplicas === base.replicas &&
    base.readyReplicas === base.replicas &&
    base.replicas === replicas;
  const next = complete ? { ...base, currentReplicas: base.updatedReplicas, currentRevision: updateName } : base;
  return deepEqual(withoutZeros(next), withoutZeros(set.status ?? {})) ? (set.status ?? next) : next;
}

/** Zero and absent are the same for the optional counts. */
function withoutZeros(status: object): object {
  return Object.fromEntries(
    Object.entries(status).filter(
      ([field, value]) =>
        field === 'replicas' || field === 'availableReplicas' || field === 'collisionCount' || (value !== 0 && value !== undefined),
    ),
  );
}
