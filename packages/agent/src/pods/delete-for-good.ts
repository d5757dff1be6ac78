// The agent's last word on a deleted pod: the DELETE that makes the object go.
import { sleep } from '@holdfast/clock';
import { isConflict, isNotFound, PODS, type Pod } from '@holdfast/schema';
import type { PodHost } from './pod-host.ts';

const RETRY_MS = 1000;

/** Deletes with grace 0 and the pod's UID as precondition; tries again while `wanted` holds and the API cannot be reached. */
export async function deleteForGood(
  pod: Pod,
  { client, clock, log }: Pick<PodHost, 'client' | 'clock' | 'log'>,
  wanted: () => boolean,
): Promise<void> {
  const { namespace = '', name = '', uid } = pod.metadata;
  while (wanted()) {
    try {
      await client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
      return;
    } catch (error) {
      if (isNotFound(error) || (isConflict(error) && !(await isThere(client, pod)))) return;
      log.warn({ err: error, namespace, pod: name }, 'pod could not be deleted');
      await sleep(clock, RETRY_MS);
    }
  }
}

/** A conflict may mean that the name is another pod's by now, or only that somebody else was writing. Unknown: it may be there. */
async function isThere(client: PodHost['client'], { metadata: { namespace = '', name = '', uid } }: Pod): Promise<boolean> {
  try {
    return (await client.get(PODS, { namespace, name })).metadata.uid === uid;
  } catch (error) {
    return !isNotFound(error);
  }
}
