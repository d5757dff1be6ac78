// What one scheduling cycle looks at: all nodes as they are, pods that were just placed included.
import type { NodeInfo } from './node-info.ts';

export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
  /** Those of `nodes` with pods that say near or away from which others they want to be. */
  readonly nodesWithAffinity: readonly NodeInfo[];
  /** Whether any of `nodes` is cordoned or has a taint. */
  readonly repelling: boolean;
  node(name: string): NodeInfo | undefined;
}

export function withAffinity(nodes: readonly NodeInfo[]): readonly NodeInfo[] {
  return nodes.filter(({ podsWithAffinity }) => podsWithAffinity.length > 0);
}

/** Whether pods could be kept away from the node by what it is like. */
export function repels({ node: { spec } }: NodeInfo): boolean {
  return spec?.unschedulable === true || (spec?.taints ?? []).length > 0;
}

/** The snapshot as it would be with another state of one of its nodes. */
export function withNode(snapshot: Snapshot, node: NodeInfo): Snapshot {
  const nodes = snapshot.nodes.map((one) => (one.name === node.name ? node : one));
  const repelling = snapshot.repelling || repels(node);
  return { nodes, nodesWithAffinity: withAffinity(nodes), repelling, node: (name) => (name === node.name ? node : snapshot.node(name)) };
}
