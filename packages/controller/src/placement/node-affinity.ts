// Whether a pod may be on a node as far as its node selector and required node affinity go.
import { type Node, nodeSelectorMatches, type Pod } from '@holdfast/schema';

export function matchesNodeAffinity({ spec }: Pod, node: Node): boolean {
  if (!spec?.nodeSelector && !spec?.affinity?.nodeAffinity) return true;
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
  return selected && nodeSelectorMatches(spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution, node);
}
