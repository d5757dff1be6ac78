// Which pods nobody else will ever clear away: pure (upstream's pod garbage collector).
import { isConditionTrue } from '@holdfast/controller';
import type { Node, Pod } from '@holdfast/schema';

/** Ended pods are kept up to this number (kube-controller-manager's --terminated-pod-gc-threshold). */
export const TERMINATED_POD_THRESHOLD = 12_500;
export const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Why a pod goes, and what its DisruptionTarget condition says about it, where it gets one. */
export interface PodToCollect {
  readonly pod: Pod;
  readonly condition?: { readonly reason: string; readonly message: string };
}

/** Ended pods beyond the threshold, those created first to go first. */
export function excessTerminated(pods: readonly Pod[], threshold: number = TERMINATED_POD_THRESHOLD): readonly PodToCollect[] {
  const ended = pods.filter(isTerminated);
  const excess = ended.length - threshold;
  if (excess <= 0) return [];
  return ended
    .toSorted((a, b) => compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name))
    .slice(0, excess)
    .map((pod) => ({ pod }));
}

/** Pods on nodes that do not exist any more. `goneNodes` were seen to be absent for the whole quarantine. */
export function orphaned(pods: readonly Pod[], goneNodes: ReadonlySet<string>): readonly PodToCollect[] {
  const condition = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' };
  return pods.filter(({ spec }) => spec?.nodeName && goneNodes.has(spec.nodeName)).map((pod) => ({ pod, condition }));
}

/** Pods that are being deleted and have never been on a node: no agent will finish their deletion. */
export function unscheduledTerminating(pods: readonly Pod[]): readonly PodToCollect[] {
  return pods.filter(({ metadata, spec }) => metadata.deletionTimestamp !== undefined && !spec?.nodeName).map((pod) => ({ pod }));
}

/** Terminating pods of nodes that are not ready and that somebody has declared out of service. */
export function outOfService(pods: readonly Pod[], nodes: readonly Node[]): readonly PodToCollect[] {
  const down = new Set(nodes.filter(isOutOfService).map(({ metadata }) => metadata.name));
  return pods.filter(({ metadata, spec }) => metadata.deletionTimestamp !== undefined && down.has(spec?.nodeName)).map((pod) => ({ pod }));
}

export function isTerminated({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function isOutOfService({ spec, status }: Node): boolean {
  return !isConditionTrue(status?.conditions, 'Ready') && (spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false);
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
