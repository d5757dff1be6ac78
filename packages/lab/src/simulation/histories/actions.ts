// Carries out what a user does. A request that is refused is an answer, as it is to a user.
import { isNotFound, NODES, PERSISTENTVOLUMECLAIMS, type Pod, PODS, StatusError, STATEFULSETS } from '@holdfast/schema';
import type { Simulation } from '../simulation.ts';
import type { Action } from './history.ts';
import type { Deeds } from './deeds.ts';
import { BAD_IMAGE, goodImage, NAMESPACE, setObject, type World } from './world.ts';

/** Does it; resolves to what the server answered, in a few words. Rejects only with bugs. */
export async function perform(sim: Simulation, world: World, action: Action, deeds: Deeds): Promise<string> {
  try {
    return await request(sim, world, action, deeds);
  } catch (error) {
    // An API that is down, or a refusal: a user reads it and goes on.
    if (error instanceof StatusError) return `refused: ${error.message}`;
    if (!sim.api.running) return 'not answered: the API is down';
    throw error;
  }
}

async function request(sim: Simulation, world: World, action: Action, deeds: Deeds): Promise<string> {
  const { client } = sim;
  const patchSet = async (set: string, spec: object): Promise<string> => {
    await sim.run(client.patch(STATEFULSETS, { namespace: NAMESPACE, name: set }, { type: 'merge', body: { spec } }));
    return 'done';
  };
  switch (action.do) {
    case 'scale':
      return patchSet(action.set, { replicas: action.replicas });
    case 'partition':
      return patchSet(action.set, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: action.ordinal } } });
    case 'rollout': {
      const image = action.version === 'missing' ? BAD_IMAGE : goodImage(action.version);
      const body = { spec: { template: { spec: { containers: [{ name: 'db', image }] } } } };
      await sim.run(client.patch(STATEFULSETS, { namespace: NAMESPACE, name: action.set }, { type: 'strategic', body }));
      return 'done';
    }
    case 'deletePod':
      return deletePod(sim, `${action.set}-${action.pod}`, deeds);
    case 'evictPod':
      return evict(sim, `${action.set}-${action.pod}`, deeds);
    case 'deleteClaim':
      await sim.run(client.delete(PERSISTENTVOLUMECLAIMS, { namespace: NAMESPACE, name: `data-${action.set}-${action.claim}` }));
      return 'done';
    case 'deleteSet':
      await sim.run(client.delete(STATEFULSETS, { namespace: NAMESPACE, name: action.set }, { propagationPolicy: action.propagation }));
      return 'done';
    case 'createSet': {
      const shape = world.sets.find(({ name }) => name === action.set);
      if (!shape) throw new Error(`the world has no set ${action.set}`);
      await sim.run(client.create(STATEFULSETS, setObject(shape)));
      return 'done';
    }
    case 'cordon':
    case 'uncordon':
      return cordon(sim, action.node, action.do === 'cordon');
    case 'drain': {
      await cordon(sim, action.node, true);
      const answers: string[] = [];
      for (const pod of sim.list(PODS).filter(({ spec }) => spec?.nodeName === action.node)) {
        const name = pod.metadata.name ?? '';
        answers.push(`${name} ${await evict(sim, name, deeds)}`);
      }
      return answers.join('; ') || 'no pods';
    }
  }
}

/** Deletes a pod as `kubectl delete pod --wait=false` does. */
export async function deletePod(sim: Simulation, name: string, deeds: Deeds): Promise<string> {
  note(sim, name, deeds.deleted);
  await sim.run(sim.client.delete(PODS, { namespace: NAMESPACE, name }));
  return 'done';
}

export async function cordon(sim: Simulation, node: string, unschedulable: boolean): Promise<string> {
  const body = { spec: { unschedulable: unschedulable || null } };
  await sim.run(sim.client.patch(NODES, { name: node }, { type: 'strategic', body }));
  return 'done';
}

async function evict(sim: Simulation, name: string, deeds: Deeds): Promise<string> {
  const uid = note(sim, name, deeds.evicted);
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: NAMESPACE } };
  try {
    await sim.run(sim.client.createSubresource(PODS, { namespace: NAMESPACE, name }, 'eviction', body));
    return 'evicted';
  } catch (error) {
    deeds.evicted.delete(uid);
    if (error instanceof StatusError && (error.code === 429 || error.code === 409 || isNotFound(error))) return `refused: ${error.message}`;
    throw error;
  }
}

function note(sim: Simulation, name: string, uids: Set<string>): string {
  const pod = sim.store.get(`core/pods/${NAMESPACE}/${name}`)?.value as Pod | undefined;
  const uid = pod?.metadata.uid ?? '';
  uids.add(uid);
  return uid;
}
