// Why a pod fits nowhere, in upstream's words.
import type { Rejection } from './framework/status.ts';

/** What a scheduling cycle found out about a pod that fits nowhere. */
export interface Diagnosis {
  readonly nodeCount: number;
  /** The whole pod was refused before any node was looked at. */
  readonly preFilter?: Rejection;
  /** By node name. */
  readonly nodes: ReadonlyMap<string, Rejection>;
}

export const NO_NODES = 'no nodes available to schedule pods';

/** The text of FailedScheduling and of the PodScheduled condition. `preemption`: what came of trying to make room. */
export function fitMessage({ nodeCount, preFilter, nodes }: Diagnosis, preemption = ''): string {
  if (nodeCount === 0) return NO_NODES;
  const reasons = preFilter ? preFilter.reasons.join(', ') : histogram([...nodes.values()].flatMap((rejection) => rejection.reasons));
  return `0/${nodeCount} nodes are available: ${reasons}.${preemption === '' ? '' : ` ${preemption}`}`;
}

/** The part after the reasons. `tried`: nodes where ending pods was tried and did not help, with the reasons. */
export function preemptionMessage({ nodeCount, preFilter, nodes }: Diagnosis, tried: ReadonlyMap<string, readonly string[]>): string {
  const notHelpful = 'Preemption is not helpful for scheduling';
  const counted = [...nodes].flatMap(([name, { preemptible }]) => (preemptible ? (tried.get(name) ?? []) : [notHelpful]));
  const all = preFilter ? Array.from({ length: nodeCount }, () => notHelpful) : counted;
  return `preemption: 0/${nodeCount} nodes are available: ${histogram(all)}.`;
}

/** The plugins that refused: only events that they wait for bring the pod back. */
export function rejectingPlugins({ preFilter, nodes }: Diagnosis): ReadonlySet<string> {
  return new Set(preFilter ? [preFilter.plugin] : [...nodes.values()].map(({ plugin }) => plugin));
}

/** '<count> <reason>' in text order, as upstream sorts them. */
function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
