// The Deployment controller: rolls from one ReplicaSet to the next.
import { timestamp } from '@holdfast/clock';
import {
  type ComponentFactory,
  controllerOf,
  controllerReference,
  createController,
  createEventRecorder,
  enqueueMapped,
  enqueueOwner,
  enqueueSelf,
  isControlledBy,
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
  isAlreadyExists,
  isNotFound,
  labelSelector,
  type Pod,
  PODS,
  type ReplicaSet,
  REPLICASETS,
} from '@holdfast/schema';
import { limits, newSetSize, proportional, type Resize, shrinkOld } from './decide.ts';
import { statusOf } from './status.ts';
import { HASH_LABEL, newSetOf, sameTemplate, templateHash } from './template-hash.ts';

const WORKERS = 5;
const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export const deploymentController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const deployments = informers.informer(DEPLOYMENTS);
  const sets = informers.informer(REPLICASETS);
  const pods = informers.informer(PODS);
  const events = createEventRecorder({ ...context, component: 'deployment-controller' });
  const guard = new ReadGuard();

  async function reconcile(request: Request): Promise<Result | void> {
    const key = requestKey(request);
    const deployment = deployments.get(request);
    if (!deployment) return guard.forget(key);
    if (!guard.isFresh(key, sets)) return;
    const own = await ownSets(deployment, key);
    if (deployment.metadata.deletionTimestamp) return writeStatus(deployment, newSetOf(deployment, own), own, undefined);
    const existing = newSetOf(deployment, own);
    const old = own.filter((set) => set !== existing);
    const scaled = scalingOnly(deployment, own);
    if (deployment.spec?.paused || scaled) {
      const active = own.filter((set) => (set.spec?.replicas ?? 0) > 0);
      if (active.length <= 1 && (active[0] ?? existing))
        await resize(deployment, key, [{ set: (active[0] ?? existing) as ReplicaSet, replicas: deployment.spec?.replicas ?? 1 }]);
      else await resize(deployment, key, proportional(deployment, active));
      return writeStatus(deployment, existing, old, undefined);
    }
    if (deployment.spec?.strategy?.type === 'Recreate') return recreate(deployment, key, existing, old);
    const { set: newSet, collisionCount } = await ensureNewSet(deployment, key, existing, own, newSetSize(deployment, existing, old));
    await resize(deployment, key, [{ set: newSet, replicas: newSetSize(deployment, newSet, old) }]);
    await resize(deployment, key, shrinkOld(deployment, newSet, old));
    await cleanUp(deployment, newSet, old);
    await writeStatus(deployment, newSet, old, collisionCount);
    return deadline(deployment);
  }

  async function recreate(
    deployment: Deployment,
    key: string,
    existing: ReplicaSet | undefined,
    old: readonly ReplicaSet[],
  ): Promise<void> {
    const running = old.filter((set) => (set.spec?.replicas ?? 0) > 0);
    await resize(
      deployment,
      key,
      running.map((set) => ({ set, replicas: 0 })),
    );
    const uids = new Set(old.map((set) => set.metadata.uid));
    const left = pods
      .list(deployment.metadata.namespace)
      .some((pod) => uids.has(controllerOf(pod)?.uid) && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded');
    if (running.length > 0 || left) return writeStatus(deployment, existing, old, undefined);
    const { set, collisionCount } = await ensureNewSet(
      deployment,
      key,
      existing,
      existing ? [existing, ...old] : old,
      deployment.spec?.replicas ?? 1,
    );
    await resize(deployment, key, [{ set, replicas: deployment.spec?.replicas ?? 1 }]);
    await cleanUp(deployment, set, old);
    await writeStatus(deployment, set, old, collisionCount);
  }

  async function ownSets(deployment: Deployment, key: string): Promise<readonly ReplicaSet[]> {
    const selector = labelSelector(deployment.spec?.selector);
    const own: ReplicaSet[] = [];
    for (const set of sets.list(deployment.metadata.namespace)) {
      if (isControlledBy(set, deployment)) own.push(set);
      else if (
        !controllerOf(set) &&
        !set.metadata.deletionTimestamp &&
        !deployment.metadata.deletionTimestamp &&
        selector.matches(set.metadata.labels ?? {})
      ) {
        const ownerReferences = [...(set.metadata.ownerReferences ?? []), controllerReference(deployment, DEPLOYMENTS)];
        const adopted = await client.update(REPLICASETS, { ...set, metadata: { ...set.metadata, ownerReferences } });
        guard.wrote(key, adopted);
        own.push(adopted);
      }
    }
    return own;
  }

  /** Whether only the wanted number changed since the sets were last sized. */
  function scalingOnly(deployment: Deployment, own: readonly ReplicaSet[]): boolean {
    return own.some(
      (set) =>
        (set.spec?.replicas ?? 0) > 0 &&
        set.metadata.annotations?.[DESIRED] !== undefined &&
        set.metadata.annotations[DESIRED] !== String(deployment.spec?.replicas ?? 1),
    );
  }

  async function ensureNewSet(
    deployment: Deployment,
    key: string,
    existing: ReplicaSet | undefined,
    own: readonly ReplicaSet[],
    replicas: number,
  ): Promise<{ readonly set: ReplicaSet; readonly collisionCount: number | undefined }> {
    let collisionCount = deployment.status?.collisionCount;
    const revision = String(Math.max(0, ...own.filter((set) => set !== existing).map(revisionOf)) + 1);
    if (existing) {
      const annotations = {
        ...existing.metadata.annotations,
        ...annotationsOf(deployment, revisionOf(existing) >= Number(revision) ? String(revisionOf(existing)) : revision),
      };
      await noteRevision(deployment, annotations[REVISION] ?? revision);
      if (deepEqual(annotations, existing.metadata.annotations)) return { set: existing, collisionCount };
      const updated = await client.update(REPLICASETS, { ...existing, metadata: { ...existing.metadata, annotations } });
      guard.wrote(key, updated);
      return { set: updated, collisionCount };
    }
    for (;;) {
      const hash = templateHash(deployment.spec?.template, collisionCount ?? 0);
      try {
        const set = await client.create(REPLICASETS, buildSet(deployment, hash, replicas, annotationsOf(deployment, revision)));
        guard.wrote(key, set);
        events.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${set.metadata.name} from 0 to ${replicas}`);
        await noteRevision(deployment, revision);
        return { set, collisionCount };
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        const there = await client.get(REPLICASETS, {
          namespace: deployment.metadata.namespace,
          name: `${deployment.metadata.name}-${hash}`,
        });
        if (isControlledBy(there, deployment) && sameTemplate(there, deployment.spec?.template)) return { set: there, collisionCount };
        collisionCount = (collisionCount ?? 0) + 1;
      }
    }
  }

  async function noteRevision(deployment: Deployment, revision: string): Promise<void> {
    if (deployment.metadata.annotations?.[REVISION] === revision) return;
    const annotations = { ...deployment.metadata.annotations, [REVISION]: revision };
    // An update and no patch: that is what the controller's role allows.
    await client.update(DEPLOYMENTS, { ...deployment, metadata: { ...deployment.metadata, annotations } });
  }

  async function resize(deployment: Deployment, key: string, changes: readonly Resize[]): Promise<void> {
    for (const { set, replicas } of changes) {
      const before = set.spec?.replicas ?? 0;
      const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
      if (before === replicas && deepEqual(annotations, set.metadata.annotations)) continue;
      const written = await client.update(REPLICASETS, {
        ...set,
        metadata: { ...set.metadata, annotations },
        spec: { ...set.spec, selector: set.spec?.selector ?? {}, replicas },
      });
      guard.wrote(key, written);
      if (before === replicas) continue;
      events.event(
        deployment,
        'Normal',
        'ScalingReplicaSet',
        `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}`,
      );
    }
  }

  async function cleanUp(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Promise<void> {
    const complete = (newSet.status?.availableReplicas ?? 0) === (deployment.spec?.replicas ?? 1);
    const empty = old
      .filter((set) => (set.spec?.replicas ?? 0) === 0 && (set.status?.replicas ?? 0) === 0 && !set.metadata.deletionTimestamp)
      .toSorted((a, b) => revisionOf(a) - revisionOf(b));
    const surplus = complete ? empty.length - (deployment.spec?.revisionHistoryLimit ?? 10) : 0;
    for (const set of empty.slice(0, Math.max(0, surplus))) {
      await client.delete(REPLICASETS, { namespace: set.metadata.namespace, name: set.metadata.name ?? '' }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }

  async function writeStatus(
    deployment: Deployment,
    newSet: ReplicaSet | undefined,
    old: readonly ReplicaSet[],
    collisionCount: number | undefined,
  ): Promise<void> {
    const status = statusOf(deployment, newSet, old, collisionCount ?? deployment.status?.collisionCount, timestamp(clock));
    if (deepEqual(status, deployment.status)) return;
    await client
      .updateStatus(DEPLOYMENTS, { ...deployment, metadata: { ...deployment.metadata, resourceVersion: undefined }, status })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  /** Looks again when the rollout would be late. */
  function deadline(deployment: Deployment): Result | void {
    const seconds = deployment.spec?.progressDeadlineSeconds;
    const progressing = deployment.status?.conditions?.find((condition) => condition.type === 'Progressing');
    if (seconds === undefined || !progressing || progressing.reason !== 'ReplicaSetUpdated') return;
    return { requeueAfterMs: Math.max(0, Date.parse(progressing.lastUpdateTime ?? '') + (seconds + 1) * 1000 - clock.now()) };
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
    watches: [watch(deployments, enqueueSelf), watch(sets, enqueueOwner(DEPLOYMENTS)), watch(pods, enqueueMapped(deploymentsOfPod))],
  });
};

function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

function sizeAnnotations(deployment: Deployment): Readonly<Record<string, string>> {
  const replicas = deployment.spec?.replicas ?? 1;
  return { [DESIRED]: String(replicas), [MAX]: String(replicas + limits(deployment).maxSurge) };
}

/** The deployment's own annotations go along, but for those of tools and of the rollout itself. */
function annotationsOf(deployment: Deployment, revision: string): Readonly<Record<string, string>> {
  const { [LAST_APPLIED]: _applied, [REVISION]: _revision, ...rest } = deployment.metadata.annotations ?? {};
  return { ...rest, ...sizeAnnotations(deployment), [REVISION]: revision };
}

function buildSet(deployment: Deployment, hash: string, replicas: number, annotations: Readonly<Record<string, string>>): ReplicaSet {
  const template = deployment.spec?.template;
  const labels = { ...template?.metadata?.labels, [HASH_LABEL]: hash };
  return {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations,
      ownerReferences: [controllerReference(deployment, DEPLOYMENTS)],
    },
    spec: {
      replicas,
      minReadySeconds: deployment.spec?.minReadySeconds,
      selector: { ...deployment.spec?.selector, matchLabels: { ...deployment.spec?.selector?.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
}
