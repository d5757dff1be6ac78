// From the server's events to the cache, and to what wakes waiting pods.
import type { ComponentContext, InformerEvent } from '@holdfast/controller';
import { deepEqual, type Node, NODES, type Pod, PODS } from '@holdfast/schema';
import type { SchedulerCache } from './cache/scheduler-cache.ts';
import { hasEnded, isPending } from './pod-facts.ts';
import type { Nominations } from './queue/nominations.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import type { StorageView } from './volumes/storage-view.ts';

export interface Observers {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly view: StorageView;
  readonly nominations: Nominations;
  readonly schedulerName: string;
  /** A pod that waited for a node, or was being bound to one, is being deleted. */
  readonly onAbandoned: (pod: Pod) => void;
}

/** Connects the handlers; call before the caches start. */
export function observe(
  { informers }: Pick<ComponentContext, 'informers'>,
  { cache, queue, view, nominations, schedulerName, onAbandoned }: Observers,
): void {
  informers.informer(PODS).addHandler(onPod);
  informers.informer(NODES).addHandler(onNode);
  view.claimInformer.addHandler(({ type, object }) => {
    if (type !== 'deleted') queue.move({ kind: 'claim', claim: object });
  });
  view.volumeInformer.addHandler(({ type, object }) => {
    if (type !== 'deleted') queue.move({ kind: 'volume', volume: object });
  });
  for (const informer of [view.classInformer, view.drivers, view.driverNodes, view.capacities, view.attachments]) {
    informer.addHandler(() => queue.move({ kind: 'storage' }));
  }

  function onPod(event: InformerEvent<Pod>): void {
    const { object } = event;
    if (event.type === 'deleted') podGone(object);
    else if (hasEnded(object)) podGone(object);
    else if (object.spec?.nodeName) podPlaced(object, event.type === 'updated' ? event.old : undefined);
    else if (isPending(object, schedulerName)) podPending(object, event.type === 'updated' ? event.old : undefined);
  }

  function podGone(pod: Pod): void {
    queue.delete(pod);
    nominations.delete(pod);
    if (!pod.spec?.nodeName) {
      onAbandoned(pod);
      return;
    }
    cache.removePod(pod);
    queue.move({ kind: 'podGone', pod });
  }

  function podPlaced(pod: Pod, old: Pod | undefined): void {
    const isNew = !old?.spec?.nodeName;
    if (isNew) {
      queue.delete(pod);
      nominations.delete(pod);
    }
    cache.setPod(pod);
    if (isNew || !deepEqual(old.metadata.labels, pod.metadata.labels)) queue.move({ kind: 'podPlaced', pod });
  }

  function podPending(pod: Pod, old: Pod | undefined): void {
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (old?.metadata.deletionTimestamp === undefined) onAbandoned(pod);
      queue.delete(pod);
      nominations.delete(pod);
      return;
    }
    if (cache.isAssumed(pod)) return;
    // What an earlier scheduler promised is kept; what this one decided is newer than what the server says.
    const promised = pod.status?.nominatedNodeName;
    if (promised && !old) nominations.set(pod, promised);
    if (!old || !isPending(old, schedulerName)) queue.add(pod);
    else queue.update(pod, !deepEqual(old.spec, pod.spec) || !deepEqual(old.metadata.labels, pod.metadata.labels));
  }

  function onNode(event: InformerEvent<Node>): void {
    const { object } = event;
    if (event.type === 'deleted') {
      cache.removeNode(object.metadata.name ?? '');
      return;
    }
    const old = event.type === 'updated' ? event.old : undefined;
    // Heartbeats and conditions do not decide about placement; taints do, and follow them.
    if (old && !matters(old, object)) return;
    cache.setNode(object);
    queue.move({ kind: 'node', node: object, old });
  }
}

function matters(old: Node, node: Node): boolean {
  return (
    !deepEqual(old.spec, node.spec) ||
    !deepEqual(old.metadata.labels, node.metadata.labels) ||
    !deepEqual(old.status?.allocatable, node.status?.allocatable)
  );
}
