// The Deployment controller: rolls from one ReplicaSet to the next.
import { timestamp } from '@holdfast/clock';
import {
  type ComponentFactory,
  controllerOf,
  createController,
  createEventRecorder,
  enqueueMapped,
  enqueueOwner,
  enqueueSelf,
  ReadGuard,
  type Request,
  requestKey,
  requestOf,
  type Result,
  watch,
} from '@holdfast/controller';
import {
  deepEqual,
  type Deployment,
  DEPLOYMENTS,
  type DeploymentStatus,
  type Pod,
  PODS,
  type ReplicaSet,
  REPLICASETS,
} from '@holdfast/schema';
import { adopters } from '../ownership/adopters.ts';
import { claim } from '../ownership/claim.ts';
import { isScaling, newSetSize, scale, shrinkOld } from './decide.ts';
import { type Ensured, ReplicaSets } from './replica-sets.ts';
import { hasDeadline, isComplete, lateInMs, progressing, rolloutStatusOf, setCondition, statusOf } from './status.ts';
import { newSetOf } from './same-template.ts';

const WORKERS = 5;

export const deploymentController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const deployments = informers.informer(DEPLOYMENTS);
  const sets = informers.informer(REPLICASETS);
  const pods = informers.informer(PODS);
  const events = createEventRecorder({ ...context, component: 'deployment-controller' });
  const setGuard = new ReadGuard();
  const guard = new ReadGuard();
  const now = (): string => timestamp(clock);
  const keyOf = (deployment: Deployment): string => requestKey(requestOf(deployment));
  const wroteDeployment = (deployment: Deployment): void => guard.wrote(keyOf(deployment), deployment);
  const replicaSets = new ReplicaSets({
    client,
    now,
    event: (deployment, type, reason, message) => events.event(deployment, type, reason, message),
    wroteSet: (deployment, set) => setGuard.wrote(keyOf(deployment), set),
    wroteDeployment,
  });

  async function reconcile(request: Request): Promise<Result | void> {
    const key = requestKey(request);
    const cached = deployments.get(request);
    if (!cached) {
      guard.forget(key);
      setGuard.forget(key);
      return;
    }
    if (!setGuard.isFresh(key, sets) || !guard.isFresh(key, deployments)) return;
    const own = await claim({
      client,
      owner: cached,
      ownerType: DEPLOYMENTS,
      selector: cached.spec?.selector,
      type: REPLICASETS,
      candidates: sets.list(request.namespace),
      onWrite: (set) => setGuard.wrote(key, set),
    });
    const newSet = newSetOf(cached, own);
    const old = own.filter((set) => set !== newSet);
    if (cached.metadata.deletionTimestamp) return writeStatus(cached, statusOf({ deployment: cached, newSet, old, now: now() }));
    const deployment = await notePause(cached);
    const ensured = newSet ? await replicaSets.sync(deployment, newSet, old) : { deployment, newSet };
    if (deployment.spec?.paused || isScaling(deployment, own)) return resizeOnly(ensured, old);
    return deployment.spec?.strategy?.type === 'Recreate' ? recreate(ensured, old) : roll(ensured, old);
  }

  /** On a pause, and when only the number has changed: no set is made, and nothing is said of progress. */
  async function resizeOnly({ deployment, newSet }: Ensured, old: readonly ReplicaSet[]): Promise<void> {
    await replicaSets.resize(deployment, scale(deployment, newSet, old));
    if (deployment.spec?.paused) await replicaSets.cleanUp(deployment, old);
    await writeStatus(deployment, statusOf({ deployment, newSet, old, now: now() }));
  }

  /** One step of a rollout: the new set grows if it may; if it does not, old ones shrink. The sets' changes wake the next step. */
  async function roll(before: Ensured, old: readonly ReplicaSet[]): Promise<Result | void> {
    const { deployment, newSet } = before.newSet ? before : await replicaSets.create(before.deployment, old);
    if (!newSet) return;
    const size = newSetSize(deployment, newSet, old);
    if (size !== (newSet.spec?.replicas ?? 0)) await replicaSets.resize(deployment, [{ set: newSet, replicas: size }]);
    else {
      const shrinking = shrinkOld(deployment, newSet, old);
      await replicaSets.resize(deployment, shrinking);
      if (shrinking.length === 0 && isComplete(deployment, deployment.status ?? {})) await replicaSets.cleanUp(deployment, old);
    }
    return rolloutStatus(deployment, newSet, old);
  }

  /** All old pods first end, then the new set is made. */
  async function recreate(before: Ensured, old: readonly ReplicaSet[]): Promise<Result | void> {
    const running = old.filter((set) => (set.spec?.replicas ?? 0) > 0);
    await replicaSets.resize(
      before.deployment,
      running.map((set) => ({ set, replicas: 0 })),
    );
    if (running.length > 0 || runOldPods(old)) return rolloutStatus(before.deployment, before.newSet, old);
    const { deployment, newSet } = before.newSet ? before : await replicaSets.create(before.deployment, old);
    if (!newSet) return;
    await replicaSets.resize(deployment, [{ set: newSet, replicas: deployment.spec?.replicas ?? 1 }]);
    if (isComplete(deployment, deployment.status ?? {})) await replicaSets.cleanUp(deployment, old);
    return rolloutStatus(deployment, newSet, old);
  }

  function runOldPods(old: readonly ReplicaSet[]): boolean {
    if (old.some((set) => (set.status?.replicas ?? 0) > 0)) return true;
    const uids = new Set(old.map((set) => set.metadata.uid));
    return pods
      .list(old[0]?.metadata.namespace)
      .some((pod) => uids.has(controllerOf(pod)?.uid) && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded');
  }

  /** A pause stops the clock of the deadline, and its end starts it again. */
  async function notePause(deployment: Deployment): Promise<Deployment> {
    const reason = progressing(deployment.status)?.reason;
    if (!hasDeadline(deployment) || reason === 'ProgressDeadlineExceeded') return deployment;
    const paused = deployment.spec?.paused ?? false;
    if (paused === (reason === 'DeploymentPaused')) return deployment;
    const condition = paused
      ? { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }
      : { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' };
    const conditions = setCondition(deployment.status?.conditions ?? [], condition, now());
    const written = await client.updateStatus(DEPLOYMENTS, { ...deployment, status: { ...deployment.status, conditions } });
    wroteDeployment(written);
    return written;
  }

  async function rolloutStatus(deployment: Deployment, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): Promise<Result | void> {
    const status = rolloutStatusOf({ deployment, newSet, old, now: now() });
    await writeStatus(deployment, status);
    const requeueAfterMs = lateInMs({ ...deployment, status }, clock.now());
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  async function writeStatus(deployment: Deployment, status: DeploymentStatus): Promise<void> {
    if (deepEqual(status, deployment.status)) return;
    wroteDeployment(await client.updateStatus(DEPLOYMENTS, { ...deployment, status }));
  }

  /** A deployment that recreates waits for the last pod of the old set to go. */
  function deploymentsOfPod(pod: Pod): readonly Request[] {
    const owner = controllerOf(pod);
    const set = owner?.kind === 'ReplicaSet' ? sets.get({ namespace: pod.metadata.namespace, name: owner.name }) : undefined;
    const name = set && controllerOf(set)?.name;
    const deployment = name ? deployments.get({ namespace: pod.metadata.namespace, name }) : undefined;
    return deployment?.spec?.strategy?.type === 'Recreate' ? [requestOf(deployment)] : [];
  }

  return createController({
    name: 'deployment',
    context,
    reconciler: { reconcile },
    concurrency: WORKERS,
    watches: [
      watch(deployments, enqueueSelf),
      watch(sets, enqueueOwner(DEPLOYMENTS)),
      watch(sets, enqueueMapped(adopters(deployments))),
      watch(pods, enqueueMapped(deploymentsOfPod)),
    ],
  });
};
