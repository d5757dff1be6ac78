// Whether the node takes a pod that was assigned to it. The scheduler has decided before, but it may have known less.
import { type Node, nodeSelectorMatches, parseQuantity, type Pod } from '@holdfast/schema';
import { podRequests } from './resources.ts';

/** Why a pod is refused: becomes the pod's reason and, after 'Pod was rejected: ', its message. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** Undefined when the pod may run beside `others`, the pods that the node has taken and that are not over. Pure. */
export function admit(pod: Pod, others: readonly Pod[], node: Node): Rejection | undefined {
  return selectorRejection(pod, node) ?? resourceRejection(pod, others, node);
}

function selectorRejection({ spec }: Pod, node: Node): Rejection | undefined {
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (selected && (!required || nodeSelectorMatches(required, node))) return undefined;
  return { reason: 'NodeAffinity', message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" };
}

function resourceRejection(pod: Pod, others: readonly Pod[], node: Node): Rejection | undefined {
  const allocatable = node.status?.allocatable ?? {};
  const short = (resource: string, requested: number, used: number, capacity: number): Rejection => ({
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  });
  const podLimit = allocatable['pods'] === undefined ? Number.POSITIVE_INFINITY : parseQuantity(allocatable['pods']).value();
  if (others.length + 1 > podLimit) return short('pods', 1, others.length, podLimit);
  const used = others.map((other) => (other.spec ? podRequests(other.spec) : new Map<string, never>()));
  for (const [resource, quantity] of pod.spec ? podRequests(pod.spec) : []) {
    if (quantity.isZero()) continue;
    const available = allocatable[resource];
    // cpu is counted in thousandths.
    const count = (q: ReturnType<typeof parseQuantity>): number => (resource === 'cpu' ? q.milliValue() : q.value());
    const capacity = available === undefined ? 0 : count(parseQuantity(available));
    const taken = used.reduce((sum, map) => sum + (map.has(resource) ? count(map.get(resource) ?? quantity) : 0), 0);
    if (taken + count(quantity) > capacity) return short(resource, count(quantity), taken, capacity);
  }
  return undefined;
}
