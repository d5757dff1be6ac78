// Whether a pod fits into what is left of a node, and which node that leaves best used.
import { deepEqual } from '@holdfast/schema';
import type { Plugin } from '../framework/plugin.ts';
import { MAX_SCORE } from '../framework/normalize.ts';
import { unschedulable } from '../framework/status.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import { podRequests, podRequestsForScoring, type Resources } from '../cache/resources.ts';

/** Resources that every score looks at, with equal weight. */
const SCORED = ['cpu', 'memory'];
/** What is checked first and in this order, so that messages read as upstream's. */
const NAMED = ['cpu', 'memory', 'ephemeral-storage'];

export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  prepareFilter: (pod) => {
    const requests = podRequests(pod);
    const wanted = wantedOf(requests);
    return {
      filter: (node) => {
        // Most nodes have room, and no reasons need to be put into words.
        if (fits(requests, wanted, node)) return undefined;
        const reasons = insufficient(requests, wanted, node);
        return reasons.length > 0 ? unschedulable('NodeResourcesFit', ...reasons) : undefined;
      },
    };
  },
  prepareScore: (pod) => {
    const requests = podRequestsForScoring(pod);
    return { score: (node) => leastAllocated(requests, node) };
  },
  mayHelp: (event) =>
    event.kind === 'podGone' ||
    (event.kind === 'node' && (!event.old || !deepEqual(event.old.status?.allocatable, event.node.status?.allocatable))),
};

export const balancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  prepareScore: (pod) => {
    const requests = podRequests(pod);
    if (SCORED.every((name) => !requests[name])) return undefined;
    return { score: (node) => balance(requests, node) };
  },
};

/** The names of what is asked for, in upstream's order. */
function wantedOf(requests: Resources): readonly string[] {
  const others = Object.keys(requests).filter((name) => !NAMED.includes(name));
  return [...NAMED, ...others.sort()].filter((name) => (requests[name] ?? 0) > 0);
}

function fits(requests: Resources, wanted: readonly string[], { allocatable, requested, pods }: NodeInfo): boolean {
  if (pods.length + 1 > (allocatable['pods'] ?? 0)) return false;
  for (const name of wanted) if (requests[name]! > (allocatable[name] ?? 0) - (requested[name] ?? 0)) return false;
  return true;
}

/** Upstream's words for what is missing. */
function insufficient(requests: Resources, wanted: readonly string[], { allocatable, requested, pods }: NodeInfo): readonly string[] {
  const tooMany = pods.length + 1 > (allocatable['pods'] ?? 0) ? ['Too many pods'] : [];
  const missing = wanted.filter((name) => (requests[name] ?? 0) > (allocatable[name] ?? 0) - (requested[name] ?? 0));
  return [...tooMany, ...missing.map((name) => `Insufficient ${name}`)];
}

function leastAllocated(requests: Resources, { allocatable, scoringRequested }: NodeInfo): number {
  let sum = 0;
  let count = 0;
  for (const name of SCORED) {
    const total = allocatable[name] ?? 0;
    if (total <= 0) continue;
    const used = (scoringRequested[name] ?? 0) + (requests[name] ?? 0);
    if (used <= total) sum += Math.floor(((total - used) * MAX_SCORE) / total);
    count++;
  }
  return count === 0 ? 0 : Math.floor(sum / count);
}

/** The nearer the fractions of cpu and memory are to each other, the better: half their difference is the deviation. */
function balance(requests: Resources, { allocatable, requested }: NodeInfo): number {
  const { cpu = 0, memory = 0 } = allocatable;
  const deviation =
    cpu > 0 && memory > 0
      ? Math.abs(fraction(requests['cpu'], requested['cpu'], cpu) - fraction(requests['memory'], requested['memory'], memory)) / 2
      : 0;
  return Math.floor((1 - deviation) * MAX_SCORE);
}

function fraction(wanted: number | undefined, taken: number | undefined, total: number): number {
  return Math.min(1, ((taken ?? 0) + (wanted ?? 0)) / total);
}
