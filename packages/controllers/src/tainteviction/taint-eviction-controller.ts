// Deletes pods from nodes whose NoExecute taints they do not tolerate, at once or when their toleration runs out.
import { timestamp } from '@holdfast/clock';
import {
  type ComponentFactory,
  createController,
  createEventRecorder,
  type InformerEvent,
  type Request,
  requestOf,
  type Result,
  tolerance,
  watch,
} from '@holdfast/controller';
import { deepEqual, isNotFound, type Node, NODES, type Pod, PODS } from '@holdfast/schema';

const BY_NODE = 'spec.nodeName';

export const taintEvictionController: ComponentFactory = (context) => {
  const { client, clock, informers } = context;
  const pods = informers.informer(PODS);
  const nodes = informers.informer(NODES);
  pods.addIndex(BY_NODE, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  const events = createEventRecorder({ ...context, component: 'taint-eviction-controller' });
  /** Pods whose time is running, by uid: when the taints were seen. The time is not measured from the taint's own timestamp. */
  const seenAt = new Map<string, number>();

  async function reconcile(request: Request): Promise<Result | void> {
    const pod = pods.get(request);
    if (!pod?.spec?.nodeName) return;
    const node = nodes.get({ name: pod.spec.nodeName });
    // A node that is not there (yet) has no taints to act on; podgc sees to pods of nodes that are gone.
    if (!node || pod.metadata.deletionTimestamp !== undefined) return;
    const verdict = tolerance(node.spec?.taints, pod.spec.tolerations);
    const { uid = '', namespace, name } = pod.metadata;
    if (verdict.kind === 'forever') {
      if (seenAt.delete(uid)) events.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${namespace}/${name}`);
      return;
    }
    const since = seenAt.get(uid) ?? clock.now();
    seenAt.set(uid, since);
    const remainingMs = verdict.kind === 'for' ? since + verdict.ms - clock.now() : 0;
    if (remainingMs > 0) return { requeueAfterMs: remainingMs };
    await evict(pod);
    seenAt.delete(uid);
  }

  /** A plain deletion: disruption budgets do not apply, because the node is taken to be lost. */
  async function evict(pod: Pod): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata;
    const key = { namespace, name };
    events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: timestamp(clock),
    };
    try {
      await client.patch(
        PODS,
        key,
        { type: 'strategic', body: { metadata: { uid }, status: { conditions: [condition] } } },
        { subresource: 'status' },
      );
      await client.delete(PODS, key, { preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  function podsOf(event: InformerEvent<Node>): readonly Request[] {
    const unchanged = event.type === 'updated' && deepEqual(event.old.spec?.taints, event.object.spec?.taints);
    return unchanged ? [] : pods.byIndex(BY_NODE, event.object.metadata.name ?? '').map(requestOf);
  }

  function podItself(event: InformerEvent<Pod>): readonly Request[] {
    if (event.type === 'deleted') seenAt.delete(event.object.metadata.uid ?? '');
    else if (event.type === 'updated') {
      const { spec, metadata } = event.old;
      const same =
        metadata.uid === event.object.metadata.uid &&
        spec?.nodeName === event.object.spec?.nodeName &&
        deepEqual(spec?.tolerations, event.object.spec?.tolerations);
      if (same) return [];
    }
    return event.type === 'deleted' ? [] : [requestOf(event.object)];
  }

  return createController({
    name: 'taint-eviction-controller',
    context,
    reconciler: { reconcile },
    watches: [watch(nodes, podsOf), watch(pods, podItself)],
  });
};
