// The StatefulSet controller: pods with an identity, created, updated and removed in order.
import {
  type ComponentFactory,
  controllerOf,
  controllerReference,
  createController,
  createEventRecorder,
  enqueueMapped,
  enqueueOwner,
  enqueueSelf,
  ReadGuard,
  type Request,
  requestKey,
  type Result,
  watch,
} from '@holdfast/controller';
import {
  type ControllerRevision,
  CONTROLLERREVISIONS,
  ignoreNotFound,
  isAlreadyExists,
  labelSelector,
  type PersistentVolumeClaim,
  PERSISTENTVOLUMECLAIMS,
  type Pod,
  PODS,
  type StatefulSet,
  STATEFULSETS,
} from '@holdfast/schema';
import { act } from './act.ts';
import { keeps, sortRevisions } from '../history/revisions.ts';
import { adopters } from '../ownership/adopters.ts';
import { claimPods } from './adopt.ts';
import { REVISION_LABEL } from './build-pod.ts';
import { decide, type Observed, statusOf } from './decide.ts';
import { ordinalOf } from './identity.ts';
import { decideRevision, surplusRevisions } from './revisions.ts';

const WORKERS = 5;

export const statefulSetController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const sets = informers.informer(STATEFULSETS);
  const pods = informers.informer(PODS);
  const claims = informers.informer(PERSISTENTVOLUMECLAIMS);
  const revisions = informers.informer(CONTROLLERREVISIONS);
  const events = createEventRecorder({ ...context, component: 'statefulset-controller' });
  const guard = new ReadGuard();
  const revisionGuard = new ReadGuard();
  /** Sets whose pass must wait until the cache shows their own last revision. */
  const awaitsRevision = new Set<string>();

  async function reconcile(request: Request): Promise<Result | void> {
    const key = requestKey(request);
    const set = sets.get(request);
    if (!set) {
      guard.forget(key);
      revisionGuard.forget(key);
      return;
    }
    // An event of what was written is on its way and will bring another pass.
    if (!guard.isFresh(key, pods)) return;
    if (!revisionGuard.isFresh(key, revisions)) {
      awaitsRevision.add(key);
      return;
    }
    const claimed = claimPods(set, pods.list(request.namespace));
    const owned = [...claimed.owned, ...(await adoptAndRelease(set, key, claimed.adopt, claimed.release))];
    const history = sortRevisions(await adoptRevisions(set, key, ownRevisions(set)));
    const { current, update, collisionCount, all } = await revisionsOf(set, key, history);
    const observed: Observed = { set, pods: owned, claims: claimsOf(set), current, update, nowMs: clock.now() };
    const plan = decide(observed);
    try {
      await act({ client, events, set, wrotePod: (pod) => guard.wrote(key, pod) }, plan.actions);
    } finally {
      await writeStatus(set, statusOf(observed, plan.removedCurrent, collisionCount));
      await truncate(set, all, owned, [current, update]);
    }
    if (plan.recheckAfterMs !== undefined) return { requeueAfterMs: plan.recheckAfterMs + 1000 };
  }

  async function adoptAndRelease(set: StatefulSet, key: string, adopt: readonly Pod[], release: readonly Pod[]): Promise<readonly Pod[]> {
    for (const pod of release) {
      const ownerReferences = (pod.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== set.metadata.uid);
      guard.wrote(key, await client.update(PODS, { ...pod, metadata: { ...pod.metadata, ownerReferences } }));
    }
    if (adopt.length === 0) return [];
    if (!(await isLive(set))) return [];
    const adopted: Pod[] = [];
    for (const pod of adopt) {
      const ownerReferences = [...(pod.metadata.ownerReferences ?? []), controllerReference(set, STATEFULSETS)];
      const written = await client.update(PODS, { ...pod, metadata: { ...pod.metadata, ownerReferences } });
      guard.wrote(key, written);
      adopted.push(written);
    }
    return adopted;
  }

  function ownRevisions(set: StatefulSet): readonly ControllerRevision[] {
    const selector = labelSelector(set.spec?.selector);
    return revisions.list(set.metadata.namespace).filter((revision) => {
      const owner = controllerOf(revision);
      return owner ? owner.uid === set.metadata.uid : selector.matches(revision.metadata.labels ?? {});
    });
  }

  /** Revisions that nobody controls become the set's: those that an earlier set of its name left behind. */
  async function adoptRevisions(set: StatefulSet, key: string, own: readonly ControllerRevision[]): Promise<readonly ControllerRevision[]> {
    const orphans = own.filter((revision) => !controllerOf(revision) && !revision.metadata.deletionTimestamp);
    if (orphans.length === 0 || set.metadata.deletionTimestamp || !(await isLive(set))) return own;
    const adopted = new Map<string | undefined, ControllerRevision>();
    for (const revision of orphans) {
      const ownerReferences = [...(revision.metadata.ownerReferences ?? []), controllerReference(set, STATEFULSETS)];
      const written = await client.update(CONTROLLERREVISIONS, { ...revision, metadata: { ...revision.metadata, ownerReferences } });
      revisionGuard.wrote(key, written);
      adopted.set(written.metadata.name, written);
    }
    return own.map((revision) => adopted.get(revision.metadata.name) ?? revision);
  }

  /** The cache may be behind: a set that is going away, or another of its name, must not adopt. */
  async function isLive(set: StatefulSet): Promise<boolean> {
    const { namespace, name = '', uid } = set.metadata;
    const live = await client.get(STATEFULSETS, { namespace, name });
    return live.metadata.uid === uid && !live.metadata.deletionTimestamp;
  }

  async function revisionsOf(
    set: StatefulSet,
    key: string,
    history: readonly ControllerRevision[],
  ): Promise<{
    readonly current: ControllerRevision;
    readonly update: ControllerRevision;
    readonly collisionCount: number;
    readonly all: readonly ControllerRevision[];
  }> {
    let collisionCount = set.status?.collisionCount ?? 0;
    let update: ControllerRevision | undefined;
    while (!update) {
      const step = decideRevision(set, history, collisionCount);
      if (step.kind === 'keep') update = step.update;
      else if (step.kind === 'bump') {
        update = await client.update(CONTROLLERREVISIONS, { ...step.update, revision: step.number });
        revisionGuard.wrote(key, update);
      } else {
        try {
          update = await client.create(CONTROLLERREVISIONS, step.update);
          revisionGuard.wrote(key, update);
        } catch (error) {
          if (!isAlreadyExists(error)) throw error;
          const there = await client.get(CONTROLLERREVISIONS, { namespace: set.metadata.namespace, name: step.update.metadata.name ?? '' });
          if (keeps(there, step.update.data)) update = there;
          else collisionCount++;
        }
      }
    }
    const name = update.metadata.name;
    const all = [...history.filter((revision) => revision.metadata.name !== name), update];
    const current = all.find((revision) => revision.metadata.name === set.status?.currentRevision) ?? update;
    return { current, update, collisionCount, all };
  }

  function claimsOf(set: StatefulSet): ReadonlyMap<string, PersistentVolumeClaim> {
    return new Map(claims.list(set.metadata.namespace).map((claim) => [claim.metadata.name ?? '', claim]));
  }

  async function writeStatus(set: StatefulSet, status: StatefulSet['status']): Promise<void> {
    if (status === set.status) return;
    await client.updateStatus(STATEFULSETS, { ...set, status }).catch(ignoreNotFound);
  }

  async function truncate(
    set: StatefulSet,
    all: readonly ControllerRevision[],
    owned: readonly Pod[],
    used: readonly ControllerRevision[],
  ): Promise<void> {
    const live = new Set([
      ...used.map((revision) => revision.metadata.name ?? ''),
      ...owned.map((pod) => pod.metadata.labels?.[REVISION_LABEL] ?? ''),
    ]);
    for (const revision of surplusRevisions(set, all, live)) {
      await client
        .delete(CONTROLLERREVISIONS, { namespace: set.metadata.namespace, name: revision.metadata.name ?? '' })
        .catch(ignoreNotFound);
    }
  }

  return createController({
    name: 'statefulset',
    context,
    reconciler: { reconcile },
    concurrency: WORKERS,
    watches: [
      watch(sets, enqueueSelf),
      watch(pods, enqueueOwner(STATEFULSETS)),
      watch(pods, enqueueMapped(adopters(sets, (set, pod: Pod) => ordinalOf(set, pod) !== undefined))),
      // Like upstream, a set does not wake up when a revision changes, so one that is deleted is not made again at once.
      watch(revisions, (event) => enqueueOwner(STATEFULSETS)(event).filter((request) => awaitsRevision.delete(requestKey(request)))),
      // Upstream does not watch claims, so a set does not wake up when one changes; neither does this one.
      watch(claims, () => []),
    ],
  });
};
