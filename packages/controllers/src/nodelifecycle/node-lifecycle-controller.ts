// Watches over nodes: notices the silent ones, taints them, and takes their pods out of service.
import { every, formatTime } from '@holdfast/clock';
import {
  type Component,
  type ComponentFactory,
  createController,
  createEventRecorder,
  enqueueSelf,
  findCondition,
  retryOnConflict,
  watch,
} from '@holdfast/controller';
import { ignoreNotFound, LEASES, type Node, NODES, PODS, type Taint } from '@holdfast/schema';
import { type Examination, examineNode, type NodeHealth } from './health.ts';
import { markPodsNotReady } from './mark-pods.ts';
import { hasNoExecuteTaint, withNoExecuteTaint, withNoScheduleTaints } from './taints.ts';
import { ZoneLimiter } from './zone-limiter.ts';
import { evictionRate, groupByZone, type NodeState, type ZoneState, zoneOf, zoneState } from './zones.ts';

const MONITOR_PERIOD_MS = 5000;
/** Upstream's UpdateWorkerSize. */
const WORKERS = 8;
const LEASE_NAMESPACE = 'kube-node-lease';
const BY_NODE = 'spec.nodeName';

export const nodeLifecycleController: ComponentFactory = (context): Component => {
  const { client, clock, informers } = context;
  const log = context.log.child({ controller: 'node-lifecycle' });
  const nodes = informers.informer(NODES);
  const leases = informers.informer(LEASES);
  const pods = informers.informer(PODS);
  pods.addIndex(BY_NODE, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  const events = createEventRecorder({ ...context, component: 'node-controller' });
  const health = new Map<string, NodeHealth>();
  const limiters = new Map<string, ZoneLimiter>();
  let zones: ReadonlyMap<string, ZoneState> = new Map();
  /** Writes that the limiters started. */
  const writing = new Set<Promise<void>>();
  /** Nodes whose pods could not all be marked: tried again at the next look. */
  const unmarked = new Set<string>();
  let monitoring: Promise<void> = Promise.resolve();

  /** Event-driven: taints follow conditions and cordon at once. */
  const noSchedule = createController({
    name: 'node-lifecycle',
    context,
    watches: [watch(nodes, enqueueSelf)],
    concurrency: WORKERS,
    reconciler: {
      reconcile: async ({ name }) => {
        if (nodes.get({ name })) await writeTaints(name, withNoScheduleTaints);
      },
    },
  });

  async function monitor(): Promise<void> {
    const all = nodes.list();
    for (const name of health.keys()) if (!nodes.get({ name })) forget(name);
    const states: NodeState[] = [];
    for (const node of all) {
      const looked = lookSafely(node);
      // A healthy node needs no wait, and most are healthy at most looks.
      states.push({ zone: zoneOf(node), ready: (typeof looked === 'string' ? looked : await looked) === 'True' });
    }
    await adjustToDisruption(all, states);
  }

  /** The state of Ready, also of a node that could not be examined: others must not wait for it. */
  function lookSafely(node: Node): string | Promise<string> {
    const failed = (err: unknown): string => {
      log.error({ err, node: node.metadata.name }, 'node could not be examined');
      return findCondition(node.status?.conditions, 'Ready')?.status ?? 'Unknown';
    };
    try {
      const looked = look(node);
      return typeof looked === 'string' ? looked : looked.catch(failed);
    } catch (err) {
      return failed(err);
    }
  }

  /** One look at one node; gives the state of Ready after it, at once where there is nothing to write. */
  function look(node: Node): string | Promise<string> {
    const { name = '' } = node.metadata;
    const lease = leases.get({ namespace: LEASE_NAMESPACE, name });
    const seen = examineNode(node, lease, health.get(name), clock.now());
    health.set(name, seen.health);
    if (seen.current !== 'True') return follow(node, seen);
    evacuate(node, seen.observed);
    unmarked.delete(name);
    return seen.current;
  }

  /** What is to be done about a node that is not well. */
  async function follow(node: Node, seen: Examination): Promise<string> {
    const { name = '' } = node.metadata;
    if (seen.conditions) await client.updateStatus(NODES, { ...node, status: { ...node.status, conditions: seen.conditions } });
    evacuate(node, seen.observed);
    const wentDown = seen.observed === 'True';
    if (wentDown) {
      log.warn({ node: name }, 'node is not ready');
      events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    }
    if (wentDown || unmarked.has(name)) await markPods(name);
    return seen.current;
  }

  async function markPods(name: string): Promise<void> {
    unmarked.add(name);
    await markPodsNotReady(context, events, pods.byIndex(BY_NODE, name));
    unmarked.delete(name);
  }

  /** Queues a node that is down for its NoExecute taint, as fast as its zone's state allows; takes it out when it is back. */
  function evacuate(node: Node, ready: string): void {
    const { name = '' } = node.metadata;
    const limiter = limiterOf(zoneOf(node));
    if (ready === 'True') {
      limiter.remove(name);
      if (hasNoExecuteTaint(node)) background(writeTaints(name, withoutNoExecute));
      return;
    }
    const late = hasNoExecuteTaint(node);
    // From not-ready to unreachable, or back, needs no permission: the pods are being evicted anyway.
    if (late) background(writeTaints(name, (fresh, now) => withNoExecuteTaint(fresh, ready, now)));
    else limiter.add(name);
  }

  function limiterOf(zone: string): ZoneLimiter {
    const known = limiters.get(zone);
    if (known) return known;
    const made = new ZoneLimiter(clock, evictionRate('Normal', 0), (name) => background(taintNow(name)));
    limiters.set(zone, made);
    return made;
  }

  async function taintNow(name: string): Promise<void> {
    await writeTaints(name, (node, now) => {
      const ready = findCondition(node.status?.conditions, 'Ready')?.status ?? 'Unknown';
      return withNoExecuteTaint(node, ready, now);
    });
  }

  /** When everything is down at once, it is more likely this controller that is cut off: nothing is evicted. */
  async function adjustToDisruption(all: readonly Node[], looks: readonly NodeState[]): Promise<void> {
    const groups = groupByZone(looks);
    const states = new Map([...groups].map(([zone, members]) => [zone, zoneState(members)]));
    const wasAllDown = allDown(zones);
    const isAllDown = allDown(states);
    if (isAllDown && !wasAllDown) {
      log.warn({}, 'all nodes are down, stopping all evictions');
      for (const limiter of limiters.values()) limiter.setRate(0);
      await Promise.all(all.map(({ metadata }) => writeTaints(metadata.name ?? '', withoutNoExecute)));
    } else if (!isAllDown) {
      // Nodes get a fresh start when contact is back: what was missed meanwhile says nothing about them.
      if (wasAllDown) for (const [name, known] of health) health.set(name, { ...known, probeMs: clock.now() });
      for (const [zone, members] of groups) limiterOf(zone).setRate(evictionRate(states.get(zone) ?? 'Normal', members.length));
    }
    zones = states;
  }

  async function writeTaints(name: string, change: (node: Node, now: string) => readonly Taint[] | undefined): Promise<void> {
    await retryOnConflict(async (attempt) => {
      const node = attempt === 1 ? nodes.get({ name }) : await client.get(NODES, { name });
      const taints = node && change(node, formatTime(clock.now()));
      if (!node || !taints) return;
      const metadata = { resourceVersion: node.metadata.resourceVersion };
      await client.patch(NODES, { name }, { type: 'merge', body: { metadata, spec: { taints } } });
    }).catch(ignoreNotFound);
  }

  function background(work: Promise<void>): void {
    const tracked = work.catch((err: unknown) => log.error({ err }, 'node could not be tainted')).finally(() => writing.delete(tracked));
    writing.add(tracked);
  }

  function forget(name: string): void {
    health.delete(name);
    unmarked.delete(name);
    for (const limiter of limiters.values()) limiter.remove(name);
    log.info({ node: name }, 'node is gone');
  }

  return {
    name: noSchedule.name,
    async start(signal) {
      await noSchedule.start(signal);
      const stop = every(clock, MONITOR_PERIOD_MS, () => {
        monitoring = monitoring.then(monitor).catch((err: unknown) => log.error({ err }, 'monitoring nodes failed'));
      });
      signal.addEventListener(
        'abort',
        () => {
          stop();
          for (const limiter of limiters.values()) limiter.stop();
        },
        { once: true },
      );
    },
    async stopped() {
      await Promise.all([noSchedule.stopped(), monitoring, ...writing]);
    },
  };
};

const withoutNoExecute = (node: Node, now: string): readonly Taint[] | undefined => withNoExecuteTaint(node, 'True', now);

function allDown(zones: ReadonlyMap<string, ZoneState>): boolean {
  return zones.size > 0 && [...zones.values()].every((state) => state === 'FullDisruption');
}
