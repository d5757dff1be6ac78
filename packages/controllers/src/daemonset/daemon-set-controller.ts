// The DaemonSet controller: a pod on every node that fits.
import {
  type ComponentFactory,
  controllerReference,
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
  type ControllerRevision,
  CONTROLLERREVISIONS,
  type DaemonSet,
  DAEMONSETS,
  deepEqual,
  ignoreNotFound,
  NODES,
  type Pod,
  PODS,
  type PodSpec,
} from '@holdfast/schema';
import { adopters } from '../ownership/adopters.ts';
import { claim } from '../ownership/claim.ts';
import { podControl } from '../pods/pod-control.ts';
import { atOnce, slowStart } from '../pods/slow-start.ts';
import { decide, type Plan, statusOf } from './decide.ts';
import { FailedPodsBackOff } from './failed-pods.ts';
import { DaemonHistory, hashOf } from './history.ts';
import { daemonTolerations, nodeOf, type Observed, REVISION_LABEL } from './placement.ts';

const WORKERS = 2;
/** Upstream's BurstReplicas: how many pods a pass makes, and how many it deletes, at most. */
const BURST = 250;

export const daemonSetController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const sets = informers.informer(DAEMONSETS);
  const pods = informers.informer(PODS);
  const nodes = informers.informer(NODES);
  const revisions = informers.informer(CONTROLLERREVISIONS);
  const events = createEventRecorder({ ...context, component: 'daemonset-controller' });
  const guard = new ReadGuard();
  const control = podControl({ client, events, guard });
  const revisionGuard = new ReadGuard();
  const failedPods = new FailedPodsBackOff();
  const history = new DaemonHistory({ client, guard: revisionGuard, podGuard: guard });

  async function reconcile(request: Request): Promise<Result | void> {
    const key = requestKey(request);
    const set = sets.get(request);
    if (!set) {
      guard.forget(key);
      revisionGuard.forget(key);
      return;
    }
    if (deepEqual(set.spec?.selector, {})) {
      events.event(set, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
      return;
    }
    if (!guard.isFresh(key, pods) || !revisionGuard.isFresh(key, revisions)) return;
    // Its revisions may be gone already, or somebody else's: nothing can be said of a set that is going away.
    if (set.metadata.deletionTimestamp) return;
    const own = await claim({
      client,
      owner: set,
      ownerType: DAEMONSETS,
      selector: set.spec?.selector,
      type: PODS,
      candidates: pods.list(request.namespace),
      onWrite: (pod) => guard.wrote(key, pod),
    });
    const known = await history.construct({ set, key, revisions: await ownRevisions(set, key), pods: own });
    const revision = hashOf(known.current);
    const nowMs = clock.now();
    const failedWaitMs = (node: string): number => failedPods.waitMs(set, node, nowMs);
    const observed: Observed = { set, pods: known.pods, nodes: nodes.list(), revision, nowMs, failedWaitMs };
    const plan = decide(observed);
    for (const pod of plan.ended) tellEnd(set, pod);
    try {
      await act(set, key, plan, revision);
      await history.cleanUp(set, known);
    } finally {
      const status = statusOf(observed);
      if (!deepEqual(status, set.status)) await client.updateStatus(DAEMONSETS, { ...set, status }).catch(ignoreNotFound);
    }
    if (plan.recheckAfterMs !== undefined) return { requeueAfterMs: plan.recheckAfterMs };
  }

  function ownRevisions(set: DaemonSet, key: string): Promise<readonly ControllerRevision[]> {
    return claim({
      client,
      owner: set,
      ownerType: DAEMONSETS,
      selector: set.spec?.selector,
      type: CONTROLLERREVISIONS,
      candidates: revisions.list(set.metadata.namespace),
      onWrite: (written) => revisionGuard.wrote(key, written),
    });
  }

  /** Upstream's syncNodes. */
  async function act(set: DaemonSet, key: string, { create, remove }: Plan, revision: string): Promise<void> {
    const created = await slowStart(create.slice(0, BURST), (node) => control.create(set, key, buildPod(set, node, revision)));
    const removed = await atOnce(remove.slice(0, BURST), (pod) => control.remove(set, key, pod));
    const failure = created.failure ?? removed.failure;
    if (failure !== undefined) throw failure;
  }

  function tellEnd(set: DaemonSet, pod: Pod): void {
    const { namespace, name } = pod.metadata;
    const node = nodeOf(pod);
    if (pod.status?.phase === 'Failed') {
      failedPods.deleting(set, node, clock.now());
      events.event(set, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`);
    } else {
      const message = `Found succeeded daemon pod ${namespace}/${name} on node ${node}, will try to delete it`;
      events.event(set, 'Normal', 'SucceededDaemonPod', message);
    }
  }

  const allSets = (): readonly Request[] => sets.list().map(requestOf);
  return createController({
    name: 'daemonset',
    context,
    reconciler: { reconcile },
    concurrency: WORKERS,
    watches: [
      watch(sets, enqueueSelf),
      watch(pods, enqueueOwner(DAEMONSETS)),
      watch(pods, enqueueMapped(adopters(sets))),
      // The pass that waits until the cache shows what it wrote.
      watch(revisions, enqueueOwner(DAEMONSETS)),
      // Heartbeats change a node every few seconds and decide nothing.
      watch(
        nodes,
        allSets,
        (event) =>
          event.type !== 'updated' ||
          !deepEqual(event.object.spec, event.old.spec) ||
          !deepEqual(event.object.metadata.labels, event.old.metadata.labels),
      ),
    ],
  });
};

function buildPod(set: DaemonSet, node: string, revision: string): Pod {
  const template = set.spec?.template;
  const spec: PodSpec = template?.spec ?? { containers: [] };
  const affinity = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const onNode = { key: 'metadata.name', operator: 'In', values: [node] };
  const terms = affinity?.nodeSelectorTerms?.length
    ? affinity.nodeSelectorTerms.map((term) => ({ ...term, matchFields: [onNode] }))
    : [{ matchFields: [onNode] }];
  return {
    metadata: {
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: { ...template?.metadata?.labels, [REVISION_LABEL]: revision },
      ...(template?.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
      ownerReferences: [controllerReference(set, DAEMONSETS)],
    },
    spec: {
      ...spec,
      affinity: {
        ...spec.affinity,
        nodeAffinity: { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
      },
      tolerations: [...(spec.tolerations ?? []), ...daemonTolerations(spec)],
    },
  };
}
