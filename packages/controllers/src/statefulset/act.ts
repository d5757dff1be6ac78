// Carries out a plan: claims before their pod, each write told of by an event on the set.
import type { Client } from '@holdfast/client';
import type { EventRecorder } from '@holdfast/controller';
import { isAlreadyExists, isNotFound, PERSISTENTVOLUMECLAIMS, type Pod, PODS, type StatefulSet } from '@holdfast/schema';
import { slowStart } from '../pods/slow-start.ts';
import { POD_NAME_LABEL } from './build-pod.ts';
import type { Action } from './decide.ts';
import { isOrdered } from './identity.ts';

export interface Acting {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly set: StatefulSet;
  readonly wrotePod: (pod: Pod) => void;
}

/** Does all actions; rejects with the first failure once those under way have ended. */
export async function act(acting: Acting, actions: readonly Action[]): Promise<void> {
  const claims = actions.filter((action) => action.kind === 'create-claim' || action.kind === 'own-claim');
  const others = actions.filter((action) => action.kind !== 'create-claim' && action.kind !== 'own-claim');
  if (isOrdered(acting.set)) {
    for (const action of [...claims, ...others]) await perform(acting, action);
    return;
  }
  await Promise.all(claims.map((action) => perform(acting, action)));
  const { failure } = await slowStart(others, (action) => perform(acting, action));
  if (failure !== undefined) throw failure;
}

async function perform(acting: Acting, action: Action): Promise<void> {
  const { client, events, set } = acting;
  const setName = set.metadata.name ?? '';
  switch (action.kind) {
    case 'create-claim': {
      const name = action.claim.metadata.name ?? '';
      await told(acting, 'Create', `create Claim ${name} Pod ${action.pod} in StatefulSet ${setName}`, 'success', async () => {
        await client.create(PERSISTENTVOLUMECLAIMS, action.claim);
      });
      return;
    }
    case 'own-claim': {
      const { metadata } = action.claim;
      await client.update(PERSISTENTVOLUMECLAIMS, { ...action.claim, metadata: { ...metadata, ownerReferences: action.owners } });
      return;
    }
    case 'create-pod':
      await told(acting, 'Create', `create Pod ${action.pod.metadata.name} in StatefulSet ${setName}`, 'successful', async () => {
        acting.wrotePod(await client.create(PODS, action.pod));
      });
      return;
    case 'relabel-pod': {
      const { metadata } = action.pod;
      const name = metadata.name ?? '';
      await told(acting, 'Update', `update Pod ${name} in StatefulSet ${setName}`, 'successful', async () => {
        acting.wrotePod(
          await client.update(PODS, { ...action.pod, metadata: { ...metadata, labels: { ...metadata.labels, [POD_NAME_LABEL]: name } } }),
        );
      });
      return;
    }
    case 'delete-pod': {
      const { namespace, name = '', uid } = action.pod.metadata;
      await told(acting, 'Delete', `delete Pod ${name} in StatefulSet ${setName}`, 'successful', async () => {
        const left = await client.delete(PODS, { namespace, name }, { preconditions: { uid } });
        if ('spec' in left) acting.wrotePod(left);
      });
      return;
    }
    case 'fail':
      events.event(set, 'Warning', 'FailedCreate', `create Pod ${action.pod} in StatefulSet ${setName} failed error: ${action.message}`);
      throw new Error(action.message);
  }
}

/** What is there already, or gone already, needs no doing and no telling. */
async function told(
  { events, set }: Acting,
  verb: 'Create' | 'Update' | 'Delete',
  what: string,
  ended: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
    events.event(set, 'Normal', `Successful${verb}`, `${what} ${ended}`);
  } catch (error) {
    if ((verb === 'Create' && isAlreadyExists(error)) || (verb === 'Delete' && isNotFound(error))) return;
    events.event(set, 'Warning', `Failed${verb}`, `${what} failed error: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}
