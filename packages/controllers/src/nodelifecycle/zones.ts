// How fast nodes may be evacuated, by how many of their zone are down: pure.
import { isConditionTrue } from '@holdfast/controller';
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

export function zoneState(nodes: readonly Node[]): ZoneState {
  const down = nodes.filter(({ status }) => !isConditionTrue(status?.conditions, 'Ready')).length;
  if (down === nodes.length && down > 0) return 'FullDisruption';
  return down >= MIN_UNHEALTHY && down / nodes.length >= UNHEALTHY_FRACTION ? 'PartialDisruption' : 'Normal';
}

/** Nodes a second that may be given NoExecute taints. */
export function evictionRate(state: ZoneState, nodeCount: number): number {
  if (state !== 'PartialDisruption') return RATE;
  return nodeCount > LARGE_ZONE ? REDUCED_RATE : 0;
}

/** Nodes by zone. */
export function groupByZone(nodes: readonly Node[]): ReadonlyMap<string, readonly Node[]> {
  const zones = new Map<string, Node[]>();
  for (const node of nodes) {
    const key = zoneOf(node);
    const group = zones.get(key);
    if (group) group.push(node);
    else zones.set(key, [node]);
  }
  return zones;
}
