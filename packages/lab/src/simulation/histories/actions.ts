// Carries out what a user does. A request that is refused is an answer, as it is to a user.
import { controllerOf } from '@holdfast/controller';
import {
  DEPLOYMENTS,
  isNotFound,
  type KubeObject,
  NAMESPACES,
  NODES,
  PERSISTENTVOLUMECLAIMS,
  PODS,
  REPLICASETS,
  type ResourceType,
  StatusError,
} from '@holdfast/schema';
import type { Simulation } from '../simulation.ts';
import type { Action } from './history.ts';
import type { Deeds } from './deeds.ts';
import { deleteDefinition, deleteOwner, owners, serve } from './owner.ts';
import { podsOf, resourceOf, WORKLOAD_KINDS, type WorkloadShape } from './workloads/index.ts';
import { BAD_IMAGE, CONTAINER, goodImage, NAMESPACE } from './workloads/pod-template.ts';
import { makeNamespace, makeOwned, makeWorkload, type World } from './world.ts';

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
  switch (action.do) {
    case 'cordon':
    case 'uncordon':
      return cordon(sim, action.node, action.do === 'cordon');
    case 'drain': {
      await cordon(sim, action.node, true);
      const answers: string[] = [];
      for (const pod of sim.list(PODS).filter(({ spec }) => spec?.nodeName === action.node)) {
        // As kubectl drain does, which leaves daemons where they are.
        if (controllerOf(pod)?.kind === 'DaemonSet') continue;
        const name = pod.metadata.name ?? '';
        answers.push(`${name} ${await evict(sim, name, deeds)}`);
      }
      return answers.join('; ') || 'no pods';
    }
    case 'deleteNamespace':
      // Nothing can be made in it from here on.
      for (const { value } of sim.store.list('').entries) if (value.metadata.namespace === NAMESPACE) noteOf(value, deeds.deleted);
      await sim.run(client.delete(NAMESPACES, { name: NAMESPACE }));
      return 'done';
    case 'createNamespace':
      await makeNamespace(sim, world);
      return 'done';
    case 'serve':
      await serve(sim, action.versions);
      return 'done';
    case 'deleteOwner':
      for (const owner of owners(sim)) noteOf(owner, deeds.deleted);
      if (action.propagation !== 'Orphan') noteOwned(sim, deeds);
      return deleteOwner(sim, action.propagation);
    case 'deleteDefinition':
      noteOwned(sim, deeds);
      await deleteDefinition(sim);
      return 'done';
    case 'createOwner':
      await makeOwned(sim, world);
      return 'done';
    default:
  }
  const shape = shapeOf(world, action.workload);
  const type = resourceOf(shape);
  const key = { namespace: NAMESPACE, name: shape.name };
  const patch = async (spec: object): Promise<string> => {
    await sim.run(client.patch(type, key, { type: 'merge', body: { spec } }));
    return 'done';
  };
  switch (action.do) {
    case 'scale':
      return patch(shape.kind === 'Job' ? { parallelism: action.replicas } : { replicas: action.replicas });
    case 'pause':
    case 'resume':
      return patch({ [shape.kind === 'Job' ? 'suspend' : 'paused']: action.do === 'pause' });
    case 'partition':
      return patch({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: action.ordinal } } });
    case 'rollout':
      return setImage(sim, shape, action.version === 'missing' ? BAD_IMAGE : goodImage(action.version));
    case 'undo':
      return undo(sim, shape);
    case 'deletePod':
    case 'evictPod': {
      const pod = podName(sim, shape, action.pod);
      if (pod === undefined) return 'no pods';
      return action.do === 'deletePod' ? deletePod(sim, pod, deeds) : evict(sim, pod, deeds);
    }
    case 'deleteClaim': {
      const name = `data-${shape.name}-${action.claim}`;
      note(sim, PERSISTENTVOLUMECLAIMS, name, deeds.deleted);
      await sim.run(client.delete(PERSISTENTVOLUMECLAIMS, { namespace: NAMESPACE, name }));
      return 'done';
    }
    case 'deleteWorkload':
      note(sim, type, shape.name, deeds.deleted);
      await sim.run(client.delete(type, key, { propagationPolicy: action.propagation }));
      return 'done';
    case 'createWorkload':
      await makeWorkload(sim, shape);
      return 'done';
  }
}

export function shapeOf(world: World, name: string): WorkloadShape {
  const shape = world.workloads.find((one) => one.name === name);
  if (!shape) throw new Error(`the world has no workload ${name}`);
  return shape;
}

/** The pod that an ordinal means: of a set the one of that name, of others one of those that there are. */
export function podName(sim: Simulation, { kind, name }: WorkloadShape, ordinal: number): string | undefined {
  if (kind === 'StatefulSet') return `${name}-${ordinal}`;
  const pods = podsOf({ metadata: { name } }, sim.list(PODS));
  return pods[ordinal % Math.max(1, pods.length)]?.metadata.name;
}

export async function setImage(sim: Simulation, shape: WorkloadShape, image: string): Promise<string> {
  const body = { spec: { template: { spec: { containers: [{ name: CONTAINER, image }] } } } };
  await sim.run(sim.client.patch(resourceOf(shape), { namespace: NAMESPACE, name: shape.name }, { type: 'strategic', body }));
  return 'done';
}

/** The image of the ReplicaSet before the newest: all that differs between the templates of a history. */
async function undo(sim: Simulation, shape: WorkloadShape): Promise<string> {
  const deployment = sim.list(DEPLOYMENTS).find(({ metadata }) => metadata.name === shape.name);
  const revisionOf = (annotations: Readonly<Record<string, string>> = {}): number =>
    Number(annotations['deployment.kubernetes.io/revision']);
  const before = sim
    .list(REPLICASETS)
    .filter((set) => deployment && controllerOf(set)?.uid === deployment.metadata.uid)
    .toSorted((a, b) => revisionOf(b.metadata.annotations) - revisionOf(a.metadata.annotations))[1];
  const image = before?.spec?.template?.spec?.containers[0]?.image;
  return image === undefined ? 'no rollout history found' : setImage(sim, shape, image);
}

/** Deletes a pod as `kubectl delete pod --wait=false` does. */
export async function deletePod(sim: Simulation, name: string, deeds: Deeds): Promise<string> {
  note(sim, PODS, name, deeds.deleted);
  await sim.run(sim.client.delete(PODS, { namespace: NAMESPACE, name }, { propagationPolicy: 'Background' }));
  return 'done';
}

export async function cordon(sim: Simulation, node: string, unschedulable: boolean): Promise<string> {
  const body = { spec: { unschedulable: unschedulable || null } };
  await sim.run(sim.client.patch(NODES, { name: node }, { type: 'strategic', body }));
  return 'done';
}

async function evict(sim: Simulation, name: string, deeds: Deeds): Promise<string> {
  const uid = note(sim, PODS, name, deeds.evicted);
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

/** What goes with the owner that goes. */
function noteOwned(sim: Simulation, deeds: Deeds): void {
  for (const { type } of WORKLOAD_KINDS)
    for (const workload of sim.list(type)) if (workload.metadata.ownerReferences?.length) noteOf(workload, deeds.deleted);
}

function note<T extends KubeObject>(sim: Simulation, type: ResourceType<T>, name: string, uids: Set<string>): string {
  return noteOf(
    sim.list(type).find(({ metadata }) => metadata.namespace === NAMESPACE && metadata.name === name),
    uids,
  );
}

function noteOf(object: KubeObject | undefined, uids: Set<string>): string {
  const uid = object?.metadata.uid ?? '';
  uids.add(uid);
  return uid;
}
