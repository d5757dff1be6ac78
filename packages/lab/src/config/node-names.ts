// Names of nodes and of labs, as kind gives them.
import type { ClusterConfig, NodeConfig } from './kind-config.ts';

/** A node with its name: 'lab-control-plane', 'lab-worker', 'lab-worker2', … */
export interface NamedNode extends NodeConfig {
  readonly name: string;
  /** 1 for the first node of the file; its addresses derive from it. */
  readonly index: number;
}

/** Names each node by its role, numbered from the second of the role on. */
export function nameNodes(labName: string, config: ClusterConfig): readonly NamedNode[] {
  const counts = new Map<string, number>();
  return config.nodes.map((node, position) => {
    const count = (counts.get(node.role) ?? 0) + 1;
    counts.set(node.role, count);
    return { ...node, name: `${labName}-${node.role}${count > 1 ? count : ''}`, index: position + 1 };
  });
}

/** Undefined when the name will do; otherwise the reason why not. Names become parts of node names and folders. */
export function labNameProblem(name: string): string | undefined {
  if (/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return undefined;
  return `${JSON.stringify(name)} is no name for a lab: use up to 40 lower-case letters, digits and dashes, starting and ending with a letter or digit`;
}
