// What the cluster's pods say about its nodes.
import { isConditionTrue } from '@holdfast/controller';
import type { Pod } from '@holdfast/schema';
import { CONTAINER } from '../build/stateful-set.ts';

/** A container that waits for one of these will not start by itself soon. */
const IMAGE_TROUBLE = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);

export function isPodReady(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && isConditionTrue(pod.status?.conditions, 'Ready');
}

/** Whether the database's container runs, ready or not. */
export function isDatabaseRunning(pod: Pod | undefined): boolean {
  return pod?.metadata.deletionTimestamp === undefined && containerOf(pod)?.state?.running !== undefined;
}

/** Why a pod is not ready, as far as its status tells: 'cockroachdb-1 is Pending: 0/4 nodes are available: …'. */
export function whyNotReady(name: string, pod: Pod | undefined): string {
  if (!pod) return `${name} does not exist yet`;
  if (pod.metadata.deletionTimestamp !== undefined) return `${name} is terminating`;
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled) return `${name} is Pending: ${unscheduled.message ?? unscheduled.reason ?? 'not scheduled'}`;
  const state = containerOf(pod)?.state;
  if (state?.waiting) return `${name} is waiting: ${[state.waiting.reason, state.waiting.message].filter(Boolean).join(': ')}`;
  if (state?.terminated) return `${name} ended with exit code ${state.terminated.exitCode}`;
  return state?.running ? `${name} runs and is not ready` : `${name} is ${pod.status?.phase ?? 'Pending'}`;
}

/** The pod whose image cannot be had, with the runtime's words. */
export function imageTrouble(pods: readonly Pod[]): { readonly pod: string; readonly message: string } | undefined {
  for (const pod of pods) {
    const waiting = containerOf(pod)?.state?.waiting;
    if (waiting?.reason && IMAGE_TROUBLE.has(waiting.reason)) {
      return { pod: pod.metadata.name ?? '', message: [waiting.reason, waiting.message].filter(Boolean).join(': ') };
    }
  }
  return undefined;
}

function containerOf(pod: Pod | undefined): NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number] | undefined {
  return pod?.status?.containerStatuses?.find(({ name }) => name === CONTAINER);
}
