// No eviction takes a healthy pod that a disruption budget needs.
import { controllerOf, isConditionTrue } from '@holdfast/controller';
import {
  DEPLOYMENTS,
  type KubeObject,
  labelSelector,
  type Pod,
  PODDISRUPTIONBUDGETS,
  type PodDisruptionBudget,
  PODS,
  REPLICASETS,
  STATEFULSETS,
} from '@holdfast/schema';
import { isOf } from '../../recording-store.ts';
import type { Invariant, Watching } from './invariant.ts';

type Scaled = KubeObject & { readonly spec?: { readonly replicas?: number | undefined } | undefined };

export function budget({ deeds, list, report }: Watching): Invariant {
  return {
    change(change, atMs) {
      if (!isOf(change, PODS) || change.type === 'ADDED') return;
      const pod = change.object;
      const before = change.before as Pod | undefined;
      if (before?.metadata.deletionTimestamp || (change.type !== 'DELETED' && !pod.metadata.deletionTimestamp)) return;
      // While the controllers are cut off, budgets are as they left them: upstream too evicts by what was seen last.
      if (!deeds.evicted.has(pod.metadata.uid ?? '') || deeds.viewSince(atMs, 'disruption-controller') < atMs || !isHealthy(before)) return;
      for (const one of list(PODDISRUPTIONBUDGETS).filter((found) => selects(found, pod))) check(one, pod);
    },
  };

  function check(one: PodDisruptionBudget, evicted: Pod): void {
    const pods = list(PODS).filter((pod) => pod.metadata.namespace === one.metadata.namespace && selects(one, pod));
    const healthy = pods.filter((pod) => pod.metadata.uid !== evicted.metadata.uid && isHealthy(pod)).length;
    const expected = expectedOf(pods);
    if (expected === undefined) return;
    const needed = neededOf(one, expected);
    if (healthy < needed)
      report(
        `the eviction of ${evicted.metadata.name} leaves ${healthy} healthy pods where the budget ${one.metadata.name} needs ${needed}`,
      );
  }

  /** How many pods their owners want; undefined where one of them has no owner with a scale, of which a share could be taken. */
  function expectedOf(pods: readonly Pod[]): number | undefined {
    const scales: readonly Scaled[] = [...list(STATEFULSETS), ...list(DEPLOYMENTS)];
    const owners = new Set(pods.map((pod) => ownerOf(pod)));
    const found = scales.filter(({ metadata }) => owners.has(metadata.uid));
    return found.length === owners.size ? found.reduce((sum, { spec }) => sum + (spec?.replicas ?? 1), 0) : undefined;
  }

  /** The set of a pod, or the deployment of its replica set. */
  function ownerOf(pod: Pod): string | undefined {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'ReplicaSet') return owner?.uid;
    const set = list(REPLICASETS).find(({ metadata }) => metadata.uid === owner.uid);
    return set && controllerOf(set)?.uid;
  }
}

function neededOf({ spec }: PodDisruptionBudget, expected: number): number {
  if (spec?.maxUnavailable !== undefined) return Math.max(0, expected - share(spec.maxUnavailable, expected));
  return share(spec?.minAvailable ?? 0, expected);
}

/** Percentages round up. */
function share(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * of) / 100);
}

function selects({ spec }: PodDisruptionBudget, pod: Pod): boolean {
  return labelSelector(spec?.selector).matches(pod.metadata.labels ?? {});
}

function isHealthy(pod: Pod | undefined): boolean {
  return pod !== undefined && !pod.metadata.deletionTimestamp && isConditionTrue(pod.status?.conditions, 'Ready');
}
