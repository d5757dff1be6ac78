// What is left when a history has come to rest: what must not have stayed, and what two runs must agree on.
import {
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  PODS,
  SERVICES,
  STATEFULSETS,
  NODES,
  type KubeObject,
  type ResourceType,
} from '@holdfast/schema';
import type { Simulation } from '../simulation.ts';
import { imageOf, ordinalOf } from './invariants/set-view.ts';

/** Finalizers whose cause is gone, in sentences. */
export function leftFinalizers(sim: Simulation): readonly string[] {
  const used = new Set(
    sim.list(PODS).flatMap(({ spec }) => (spec?.volumes ?? []).map(({ persistentVolumeClaim: claim }) => claim?.claimName)),
  );
  const waiting = (type: ResourceType, hasCause: (object: KubeObject) => boolean): readonly string[] =>
    sim
      .list(type)
      .filter((object) => object.metadata.deletionTimestamp && !hasCause(object))
      .map(
        ({ metadata }) =>
          `${type.kind} ${metadata.name} keeps ${metadata.finalizers?.join(', ') || 'no finalizer'} although its cause is gone`,
      );
  return [
    ...waiting(PERSISTENTVOLUMECLAIMS as unknown as ResourceType, ({ metadata }) => used.has(metadata.name ?? '')),
    ...[STATEFULSETS, PODS, PERSISTENTVOLUMES, SERVICES, NODES].flatMap((type) => waiting(type as unknown as ResourceType, () => false)),
  ];
}

/** The state that any run of a history must come to, however it was interrupted: sets, their pods and claims, without what chance decides. */
export function finalState(sim: Simulation): readonly string[] {
  const pods = sim.list(PODS);
  const sets = sim.list(STATEFULSETS).flatMap((set) => {
    const { replicas = 1, updateStrategy } = set.spec ?? {};
    // Below the partition, and where updates wait for deletions, the revision depends on which pods were made anew, and when.
    const settled = updateStrategy?.type === 'OnDelete' ? replicas : (updateStrategy?.rollingUpdate?.partition ?? 0);
    const own = pods
      .map((pod) => ({ pod, ordinal: ordinalOf(set, pod) }))
      .filter(({ ordinal }) => ordinal >= 0)
      .map(({ pod, ordinal }) => `pod ${pod.metadata.name} ${ordinal >= settled ? imageOf(pod) : 'of some revision'} ${pod.status?.phase}`);
    return [`set ${set.metadata.name} with ${set.status?.readyReplicas ?? 0} of ${replicas} ready`, ...own];
  });
  const claims = sim.list(PERSISTENTVOLUMECLAIMS).map(({ metadata, status }) => `claim ${metadata.name} ${status?.phase}`);
  return [...sets, ...claims].toSorted();
}
