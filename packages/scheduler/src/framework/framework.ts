// One scheduling cycle: which node for this pod, decided on a snapshot and changing nothing.
import type { Random } from '@holdfast/clock';
import type { Pod } from '@holdfast/schema';
import type { NodeInfo } from '../cache/node-info.ts';
import type { Diagnosis } from '../fit-error.ts';
import { isRejection, type Plugin, type PodFilter, type Snapshot } from './plugin.ts';
import type { Rejection } from './status.ts';

export type Choice = { readonly kind: 'node'; readonly node: NodeInfo } | { readonly kind: 'nowhere'; readonly diagnosis: Diagnosis };

/** In large clusters not every node is looked at (upstream's adaptive share: 50 % less a percent for every 125 nodes, at least 5 %). */
const ALWAYS_ALL_BELOW = 100;
const MIN_SHARE = 5;

export interface Framework {
  readonly plugins: readonly Plugin[];
  choose(pod: Pod, snapshot: Snapshot): Choice;
  /** Filters made for one pod, or why no node can do. */
  prepare(pod: Pod, snapshot: Snapshot): readonly PodFilter[] | Rejection;
}

export function createFramework(plugins: readonly Plugin[], random: Random): Framework {
  let startAt = 0;

  function prepare(pod: Pod, snapshot: Snapshot): readonly PodFilter[] | Rejection {
    const filters: PodFilter[] = [];
    for (const plugin of plugins) {
      const prepared = plugin.prepareFilter?.(pod, snapshot);
      if (!prepared) continue;
      if (isRejection(prepared)) return prepared;
      filters.push(prepared);
    }
    return filters;
  }

  function choose(pod: Pod, snapshot: Snapshot): Choice {
    const { nodes } = snapshot;
    const filters = prepare(pod, snapshot);
    if ('reasons' in filters) return nowhere({ nodeCount: nodes.length, preFilter: filters, nodes: new Map() });
    const { feasible, refused } = filterNodes(filters, nodes);
    const [only] = feasible;
    if (!only) return nowhere({ nodeCount: nodes.length, nodes: refused });
    return { kind: 'node', node: feasible.length === 1 ? only : best(pod, feasible, snapshot) };
  }

  function filterNodes(
    filters: readonly PodFilter[],
    nodes: readonly NodeInfo[],
  ): { readonly feasible: readonly NodeInfo[]; readonly refused: ReadonlyMap<string, Rejection> } {
    const enough = nodesToFind(nodes.length);
    const feasible: NodeInfo[] = [];
    const refused = new Map<string, Rejection>();
    let looked = 0;
    for (; looked < nodes.length && feasible.length < enough; looked++) {
      const node = nodes[(startAt + looked) % nodes.length]!;
      const rejection = runFilters(filters, node);
      if (rejection) refused.set(node.name, rejection);
      else feasible.push(node);
    }
    // The next pod begins where this one stopped, so that all nodes get their turn.
    startAt = nodes.length === 0 ? 0 : (startAt + looked) % nodes.length;
    return { feasible, refused };
  }

  /** Equal scores are drawn by lot, with the random source that was passed in. */
  function best(pod: Pod, feasible: readonly NodeInfo[], snapshot: Snapshot): NodeInfo {
    const totals = feasible.map(() => 0);
    for (const plugin of plugins) {
      const scorer = plugin.prepareScore?.(pod, feasible, snapshot);
      if (!scorer) continue;
      const raw = feasible.map((node) => scorer.score(node));
      const scores = scorer.normalize?.(raw) ?? raw;
      for (const [i, score] of scores.entries()) totals[i] = (totals[i] ?? 0) + score * (plugin.weight ?? 1);
    }
    const top = Math.max(...totals);
    const winners = feasible.filter((_node, i) => totals[i] === top);
    return winners[winners.length === 1 ? 0 : random.int(winners.length)]!;
  }

  return { plugins, choose, prepare };
}

export function runFilters(filters: readonly PodFilter[], node: NodeInfo): Rejection | undefined {
  for (const one of filters) {
    const rejection = one.filter(node);
    if (rejection) return rejection;
  }
  return undefined;
}

function nowhere(diagnosis: Diagnosis): Choice {
  return { kind: 'nowhere', diagnosis };
}

function nodesToFind(count: number): number {
  if (count < ALWAYS_ALL_BELOW) return count;
  const share = Math.max(MIN_SHARE, 50 - Math.floor(count / 125));
  return Math.max(ALWAYS_ALL_BELOW, Math.floor((count * share) / 100));
}
