// The end of a history: faults are over, a user clears away what only a user may, and everything must come to rest.
import { isConditionTrue } from '@holdfast/controller';
import { NODES, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, type Pod, PODS, type StatefulSet, STATEFULSETS } from '@holdfast/schema';
import type { Simulation } from '../simulation.ts';
import { cordon, deletePod } from './actions.ts';
import type { Deeds } from './deeds.ts';
import { imageOf, ordinalOf } from './invariants/set-view.ts';
import { BAD_IMAGE, goodImage, NAMESPACE } from './world.ts';

/** How often the user looks, and for how long everything has to be as it should. */
const LOOK_MS = 10_000;
/** Longer than every back-off of a control plane together. */
const LIMIT_MS = 3_600_000;

/** Runs until all is well; the reasons when it never is. */
export async function converge(sim: Simulation, deeds: Deeds): Promise<readonly string[]> {
  const endMs = sim.clock.now() + LIMIT_MS;
  let calm = 0;
  for (;;) {
    const remedies = await remedy(sim, deeds);
    const problems = unfinished(sim);
    calm = problems.length === 0 && remedies === 0 ? calm + 1 : 0;
    if (calm > 1) return [];
    if (sim.clock.now() >= endMs) return problems;
    await sim.advance(LOOK_MS);
  }
}

/** What Kubernetes leaves to users: cordons, a bad image and the pods wedged on it, pods that wait for a claim that waits for them, released volumes. */
async function remedy(sim: Simulation, deeds: Deeds): Promise<number> {
  let done = 0;
  for (const { metadata, spec } of sim.list(NODES)) {
    if (!spec?.unschedulable) continue;
    await cordon(sim, metadata.name ?? '', false);
    done++;
  }
  for (const set of sim.list(STATEFULSETS)) {
    if (set.metadata.deletionTimestamp || !set.spec || imageOf(set.spec.template) !== BAD_IMAGE) continue;
    const body = { spec: { template: { spec: { containers: [{ name: 'db', image: goodImage(1) }] } } } };
    await sim.run(sim.client.patch(STATEFULSETS, { namespace: NAMESPACE, name: set.metadata.name ?? '' }, { type: 'strategic', body }));
    done++;
  }
  for (const pod of sim.list(PODS)) {
    if (pod.metadata.deletionTimestamp || !(imageOf(pod) === BAD_IMAGE || cannotMount(sim, pod))) continue;
    await deletePod(sim, pod.metadata.name ?? '', deeds);
    done++;
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

/** A node does not mount a claim that is being deleted, so a pod that lost its containers waits for ever, and its claim for the pod. */
function cannotMount(sim: Simulation, pod: Pod): boolean {
  if (isConditionTrue(pod.status?.conditions, 'Ready')) return false;
  const names = (pod.spec?.volumes ?? []).map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
  return sim.list(PERSISTENTVOLUMECLAIMS).some(({ metadata }) => metadata.deletionTimestamp && names.includes(metadata.name));
}

/** What is not as it should be, in sentences. */
function unfinished(sim: Simulation): readonly string[] {
  const sets = sim.list(STATEFULSETS);
  return [
    ...sim
      .list(NODES)
      .filter((node) => !isConditionTrue(node.status?.conditions, 'Ready'))
      .map(({ metadata }) => `node ${metadata.name} is not Ready`),
    ...sets.flatMap((set) =>
      unfinishedSet(
        set,
        sim.list(PODS).filter((pod) => ordinalOf(set, pod) >= 0),
      ),
    ),
    ...sim
      .list(PERSISTENTVOLUMECLAIMS)
      .filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase !== 'Bound' && isUsed(sim, metadata.name ?? ''))
      .map(({ metadata, status }) => `claim ${metadata.name} is ${status?.phase}`),
    ...sim
      .list(PODS)
      .filter(({ metadata }) => metadata.deletionTimestamp)
      .map(({ metadata }) => `pod ${metadata.name} is still Terminating`),
  ];
}

function isUsed(sim: Simulation, claim: string): boolean {
  return sim.list(PODS).some(({ spec }) => spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim));
}

function unfinishedSet(set: StatefulSet, pods: readonly Pod[]): readonly string[] {
  const { name } = set.metadata;
  if (set.metadata.deletionTimestamp) return [`set ${name} is still being deleted`];
  const { replicas = 1, updateStrategy, template } = set.spec ?? {};
  const partition = updateStrategy?.type === 'OnDelete' ? Number.POSITIVE_INFINITY : (updateStrategy?.rollingUpdate?.partition ?? 0);
  const image = template ? imageOf(template) : '';
  const problems = pods.flatMap((pod) => {
    const ordinal = ordinalOf(set, pod);
    if (ordinal >= replicas) return [`pod ${pod.metadata.name} is beyond the ${replicas} replicas of its set`];
    if (!isConditionTrue(pod.status?.conditions, 'Ready')) return [`pod ${pod.metadata.name} is not Ready`];
    return ordinal >= partition && imageOf(pod) !== image ? [`pod ${pod.metadata.name} is not updated`] : [];
  });
  if (pods.length < replicas) problems.push(`set ${name} has ${pods.length} of ${replicas} pods`);
  const { status } = set;
  if (status?.observedGeneration !== set.metadata.generation) problems.push(`set ${name} is not observed`);
  if (status?.replicas !== replicas || (status.readyReplicas ?? 0) !== replicas || (status.availableReplicas ?? 0) !== replicas)
    problems.push(`the status of set ${name} does not say that all ${replicas} replicas are available`);
  return problems;
}
