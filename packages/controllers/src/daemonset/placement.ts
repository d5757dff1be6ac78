// On which nodes a daemon set has its pods, and which pods are for which node.
import { matchesNodeAffinity, tolerates } from '@holdfast/controller';
import type { DaemonSet, Node, Pod, PodSpec, Toleration } from '@holdfast/schema';
import { hasEnded, isTerminating } from '../pods/pod-health.ts';
import { groupBy } from '../service-pods/group-by.ts';

export const REVISION_LABEL = 'controller-revision-hash';

export interface Observed {
  readonly set: DaemonSet;
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  /** Name of the revision that pods should have. */
  readonly revision: string;
  readonly nowMs: number;
  /** Milliseconds that a failed pod of this node is left alone; 0 where it may go. */
  readonly failedWaitMs: (node: string) => number;
}

const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** What upstream adds to every daemon pod, so that nodes in trouble keep theirs; what brings a network must run where there is none yet. */
export function daemonTolerations({ hostNetwork }: PodSpec): readonly Toleration[] {
  return hostNetwork
    ? [...TOLERATIONS, { key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }]
    : TOLERATIONS;
}

/** Whether the node should have a pod, and whether a pod that runs there may stay. */
export function placement(set: DaemonSet, node: Node): { readonly shouldRun: boolean; readonly mayStay: boolean } {
  const spec: PodSpec = set.spec?.template?.spec ?? { containers: [] };
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => node.metadata.labels?.[key] === value);
  if (!selected || !matchesNodeAffinity({ metadata: {}, spec }, node)) return { shouldRun: false, mayStay: false };
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return { shouldRun: false, mayStay: false };
  const tolerations = [...(spec.tolerations ?? []), ...daemonTolerations(spec)];
  const untolerated = (node.spec?.taints ?? []).filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)));
  const repelled = untolerated.some((taint) => taint.effect === 'NoSchedule' || taint.effect === 'NoExecute');
  const driven = untolerated.some((taint) => taint.effect === 'NoExecute');
  return { shouldRun: !repelled, mayStay: !driven };
}

/** The node that a daemon pod is for, also before it is bound. */
export function nodeOf(pod: Pod): string {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.flatMap((term) => term.matchFields ?? []).find((field) => field.key === 'metadata.name')?.values?.[0] ?? '';
}

/** Pods by the node that they are for, on each node the bound ones first, then the oldest. What has ended and is on its way out counts nowhere. */
export function group(pods: readonly Pod[]): Map<string, readonly Pod[]> {
  const counted = pods.filter((pod) => !(isTerminating(pod) && hasEnded(pod)));
  return groupBy(counted.toSorted(bySchedulingAndAge), nodeOf);
}

/** Upstream's podByCreationTimestampAndPhase. */
function bySchedulingAndAge(a: Pod, b: Pod): number {
  const unbound = (pod: Pod): number => (pod.spec?.nodeName ? 0 : 1);
  const made = (pod: Pod): string => pod.metadata.creationTimestamp ?? '';
  return unbound(a) - unbound(b) || compareText(made(a), made(b)) || compareText(a.metadata.name ?? '', b.metadata.name ?? '');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
