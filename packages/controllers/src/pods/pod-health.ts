// States of a pod, as upstream's controllers of workloads define them.
import { isConditionTrue } from '@holdfast/controller';
import type { Pod } from '@holdfast/schema';

export const isCreated = (pod: Pod): boolean => Boolean(pod.status?.phase);
export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined && pod.metadata.deletionTimestamp !== null;
export const hasEnded = (pod: Pod): boolean => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
/** Neither ended nor on its way out. */
export const isActive = (pod: Pod): boolean => !hasEnded(pod) && !isTerminating(pod);
export const isReady = (pod: Pod): boolean => isConditionTrue(pod.status?.conditions, 'Ready');
export const isRunningReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isReady(pod);
export const isHealthy = (pod: Pod): boolean => isRunningReady(pod) && !isTerminating(pod);

/** Milliseconds until the pod has been Ready for `minReadySeconds`: 0 when it is available, undefined when it is not Ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready' && condition.status === 'True');
  if (!ready) return undefined;
  if (minReadySeconds === 0) return 0;
  if (!ready.lastTransitionTime) return undefined;
  return Math.max(0, Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000 - nowMs);
}
