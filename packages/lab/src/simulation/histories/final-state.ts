// What is left when a history has come to rest: what must not have stayed, and what two runs must agree on.
import {
  type KubeObject,
  NODES,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  PODS,
  REPLICASETS,
  type ResourceType,
  SERVICES,
} from '@holdfast/schema';
import type { Simulation } from '../simulation.ts';
import { podsOf, WORKLOAD_KINDS } from './workloads/index.ts';

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
  const causeless = [REPLICASETS, PODS, PERSISTENTVOLUMES, SERVICES, NODES] as unknown as readonly ResourceType[];
  return [
    ...waiting(PERSISTENTVOLUMECLAIMS as unknown as ResourceType, ({ metadata }) => used.has(metadata.name ?? '')),
    ...[...WORKLOAD_KINDS.map(({ type }) => type), ...causeless].flatMap((type) => waiting(type, () => false)),
    ...trackedPods(sim),
  ];
}

/** Everything has finished, so every pod of a job has been counted. */
function trackedPods(sim: Simulation): readonly string[] {
  return sim
    .list(PODS)
    .filter(({ metadata }) => metadata.finalizers?.includes('batch.kubernetes.io/job-tracking'))
    .map(({ metadata }) => `pod ${metadata.name} keeps ${metadata.finalizers?.join(', ')} although its job has finished`);
}

/** The state that any run of a history must come to, however it was interrupted: workloads, their pods and claims. */
export function finalState(sim: Simulation): readonly string[] {
  const pods = sim.list(PODS);
  const workloads = WORKLOAD_KINDS.flatMap((kind) =>
    sim.list(kind.type).flatMap((workload) => kind.outcome(workload, podsOf(workload, pods))),
  );
  const claims = sim.list(PERSISTENTVOLUMECLAIMS).map(({ metadata, status }) => `claim ${metadata.name} ${status?.phase}`);
  return [...workloads, ...claims].toSorted();
}
