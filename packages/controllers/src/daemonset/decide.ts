// One pod per node that fits: which to make, which to take away, and how an update proceeds.
import type { DaemonSetStatus, Pod } from '@holdfast/schema';
import { availableInMs, hasEnded, isReady, isTerminating } from '../pods/pod-health.ts';
import { group, nodeOf, type Observed, placement, REVISION_LABEL } from './placement.ts';
import { allowsSurge, byAge, outdated, surge, surplusOfSurge } from './rolling-update.ts';

export interface Plan {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  readonly recheckAfterMs?: number;
}

export function decide(observed: Observed): Plan {
  const { set, pods, nodes } = observed;
  if (set.metadata.deletionTimestamp) return { create: [], remove: [] };
  const byNode = group(pods);
  const create: string[] = [];
  const remove: Pod[] = [];
  const surges = allowsSurge(set);
  for (const node of nodes) {
    const name = node.metadata.name ?? '';
    const { shouldRun, mayStay } = placement(set, node);
    const here = byNode.get(name) ?? [];
    byNode.delete(name);
    if (!mayStay || (!shouldRun && here.length === 0)) {
      remove.push(...here.filter((pod) => !isTerminating(pod)));
      continue;
    }
    const alive = here.filter((pod) => !isTerminating(pod));
    const ended = alive.filter(hasEnded);
    remove.push(...ended);
    const running = alive.filter((pod) => !hasEnded(pod)).toSorted(byAge);
    remove.push(...(surges ? surplusOfSurge(running, observed) : running.slice(1)));
    if (shouldRun && running.length === 0 && here.length === 0) create.push(name);
  }
  // What is left is for nodes that are gone.
  for (const orphaned of byNode.values()) remove.push(...orphaned.filter((pod) => !isTerminating(pod) && nodeOf(pod) !== ''));
  const update = surges ? surge(observed, remove) : { create: [], remove: outdated(observed, create.length, remove) };
  return { create: [...create, ...update.create], remove: [...remove, ...update.remove], ...recheckOf(observed) };
}

function recheckOf({ set, pods, nowMs }: Observed): { readonly recheckAfterMs?: number } {
  const waits = pods
    .map((pod) => availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs))
    .filter((wait): wait is number => wait !== undefined && wait > 0);
  return waits.length > 0 ? { recheckAfterMs: Math.min(...waits) } : {};
}

export function statusOf({ set, pods, nodes, revision, nowMs }: Observed): DaemonSetStatus {
  const byNode = group(pods.filter((pod) => !isTerminating(pod)));
  const should = nodes.filter((node) => placement(set, node).shouldRun).map((node) => node.metadata.name ?? '');
  // Of two pods that an update has on one node the older counts.
  const scheduled = should.flatMap((name) => byNode.get(name)?.toSorted(byAge).slice(0, 1) ?? []);
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
