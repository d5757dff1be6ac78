// Places pods: one decision after the other on a consistent view, bindings in the background.
import type { Random } from '@holdfast/clock';
import { type Component, type ComponentContext, type ComponentFactory, createEventRecorder, findCondition } from '@holdfast/controller';
import { timestamp } from '@holdfast/clock';
import { isConflict, isNotFound, type Pod, PODDISRUPTIONBUDGETS, PODS } from '@holdfast/schema';
import type { NodeInfo } from './cache/node-info.ts';
import { SchedulerCache } from './cache/scheduler-cache.ts';
import { type Diagnosis, fitMessage, rejectingPlugins } from './fit-error.ts';
import { createFramework } from './framework/framework.ts';
import type { Reservation } from './framework/plugin.ts';
import { observe } from './observe.ts';
import { keyOf, nameOf, priorityOf, SCHEDULER_NAME } from './pod-facts.ts';
import { defaultPlugins } from './plugins/default-plugins.ts';
import { evictVictims } from './preemption/evict-victims.ts';
import { findPreemption } from './preemption/find-preemption.ts';
import { Nominations } from './queue/nominations.ts';
import { type QueuedPod, SchedulingQueue } from './queue/scheduling-queue.ts';
import { createStorageView } from './volumes/storage-view.ts';

/** Options of createScheduler. */
export interface SchedulerOptions {
  /** Pods with this spec.schedulerName are placed (default 'default-scheduler'). */
  readonly schedulerName?: string;
  /** Decides between nodes of equal score (default: the context's). */
  readonly random?: Random;
}

/** Makes the component. */
export function createScheduler({ schedulerName = SCHEDULER_NAME, random }: SchedulerOptions = {}): ComponentFactory {
  return (context) => startable(context, schedulerName, random ?? context.random);
}

/** The scheduler with its defaults. */
export const scheduler: ComponentFactory = createScheduler();

function startable(context: ComponentContext, schedulerName: string, random: Random): Component {
  const { client, clock } = context;
  const log = context.log.child({ component: 'scheduler' });
  const events = createEventRecorder({ ...context, component: schedulerName, api: 'events' });
  const view = createStorageView(context);
  const nominations = new Nominations();
  const framework = createFramework(defaultPlugins(context, view), random, nominations);
  const budgets = context.informers.informer(PODDISRUPTIONBUDGETS);
  const cache = new SchedulerCache();
  const queue = new SchedulingQueue(clock, framework.plugins, wake);
  /** Pods being bound, by uid. */
  const bindings = new Map<string | undefined, AbortController>();
  const background = new Set<Promise<void>>();
  let started: AbortSignal | undefined;
  let loop: Promise<void> | undefined;

  observe(context, { cache, queue, view, nominations, schedulerName, onAbandoned });

  function wake(): void {
    if (!started || started.aborted || loop) return;
    // Everything that belongs to the same event is in the caches before the first decision is made.
    loop = Promise.resolve().then(run);
  }

  async function run(): Promise<void> {
    try {
      for (let next = queue.pop(); next && !started?.aborted; next = queue.pop()) {
        schedule(next);
        await Promise.resolve();
      }
    } finally {
      loop = undefined;
    }
  }

  function schedule(queued: QueuedPod): void {
    const { pod } = queued;
    try {
      const choice = framework.choose(pod, cache.snapshot());
      if (choice.kind === 'nowhere') refuse(queued, choice.diagnosis);
      else place(queued, choice.node);
    } catch (error) {
      giveBack(queued, error);
    }
  }

  function place(queued: QueuedPod, node: NodeInfo): void {
    const { pod } = queued;
    const reservations: Reservation[] = [];
    try {
      for (const plugin of framework.plugins) {
        const reservation = plugin.reserve?.(pod, node);
        if (reservation) reservations.push(reservation);
      }
    } catch (error) {
      for (const one of reservations.toReversed()) one.unreserve();
      throw error;
    }
    cache.assume(pod, node.name);
    nominations.delete(pod);
    queue.binding(pod);
    track(bind(queued, node, reservations));
  }

  async function bind(queued: QueuedPod, node: NodeInfo, reservations: readonly Reservation[]): Promise<void> {
    const { pod } = queued;
    const abort = new AbortController();
    bindings.set(pod.metadata.uid, abort);
    try {
      for (const reservation of reservations) await runPreBind(reservation, abort.signal);
      const target = { apiVersion: 'v1', kind: 'Node', name: node.name };
      const { namespace, name, uid } = pod.metadata;
      await client.createSubresource(PODS, keyOf(pod), 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { namespace, name, uid },
        target,
      });
      queue.done(pod);
      events.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${nameOf(pod)} to ${node.name}`, { action: 'Binding' });
    } catch (error) {
      for (const reservation of reservations.toReversed()) reservation.unreserve();
      cache.forget(pod);
      // What this pod had taken is free again for others.
      queue.move({ kind: 'podGone', pod });
      giveBack(queued, error);
    } finally {
      bindings.delete(pod.metadata.uid);
    }
  }

  async function runPreBind(reservation: Reservation, signal: AbortSignal): Promise<void> {
    try {
      await reservation.preBind(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Error(`running PreBind plugin "VolumeBinding": ${messageOf(error)}`, { cause: error });
    }
  }

  /** No node will do. */
  function refuse(queued: QueuedPod, diagnosis: Diagnosis): void {
    const { pod } = queued;
    const nominated = nominations.nodeOf(pod);
    const snapshot = cache.snapshot();
    const nowMs = clock.now();
    const preemption = findPreemption({ pod, diagnosis, framework, snapshot, budgets: budgets.list(), nominated, random, nowMs });
    const message = fitMessage(diagnosis, diagnosis.nodeCount === 0 || preemption.kind === 'nominate' ? '' : preemption.message);
    log.debug({ ...keyOf(pod), message }, 'pod cannot be placed');
    const refusedBy = diagnosis.nodeCount === 0 ? new Set(['NodeName']) : rejectingPlugins(diagnosis);
    queue.failed(queued, refusedBy);
    if (preemption.kind === 'nominate') makeRoom(pod, preemption.nodeName, preemption.victims);
    else if (!preemption.keepNomination) nominations.delete(pod);
    report(pod, 'Unschedulable', message, nominations.nodeOf(pod));
  }

  /** Ends the victims and keeps their room for the pod; pods of lower priority that had been promised the node lose it. */
  function makeRoom(pod: Pod, nodeName: string, victims: readonly Pod[]): void {
    log.info({ ...keyOf(pod), node: nodeName, victims: victims.map(nameOf) }, 'preempting pods of lower priority');
    for (const other of nominations.on(nodeName)) {
      if (priorityOf(other) >= priorityOf(pod)) continue;
      nominations.delete(other);
      track(writeStatus(other, { nominatedNodeName: null }));
    }
    nominations.set(pod, nodeName);
    track(evictVictims({ context, events, schedulerName, pod, nodeName }, victims));
  }

  /** Something went wrong on the way: tried again after a back-off. */
  function giveBack(queued: QueuedPod, error: unknown): void {
    const { pod } = queued;
    if (started?.aborted) return;
    if (isNotFound(error)) {
      log.debug({ ...keyOf(pod) }, 'pod is gone, not placed');
      queue.done(pod);
      return;
    }
    if (!isConflict(error)) log.warn({ ...keyOf(pod), err: error }, 'pod could not be placed, trying again');
    queue.failed(queued, new Set());
    report(pod, 'SchedulerError', messageOf(error), nominations.nodeOf(pod));
  }

  function report(pod: Pod, reason: string, message: string, nominated: string | undefined): void {
    events.event(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' });
    track(writeRefusal(pod, reason, message, nominated));
  }

  async function writeRefusal(pod: Pod, reason: string, message: string, nominated: string | undefined): Promise<void> {
    const old = findCondition(pod.status?.conditions, 'PodScheduled');
    const sameNode = (pod.status?.nominatedNodeName ?? '') === (nominated ?? '');
    if (old?.status === 'False' && old.reason === reason && old.message === message && sameNode) return;
    const lastTransitionTime = old?.status === 'False' ? old.lastTransitionTime : timestamp(clock);
    const condition = { type: 'PodScheduled', status: 'False', reason, message, lastTransitionTime };
    await writeStatus(pod, { conditions: [condition], ...(sameNode ? {} : { nominatedNodeName: nominated ?? null }) });
  }

  async function writeStatus(pod: Pod, status: object): Promise<void> {
    const body = { metadata: { uid: pod.metadata.uid }, status };
    try {
      await client.patch(PODS, keyOf(pod), { type: 'strategic', body }, { subresource: 'status' });
    } catch (error) {
      // Gone, or another pod of that name by now.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  function onAbandoned(pod: Pod): void {
    const binding = bindings.get(pod.metadata.uid);
    if (binding) binding.abort(new Error('pod does not exist any more'));
    else if (pod.metadata.deletionTimestamp !== undefined) {
      events.event(pod, 'Warning', 'FailedScheduling', `skip schedule deleting pod: ${nameOf(pod)}`, { action: 'Scheduling' });
    }
  }

  function track(work: Promise<void>): void {
    const tracked = work.catch((err: unknown) => log.error({ err }, 'scheduler could not write')).finally(() => background.delete(tracked));
    background.add(tracked);
  }

  return {
    name: 'scheduler',
    async start(signal) {
      started = signal;
      signal.addEventListener(
        'abort',
        () => {
          queue.stop();
          for (const binding of bindings.values()) binding.abort(signal.reason);
        },
        { once: true },
      );
      wake();
    },
    async stopped() {
      await loop;
      await Promise.all(background);
      await events.flush();
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
