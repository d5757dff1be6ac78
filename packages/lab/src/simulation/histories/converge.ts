// The end of a history: faults are over, a user clears away what only a user may, and everything must come to rest.
import { claimNamesOf, controllerOf, isConditionTrue } from '@holdfast/controller';
import {
  DEPLOYMENTS,
  isNotFound,
  JOBS,
  type KubeObject,
  NAMESPACES,
  NODES,
  PERSISTENTVOLUMECLAIMS,
  type PersistentVolumeClaim,
  PERSISTENTVOLUMES,
  type Pod,
  PODS,
  REPLICASETS,
  type ResourceType,
  STATEFULSETS,
} from '@holdfast/schema';
import type { Simulation } from '../simulation.ts';
import { cordon, deletePod, setImage } from './actions.ts';
import type { Deeds } from './deeds.ts';
import { wrongEndpoints } from './endpoints.ts';
import { leftFinalizers } from './final-state.ts';
import type { InvariantName } from './invariants/index.ts';
import { allServed, define, isDefined, owners, serve, VERSIONS } from './owner.ts';
import { podsOf, WORKLOAD_KINDS } from './workloads/index.ts';
import { BAD_IMAGE, goodImage, imageOf, NAMESPACE } from './workloads/pod-template.ts';
import type { World } from './world.ts';

/** How often the user looks, and for how long everything has to be as it should. */
const LOOK_MS = 10_000;
/** Longer than every back-off of a control plane together. */
const LIMIT_MS = 3_600_000;

/** What is not as it should be. */
export interface Problem {
  readonly invariant: Extract<InvariantName, 'convergence' | 'endpoints'>;
  readonly message: string;
}

/** Runs until all is well; the reasons when it never is. */
export async function converge(sim: Simulation, world: World, deeds: Deeds): Promise<readonly Problem[]> {
  const endMs = sim.clock.now() + LIMIT_MS;
  let calm = 0;
  for (;;) {
    const remedies = await remedy(sim, world, deeds);
    const problems = problemsOf(sim);
    // Who keeps a finalizer may be in the midst of a back-off as long as the fault was; what stays nonetheless is for others to tell of.
    calm = problems.length === 0 && remedies === 0 && leftFinalizers(sim).length === 0 ? calm + 1 : 0;
    if (calm > 1) return [];
    if (sim.clock.now() >= endMs) return problems;
    await sim.advance(LOOK_MS);
  }
}

function problemsOf(sim: Simulation): readonly Problem[] {
  return [
    ...unfinished(sim).map((message) => ({ invariant: 'convergence', message }) as const),
    ...wrongEndpoints(sim).map((message) => ({ invariant: 'endpoints', message }) as const),
  ];
}

/**
 * What Kubernetes leaves to users: cordons, pauses, a bad image and the pods wedged on it, partitions and orphans that keep it, pods
 * that wait for a claim that waits for them or is gone, released volumes, a resource that is not served.
 */
async function remedy(sim: Simulation, world: World, deeds: Deeds): Promise<number> {
  let done = 0;
  for (const { metadata, spec } of sim.list(NODES)) {
    if (!spec?.unschedulable) continue;
    await cordon(sim, metadata.name ?? '', false);
    done++;
  }
  done += (await resume(sim, DEPLOYMENTS, 'paused')) + (await resume(sim, JOBS, 'suspend'));
  // A job without parallelism waits for its user too.
  done += await resume(sim, JOBS, 'parallelism');
  for (const shape of world.workloads) {
    for (const kind of WORKLOAD_KINDS) {
      const workload = sim.list(kind.type).find(({ metadata }) => metadata.name === shape.name) as Templated | undefined;
      if (!workload || workload.metadata.deletionTimestamp || imageOf(workload.spec?.template ?? {}) !== BAD_IMAGE) continue;
      await setImage(sim, shape, goodImage(1));
      done++;
    }
  }
  done += (await liftPartitions(sim)) + (await removeOrphans(sim));
  // The collector takes no owner for gone whose kind nobody knows in the version in which it is named.
  if (world.owned && !allServed(sim) && (isDefined(sim) || leftBehind(sim).length > 0)) {
    if (!isDefined(sim)) await define(sim);
    await serve(sim, VERSIONS);
    done++;
  }
  for (const pod of sim.list(PODS)) {
    const wedged = pod.metadata.deletionTimestamp ? waitsForItsClaim(sim, pod) : isWedged(sim, pod);
    if (!wedged) continue;
    done += await clearAway(sim, pod, deeds);
  }
  for (const { metadata, status } of sim.list(PERSISTENTVOLUMES)) {
    if (status?.phase !== 'Released') continue;
    const { name = '' } = metadata;
    deeds.released.add(name);
    await sim.run(sim.client.patch(PERSISTENTVOLUMES, { name }, { type: 'merge', body: { spec: { claimRef: null } } }));
    done++;
  }
  return done;
}

/** Other requests of this user let time go by: a pod that was there when the user looked may be gone by now, which is as good. */
async function clearAway(sim: Simulation, { metadata }: Pod, deeds: Deeds): Promise<number> {
  try {
    await deletePod(sim, metadata.name ?? '', deeds);
    return 1;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}

/** Pods below the partition are made anew as they were, whatever the template says by now. */
async function liftPartitions(sim: Simulation): Promise<number> {
  const pods = sim.list(PODS);
  const wedged = sim.list(STATEFULSETS).filter((set) => {
    if (set.metadata.deletionTimestamp || !set.spec?.updateStrategy?.rollingUpdate?.partition) return false;
    return imageOf(set.spec.template) !== BAD_IMAGE && podsOf(set, pods).some((pod) => imageOf(pod) === BAD_IMAGE);
  });
  for (const { metadata } of wedged) {
    const body = { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } };
    await sim.run(sim.client.patch(STATEFULSETS, { namespace: NAMESPACE, name: metadata.name ?? '' }, { type: 'merge', body }));
  }
  return wedged.length;
}

/** A replica set whose deployment left it behind makes pods of a bad image for ever. */
async function removeOrphans(sim: Simulation): Promise<number> {
  const orphans = sim
    .list(REPLICASETS)
    .filter((set) => !set.metadata.deletionTimestamp && !controllerOf(set) && imageOf(set.spec?.template ?? {}) === BAD_IMAGE);
  for (const { metadata } of orphans) {
    const key = { namespace: NAMESPACE, name: metadata.name ?? '' };
    await sim.run(sim.client.delete(REPLICASETS, key, { propagationPolicy: 'Background' }));
  }
  return orphans.length;
}

type Templated = KubeObject & { readonly spec?: { readonly template?: { readonly spec?: Pod['spec'] } } };

/** Lets what its user stopped go on. */
async function resume<T extends KubeObject & { readonly spec?: object | undefined }>(
  sim: Simulation,
  type: ResourceType<T>,
  field: 'paused' | 'suspend' | 'parallelism',
): Promise<number> {
  const stopped = field === 'parallelism' ? 0 : true;
  const found = sim
    .list(type)
    .filter(({ metadata, spec }) => !metadata.deletionTimestamp && new Map(Object.entries(spec ?? {})).get(field) === stopped);
  for (const { metadata } of found) {
    const body = { spec: { [field]: field === 'parallelism' ? 1 : false } };
    await sim.run(sim.client.patch(type, { namespace: NAMESPACE, name: metadata.name ?? '' }, { type: 'merge', body }));
  }
  return found.length;
}

function isWedged(sim: Simulation, pod: Pod): boolean {
  return imageOf(pod) === BAD_IMAGE || cannotMount(sim, pod) || lacksClaim(sim, pod);
}

/**
 * Its claim was deleted, made again and deleted once more before the pod had a node: the scheduler has nothing new to say of it, and the
 * StatefulSet controller, upstream's too, hears of pods and not of claims.
 */
function lacksClaim(sim: Simulation, pod: Pod): boolean {
  if (pod.spec?.nodeName !== undefined) return false;
  const there = new Set(sim.list(PERSISTENTVOLUMECLAIMS).map(({ metadata }) => metadata.name));
  return claimNamesOf(pod).some((name) => !there.has(name));
}

/**
 * A node does not mount a claim that is being deleted, so a pod that lost its containers waits for ever, and its claim for the pod.
 * Nor is a claim bound once its pod has a node: a scheduler that did not yet see that the claim is another one placed it too early.
 */
function cannotMount(sim: Simulation, pod: Pod): boolean {
  if (isConditionTrue(pod.status?.conditions, 'Ready')) return false;
  const names = claimNamesOf(pod);
  const comesTooLate = ({ spec }: PersistentVolumeClaim): boolean => pod.spec?.nodeName !== undefined && !spec?.volumeName;
  return sim
    .list(PERSISTENTVOLUMECLAIMS)
    .some((claim) => names.includes(claim.metadata.name ?? '') && (claim.metadata.deletionTimestamp || comesTooLate(claim)));
}

/**
 * A claim that goes with its pod blocks the pod's deletion in the foreground, and is itself kept for as long as the pod is there.
 * Another deletion in the background, as kubectl's is, lets the pod go.
 */
function waitsForItsClaim(sim: Simulation, { metadata, status }: Pod): boolean {
  if (!metadata.finalizers?.includes('foregroundDeletion') || !(status?.phase === 'Succeeded' || status?.phase === 'Failed')) return false;
  return sim
    .list(PERSISTENTVOLUMECLAIMS)
    .some(({ metadata: claim }) => claim.deletionTimestamp && claim.ownerReferences?.some(({ uid }) => uid === metadata.uid));
}

/** What is not as it should be, in sentences. */
function unfinished(sim: Simulation): readonly string[] {
  const pods = sim.list(PODS);
  return [
    ...sim
      .list(NODES)
      .filter((node) => !isConditionTrue(node.status?.conditions, 'Ready'))
      .map(({ metadata }) => `node ${metadata.name} is not Ready`),
    ...WORKLOAD_KINDS.flatMap((kind) =>
      sim.list(kind.type).flatMap((workload) => {
        if (workload.metadata.deletionTimestamp) return [`${kind.type.kind} ${workload.metadata.name} is still being deleted`];
        return kind.unfinished(workload, podsOf(workload, pods));
      }),
    ),
    ...sim
      .list(PERSISTENTVOLUMECLAIMS)
      .filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase !== 'Bound' && isUsed(sim, metadata.name ?? ''))
      .map(({ metadata, status }) => `claim ${metadata.name} is ${status?.phase}`),
    ...leftBehind(sim),
    ...pods.filter(({ metadata }) => metadata.deletionTimestamp).map(({ metadata }) => `pod ${metadata.name} is still Terminating`),
    ...sim
      .list(NAMESPACES)
      .filter(({ metadata }) => metadata.deletionTimestamp)
      .map(({ metadata }) => `namespace ${metadata.name} is still Terminating`),
  ];
}

/** What an owner that goes leaves behind, and one that cannot go. */
function leftBehind(sim: Simulation): readonly string[] {
  const there = owners(sim);
  const uids = new Set(there.map(({ metadata }) => metadata.uid));
  return [
    ...there.filter(({ metadata }) => metadata.deletionTimestamp).map(({ metadata }) => `owner ${metadata.name} is still being deleted`),
    ...WORKLOAD_KINDS.flatMap(({ type }) => sim.list(type)).flatMap(({ metadata: { name, ownerReferences = [] } }) =>
      ownerReferences.filter(({ uid }) => !uids.has(uid)).map((owner) => `${name} is there, though its owner ${owner.name} is gone`),
    ),
  ];
}

function isUsed(sim: Simulation, claim: string): boolean {
  return sim.list(PODS).some((pod) => claimNamesOf(pod).includes(claim));
}
