// How fast nodes may be evacuated, by how many of their zone are down: pure.
import type { Node } from '@holdfast/schema';

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** Upstream's defaults: evictions per second, in large zones under partial disruption, and what counts as large and as partial. */
const RATE = 0.1;
const REDUCED_RATE = 0.01;
const LARGE_ZONE = 50;
const UNHEALTHY_FRACTION = 0.55;
const MIN_UNHEALTHY = 3;

/** Region and zone of a node; nodes without labels are one zone together. */
export function zoneOf({ metadata }: Node): string {
  const labels = metadata.labels ?? {};
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`;
}

/** Where a node is, and whether it is Ready. */
export interface NodeState {
  readonly zone: string;
  readonly ready: boolean;
}

export function zoneState(nodes: readonly NodeState[]): ZoneState {
  const down = nodes.reduce((count, { ready }) => (ready ? count : count + 1), 0);
  if (down === nodes.length && down > 0) return 'FullDisruption';
  return down >= MIN_UNHEALTHY && down / nodes.length >= UNHEALTHY_FRACTION ? 'PartialDisruption' : 'Normal';
}

/** Nodes a second that may be given NoExecute taints. */
export function evictionRate(state: ZoneState, nodeCount: number): number {
  if (state !== 'PartialDisruption') return RATE;
  return nodeCount > LARGE_ZONE ? REDUCED_RATE : 0;
}

/** Nodes by zone. */
export function groupByZone(nodes: readonly NodeState[]): ReadonlyMap<string, readonly NodeState[]> {
  const zones = new Map<string, NodeState[]>();
  for (const node of nodes) {
    const group = zones.get(node.zone);
    if (group) group.push(node);
    else zones.set(node.zone, [node]);
  }
  return zones;
}
