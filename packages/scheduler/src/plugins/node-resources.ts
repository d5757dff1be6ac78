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
    return {
      filter: (node) => {
        const reasons = insufficient(requests, node);
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

/** Upstream's words for what is missing; empty: the pod fits. */
export function insufficient(requests: Resources, { allocatable, requested, pods }: NodeInfo): readonly string[] {
  const tooMany = pods.length + 1 > (allocatable['pods'] ?? 0) ? ['Too many pods'] : [];
  const others = Object.keys(requests).filter((name) => !NAMED.includes(name));
  const missing = [...NAMED, ...others.sort()].filter((name) => {
    const wanted = requests[name] ?? 0;
    return wanted > 0 && wanted > (allocatable[name] ?? 0) - (requested[name] ?? 0);
  });
  return [...tooMany, ...missing.map((name) => `Insufficient ${name}`)];
}

function leastAllocated(requests: Resources, { allocatable, scoringRequested }: NodeInfo): number {
  const shares = SCORED.filter((name) => (allocatable[name] ?? 0) > 0).map((name) => {
    const total = allocatable[name] ?? 0;
    const used = (scoringRequested[name] ?? 0) + (requests[name] ?? 0);
    return used > total ? 0 : Math.floor(((total - used) * MAX_SCORE) / total);
  });
  return shares.length === 0 ? 0 : Math.floor(shares.reduce((a, b) => a + b, 0) / shares.length);
}

/** The nearer the fractions of cpu and memory are to each other, the better: half their difference is the deviation. */
function balance(requests: Resources, { allocatable, requested }: NodeInfo): number {
  const fractions = SCORED.filter((name) => (allocatable[name] ?? 0) > 0).map((name) =>
    Math.min(1, ((requested[name] ?? 0) + (requests[name] ?? 0)) / (allocatable[name] ?? 1)),
  );
  const [cpu, memory] = fractions;
  const deviation = cpu === undefined || memory === undefined ? 0 : Math.abs(cpu - memory) / 2;
  return Math.floor((1 - deviation) * MAX_SCORE);
}
