// Takes the pods of a silent node out of service: their Ready condition becomes False, their containers' states are left.
import { timestamp } from '@holdfast/clock';
import { type ComponentContext, type EventRecorder, isConditionTrue } from '@holdfast/controller';
import { isNotFound, type Pod, PODS } from '@holdfast/schema';

/** Rejects with the last failure after having tried all. */
export async function markPodsNotReady(
  { client, clock }: Pick<ComponentContext, 'client' | 'clock'>,
  events: EventRecorder,
  pods: readonly Pod[],
): Promise<void> {
  const outcomes = await Promise.allSettled(
    pods.map(async (pod) => {
      if (!isConditionTrue(pod.status?.conditions, 'Ready')) return;
      const { namespace, name = '', uid } = pod.metadata;
      const condition = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(clock) };
      try {
        await client.patch(
          PODS,
          { namespace, name },
          { type: 'strategic', body: { metadata: { uid }, status: { conditions: [condition] } } },
          { subresource: 'status' },
        );
        events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
