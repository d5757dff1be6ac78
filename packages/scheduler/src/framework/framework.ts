// One scheduling cycle: which node for this pod, decided on a snapshot and changing nothing.
import type { Random } from '@holdfast/clock';
import type { Pod } from '@holdfast/schema';
import { type NodeInfo, podInfo, withPod } from '../cache/node-info.ts';
import { type Snapshot, withNode } from '../cache/snapshot.ts';
import type { Diagnosis } from '../fit-error.ts';
import { priorityOf } from '../pod-facts.ts';
import type { Nominations } from '../queue/nominations.ts';
import { isRejection, type Plugin, type PodFilter } from './plugin.ts';
import type { Rejection } from './status.ts';

export type Choice = { readonly kind: 'node'; readonly node: NodeInfo } | { readonly kind: 'nowhere'; readonly diagnosis: Diagnosis };

/** In large clusters not every node is looked at (upstream's adaptive share: 50 % less a percent for every 125 nodes, at least 5 %). */
const ALWAYS_ALL_BELOW = 100;
const MIN_SHARE = 5;

export interface Framework {
  readonly plugins: readonly Plugin[];
  choose(pod: Pod, snapshot: Snapshot): Choice;
  /** Whether the pod would fit on a node if that node were as given; undefined: it would. For one pod and one moment. */
  dryRun(pod: Pod, snapshot: Snapshot): (node: NodeInfo) => Rejection | undefined;
}

/** A filter with the plugin that made it. */
interface PreparedFilter {
  readonly plugin: Plugin;
  readonly filter: PodFilter;
}

export function createFramework(plugins: readonly Plugin[], random: Random, nominations: Nominations): Framework {
  let startAt = 0;

  function prepare(pod: Pod, snapshot: Snapshot): readonly PreparedFilter[] | Rejection {
    const filters: PreparedFilter[] = [];
    for (const plugin of plugins) {
      const prepared = plugin.prepareFilter?.(pod, snapshot);
      if (!prepared) continue;
      if (isRejection(prepared)) return prepared;
      filters.push({ plugin, filter: prepared });
    }
    return filters;
  }

  /** The filters for a node that differs from the snapshot's: those that look at other nodes too are made anew. */
  function adapt(filters: readonly PreparedFilter[], pod: Pod, snapshot: Snapshot, node: NodeInfo): readonly PreparedFilter[] | Rejection {
    const changed = withNode(snapshot, node);
    const wide: PreparedFilter[] = [];
    for (const plugin of plugins) {
      const prepared = plugin.wide ? plugin.prepareFilter?.(pod, changed) : undefined;
      if (!prepared) continue;
      if (isRejection(prepared)) return prepared;
      wide.push({ plugin, filter: prepared });
    }
    return [...filters.filter(({ plugin }) => !plugin.wide), ...wide];
  }

  /** Room that is being made for pods of no lower priority is theirs: the pod must fit beside them, and without them too. */
  function refusal(filters: readonly PreparedFilter[], pod: Pod, snapshot: Snapshot, node: NodeInfo): Rejection | undefined {
    const promised = nominations.on(node.name);
    const others =
      promised.length === 0
        ? promised
        : promised.filter((other) => other.metadata.uid !== pod.metadata.uid && priorityOf(other) >= priorityOf(pod));
    if (others.length > 0) {
      const crowded = others.reduce((info, other) => withPod(info, podInfo(other)), node);
      const adapted = adapt(filters, pod, snapshot, crowded);
      const refused = 'reasons' in adapted ? adapted : runFilters(adapted, crowded);
      if (refused) return refused;
    }
    return runFilters(filters, node);
  }

  function dryRun(pod: Pod, snapshot: Snapshot): (node: NodeInfo) => Rejection | undefined {
    let filters: readonly PreparedFilter[] | Rejection | undefined;
    return (node) => {
      // Most pods find nobody who could go, and never come here.
      filters ??= prepare(pod, snapshot);
      if ('reasons' in filters) return filters;
      const adapted = adapt(filters, pod, snapshot, node);
      return 'reasons' in adapted ? adapted : refusal(adapted, pod, snapshot, node);
    };
  }

  function choose(pod: Pod, snapshot: Snapshot): Choice {
    const { nodes } = snapshot;
    const filters = prepare(pod, snapshot);
    if ('reasons' in filters) return nowhere({ nodeCount: nodes.length, preFilter: filters, nodes: new Map() });
    const nominated = nominations.nodeOf(pod);
    const made = nominated === undefined ? undefined : snapshot.node(nominated);
    if (made && !refusal(filters, pod, snapshot, made)) return { kind: 'node', node: made };
    const { feasible, refused } = filterNodes(pod, filters, snapshot);
    const [only] = feasible;
    if (!only) return nowhere({ nodeCount: nodes.length, nodes: refused });
    return { kind: 'node', node: feasible.length === 1 ? only : best(pod, feasible, snapshot) };
  }

  function filterNodes(
    pod: Pod,
    filters: readonly PreparedFilter[],
    snapshot: Snapshot,
  ): { readonly feasible: readonly NodeInfo[]; readonly refused: ReadonlyMap<string, Rejection> } {
    const { nodes } = snapshot;
    const enough = nodesToFind(nodes.length);
    const feasible: NodeInfo[] = [];
    const refused = new Map<string, Rejection>();
    let looked = 0;
    for (; looked < nodes.length && feasible.length < enough; looked++) {
      const node = nodes[(startAt + looked) % nodes.length]!;
      const rejection = refusal(filters, pod, snapshot, node);
      if (rejection) refused.set(node.name, rejection);
      else feasible.push(node);
    }
    // The next pod begins where this one stopped, so that all nodes get their turn.
    startAt = nodes.length === 0 ? 0 : (startAt + looked) % nodes.length;
    return { feasible, refused };
  }

  /** Equal scores are drawn by lot, with the random source that was passed in. */
  function best(pod: Pod, feasible: readonly NodeInfo[], snapshot: Snapshot): NodeInfo {
    const totals = new Float64Array(feasible.length);
    const raw = feasible.map(() => 0);
    for (const plugin of plugins) {
      const scorer = plugin.prepareScore?.(pod, feasible, snapshot);
      if (!scorer) continue;
      for (let i = 0; i < feasible.length; i++) raw[i] = scorer.score(feasible[i]!);
      const scores = scorer.normalize?.(raw) ?? raw;
      const weight = plugin.weight ?? 1;
      for (let i = 0; i < scores.length; i++) totals[i]! += scores[i]! * weight;
    }
    let top = Number.NEGATIVE_INFINITY;
    for (const total of totals) if (total > top) top = total;
    const winners = feasible.filter((_node, i) => totals[i] === top);
    return winners[winners.length === 1 ? 0 : random.int(winners.length)]!;
  }

  return { plugins, choose, dryRun };
}

function runFilters(filters: readonly PreparedFilter[], node: NodeInfo): Rejection | undefined {
  for (const { filter } of filters) {
    const rejection = filter.filter(node);
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
