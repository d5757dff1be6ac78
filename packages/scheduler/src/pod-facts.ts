// Small questions about pods that the scheduler asks in several places.
import type { Pod } from '@holdfast/schema';

export const SCHEDULER_NAME = 'default-scheduler';

/** Pods that ended take nothing of their node any more. */
export function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Whether this scheduler has to place the pod: on no node yet, meant for it, and released by all gates. */
export function isPending({ spec, status }: Pod, schedulerName: string): boolean {
  if (spec?.nodeName || hasEnded({ metadata: {}, status })) return false;
  return (spec?.schedulerName || SCHEDULER_NAME) === schedulerName && (spec?.schedulingGates ?? []).length === 0;
}

export function priorityOf({ spec }: Pod): number {
  return spec?.priority ?? 0;
}

export function keyOf({ metadata }: Pod): { readonly namespace: string | undefined; readonly name: string } {
  return { namespace: metadata.namespace, name: metadata.name ?? '' };
}

export function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
