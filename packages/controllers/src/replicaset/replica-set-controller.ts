// The ReplicaSet controller: so many pods of a template, no matter which.
import { sleep, timestamp } from '@holdfast/clock';
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
  type ReconcileContext,
  type Request,
  requestKey,
  type Result,
  watch,
} from '@holdfast/controller';
import { deepEqual, ignoreNotFound, labelSelector, type Pod, PODS, type ReplicaSet, REPLICASETS } from '@holdfast/schema';
import { adopters } from '../ownership/adopters.ts';
import { claim } from '../ownership/claim.ts';
import { podControl } from '../pods/pod-control.ts';
import { atOnce, slowStart } from '../pods/slow-start.ts';
import { countPods, PodCounts } from './counts.ts';
import { decide, type Observed, statusOf } from './decide.ts';

const WORKERS = 5;
/** The pods of a set of this size change faster than their counts are of interest: its status is written once in a turn. */
const LARGE = 50;
/** Pods by the uid of their controller; those without one by their namespace. */
const BY_CONTROLLER = 'replicaset/controller';
/** Sets by the uid of theirs. */
const BY_OWNER = 'replicaset/owner';

export const replicaSetController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const sets = informers.informer(REPLICASETS);
  const pods = informers.informer(PODS);
  const events = createEventRecorder({ ...context, component: 'replicaset-controller' });
  const guard = new ReadGuard();
  const control = podControl({ client, events, guard });
  pods.addIndex(BY_CONTROLLER, (pod) => [controllerOf(pod)?.uid ?? orphansOf(pod.metadata.namespace)]);
  sets.addIndex(BY_OWNER, (set) => [controllerOf(set)?.uid ?? '']);
  const counts = new PodCounts(pods, BY_CONTROLLER);
  sets.addHandler(({ type, object }) => {
    if (type === 'deleted') counts.forget(object);
  });

  async function reconcile(request: Request, { signal }: ReconcileContext): Promise<Result | void> {
    const key = requestKey(request);
    const set = sets.get(request);
    if (!set) return guard.forget(key);
    if (!guard.isFresh(key, pods)) return;
    const observed = await observe(set, key);
    const plan = decide(observed);
    const wanted = Array.from({ length: plan.create }, () => buildPod(set));
    const created = await slowStart(wanted, (pod) => control.create(set, key, pod));
    const removed = await atOnce(plan.remove, (pod) => control.remove(set, key, pod));
    const failure = created.failure ?? removed.failure;
    const status = statusOf(observed, failure instanceof Error ? failure.message : undefined, timestamp(clock));
    if (!deepEqual(status, set.status)) {
      await client.updateStatus(REPLICASETS, { ...set, status }).catch(ignoreNotFound);
      if (observed.counts.active >= LARGE) await sleep(clock, 0, signal);
    }
    if (failure !== undefined) throw failure;
    if (plan.recheckAfterMs !== undefined) return { requeueAfterMs: plan.recheckAfterMs };
  }

  async function observe(set: ReplicaSet, key: string): Promise<Observed> {
    const counted = hasOrphans(set) ? undefined : counts.of(set);
    if (counted) {
      const own = (): readonly Pod[] => pods.byIndex(BY_CONTROLLER, set.metadata.uid ?? '');
      return { set, counts: { ...counted }, pods: own, related: () => relatedPods(set), nowMs: clock.now() };
    }
    const own = await ownPods(set, key);
    return { set, counts: countPods(set, own), pods: () => own, related: () => relatedPods(set), nowMs: clock.now() };
  }

  function relatedPods(set: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(set);
    if (!owner) return [];
    const selectors = sets.byIndex(BY_OWNER, owner.uid).map(({ spec }) => labelSelector(spec?.selector));
    return pods.list(set.metadata.namespace).filter(({ metadata }) => selectors.some((selector) => selector.matches(metadata.labels)));
  }

  /** Whether there are pods that the set might adopt. */
  function hasOrphans({ metadata: { namespace } }: ReplicaSet): boolean {
    return pods.byIndex(BY_CONTROLLER, orphansOf(namespace)).length > 0;
  }

  function ownPods(set: ReplicaSet, key: string): Promise<readonly Pod[]> {
    const orphans = pods.byIndex(BY_CONTROLLER, orphansOf(set.metadata.namespace));
    const controlled = pods.byIndex(BY_CONTROLLER, set.metadata.uid ?? '');
    return claim({
      client,
      owner: set,
      ownerType: REPLICASETS,
      selector: set.spec?.selector,
      type: PODS,
      candidates: orphans.length === 0 ? controlled : [...controlled, ...orphans],
      onWrite: (pod) => guard.wrote(key, pod),
    });
  }

  return createController({
    name: 'replicaset',
    context,
    reconciler: { reconcile },
    concurrency: WORKERS,
    watches: [watch(sets, enqueueSelf), watch(pods, enqueueOwner(REPLICASETS)), watch(pods, enqueueMapped(adopters(sets)))],
  });
};

function orphansOf(namespace: string | undefined): string {
  return `orphans of ${namespace}`;
}

function buildPod(set: ReplicaSet): Pod {
  const { metadata, spec } = set.spec?.template ?? {};
  return {
    metadata: {
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: metadata?.labels,
      annotations: metadata?.annotations,
      finalizers: metadata?.finalizers,
      ownerReferences: [controllerReference(set, REPLICASETS)],
    },
    spec: spec ?? { containers: [] },
  };
}
