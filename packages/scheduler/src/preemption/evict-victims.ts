// Sends pods away for another: a condition that says why, then a plain deletion with the pod's own grace.
import { timestamp } from '@holdfast/clock';
import type { ComponentContext, EventRecorder } from '@holdfast/controller';
import { isConflict, isNotFound, type Pod, PODS } from '@holdfast/schema';
import { keyOf } from '../pod-facts.ts';
import { PREEMPTED_REASON } from './find-preemption.ts';

export interface EvictVictimsOptions {
  readonly context: Pick<ComponentContext, 'client' | 'clock'>;
  readonly events: EventRecorder;
  readonly schedulerName: string;
  /** For whom they go, and where. */
  readonly pod: Pod;
  readonly nodeName: string;
}

/** Resolves when all deletions have begun; rejects with the first failure after having tried all. */
export async function evictVictims(options: EvictVictimsOptions, victims: readonly Pod[]): Promise<void> {
  const outcomes = await Promise.allSettled(victims.map((victim) => evict(options, victim)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function evict({ context, events, schedulerName, pod, nodeName }: EvictVictimsOptions, victim: Pod): Promise<void> {
  const { client, clock } = context;
  const { uid } = victim.metadata;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: PREEMPTED_REASON,
    message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: timestamp(clock),
  };
  try {
    const body = { metadata: { uid }, status: { conditions: [condition] } };
    await client.patch(PODS, keyOf(victim), { type: 'strategic', body }, { subresource: 'status' });
    await client.delete(PODS, keyOf(victim), { preconditions: { uid } });
  } catch (error) {
    // Gone, or another pod of its name by now: the room is there.
    if (isNotFound(error) || isConflict(error)) return;
    throw error;
  }
  const related = { apiVersion: 'v1', kind: 'Pod', ...keyOf(pod), uid: pod.metadata.uid };
  const message = `Preempted by pod ${pod.metadata.uid} on node ${nodeName}`;
  events.event(victim, 'Normal', 'Preempted', message, { action: 'Preempting', related });
}
