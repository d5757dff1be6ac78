// One pod per node that fits: which to make, which to take away, and when an update goes on.
import type { DaemonSetStatus, Pod } from '@holdfast/schema';
import { availableInMs, isReady, isTerminating } from '../pods/pod-health.ts';
import { group, type Observed, placement, REVISION_LABEL } from './placement.ts';
import { allowsSurge, surplusOfSurge, update } from './rolling-update.ts';

export interface Plan {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  /** Of those that go the ones that have ended, which users are told of; those that have failed count for the back-off of their node. */
  readonly ended: readonly Pod[];
  readonly recheckAfterMs?: number;
}

/** What is wrong on the nodes comes first; an update goes on in a later pass, which sees what came of it (upstream's expectations). */
export function decide(observed: Observed): Plan {
  if (observed.set.metadata.deletionTimestamp) return { create: [], remove: [], ended: [] };
  const { create, remove, ended, waits } = manage(observed);
  const steps = create.length + remove.length > 0 ? { create, remove } : update(observed);
  const all = [...waits, ...availabilityWaits(observed)];
  return { ...steps, ended, ...(all.length > 0 ? { recheckAfterMs: Math.min(...all) } : {}) };
}

interface Managed extends Pick<Plan, 'create' | 'remove' | 'ended'> {
  /** Milliseconds until something that waits is to be looked at again. */
  readonly waits: readonly number[];
}

/** Upstream's manage. */
function manage(observed: Observed): Managed {
  const { set, pods, nodes } = observed;
  const byNode = group(pods);
  const create: string[] = [];
  const remove: Pod[] = [];
  const ended: Pod[] = [];
  const waits: number[] = [];
  for (const node of nodes) {
    const name = node.metadata.name ?? '';
    const { shouldRun, mayStay } = placement(set, node);
    const here = byNode.get(name);
    byNode.delete(name);
    const alive = here?.filter((pod) => !isTerminating(pod)) ?? [];
    if (!mayStay) remove.push(...alive);
    else if (!here && shouldRun) create.push(name);
    else if (here) {
      const steps = onNode(alive, name, observed);
      if (steps.isMissing && shouldRun) create.push(name);
      remove.push(...steps.remove);
      ended.push(...steps.ended);
      waits.push(...steps.waits);
    }
  }
  // What is left is for nodes that are gone. The pod garbage collector takes what runs there, but not what was never bound.
  for (const [name, orphaned] of byNode) if (name !== '') remove.push(...orphaned.filter(({ spec }) => !spec?.nodeName));
  return { create, remove, ended, waits };
}

interface OnNode extends Omit<Managed, 'create'> {
  /** A pod beside those that leave is missing, which is said only of updates that allow two on a node. */
  readonly isMissing: boolean;
}

/** Upstream's podsShouldBeOnNode, for a node that has pods, of which `alive` are not on their way out. */
function onNode(alive: readonly Pod[], node: string, observed: Observed): OnNode {
  const failed = alive.filter(({ status }) => status?.phase === 'Failed');
  const succeeded = alive.filter(({ status }) => status?.phase === 'Succeeded');
  const running = alive.filter((pod) => !failed.includes(pod) && !succeeded.includes(pod));
  // One at a time: whoever fails next has waited for it.
  const waitMs = failed.length > 0 ? observed.failedWaitMs(node) : 0;
  const ended = [...(waitMs > 0 ? [] : failed.slice(0, 1)), ...succeeded];
  const surges = allowsSurge(observed.set);
  return {
    ended,
    remove: [...ended, ...(surges ? surplusOfSurge(running, observed) : running.slice(1))],
    waits: waitMs > 0 ? [waitMs] : [],
    // Upstream does not wait here, and makes one pod after another where each fails at once.
    isMissing: surges && running.length === 0 && waitMs === 0,
  };
}

function availabilityWaits({ set, pods, nowMs }: Observed): readonly number[] {
  return pods
    .map((pod) => availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs))
    .filter((wait): wait is number => wait !== undefined && wait > 0);
}

export function statusOf({ set, pods, nodes, revision, nowMs }: Observed): DaemonSetStatus {
  const byNode = group(pods);
  const should = nodes.filter((node) => placement(set, node).shouldRun).map((node) => node.metadata.name ?? '');
  // Of two pods that an update has on one node the older counts.
  const scheduled = should.flatMap((name) => byNode.get(name)?.slice(0, 1) ?? []);
  const available = scheduled.filter((pod) => availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs) === 0).length;
  const updated = scheduled.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision).length;
  const optional = { updatedNumberScheduled: updated, numberAvailable: available, numberUnavailable: should.length - available };
  return {
    currentNumberScheduled: scheduled.length,
    numberMisscheduled: nodes.filter((node) => !should.includes(node.metadata.name ?? '') && byNode.has(node.metadata.name ?? '')).length,
    desiredNumberScheduled: should.length,
    numberReady: scheduled.filter(isReady).length,
    observedGeneration: set.metadata.generation,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value > 0)),
    ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  };
}
