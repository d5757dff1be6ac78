// One pod per node that fits: which to make, which to take away, and how an update proceeds.
import { matchesNodeAffinity, tolerates } from '@holdfast/controller';
import { type DaemonSet, type DaemonSetStatus, type Node, type Pod, type PodSpec, scaledValue, type Toleration } from '@holdfast/schema';
import { availableInMs, hasEnded, isReady, isTerminating } from '../pods/pod-health.ts';

export const REVISION_LABEL = 'controller-revision-hash';

export interface Observed {
  readonly set: DaemonSet;
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  /** Name of the revision that pods should have. */
  readonly revision: string;
  readonly nowMs: number;
}

export interface Plan {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  readonly recheckAfterMs?: number;
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

export function decide(observed: Observed): Plan {
  const { set, pods, nodes } = observed;
  if (set.metadata.deletionTimestamp) return { create: [], remove: [] };
  const byNode = group(pods);
  const create: string[] = [];
  const remove: Pod[] = [];
  for (const node of nodes) {
    const name = node.metadata.name ?? '';
    const { shouldRun, mayStay } = placement(set, node);
    const here = byNode.get(name) ?? [];
    byNode.delete(name);
    if (!mayStay || (!shouldRun && here.length === 0)) {
      remove.push(...here.filter((pod) => !isTerminating(pod)));
      continue;
    }
    const alive = here.filter((pod) => !isTerminating(pod));
    const ended = alive.filter(hasEnded);
    remove.push(...ended);
    const running = alive
      .filter((pod) => !hasEnded(pod))
      .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''));
    remove.push(...running.slice(1));
    if (shouldRun && running.length === 0 && here.length === 0) create.push(name);
  }
  // What is left is for nodes that are gone.
  for (const orphaned of byNode.values()) remove.push(...orphaned.filter((pod) => !isTerminating(pod) && nodeOf(pod) !== ''));
  const recheck = recheckOf(observed);
  return { create, remove: [...remove, ...outdated(observed, create.length, remove)], ...recheck };
}

/** Pods of an old revision that may go now: so many that no more than maxUnavailable nodes are without an available pod. */
function outdated({ set, pods, nodes, revision, nowMs }: Observed, missing: number, leaving: readonly Pod[]): readonly Pod[] {
  if (set.spec?.updateStrategy?.type === 'OnDelete') return [];
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const desired = nodes.filter((node) => placement(set, node).shouldRun).length;
  const maxUnavailable = Math.max(1, scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, desired, true));
  const current = pods.filter((pod) => !isTerminating(pod) && !leaving.includes(pod));
  const old = current.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] !== revision);
  const isAvailable = (pod: Pod): boolean => availableInMs(pod, minReadySeconds, nowMs) === 0;
  const unavailable = missing + pods.filter((pod) => isTerminating(pod)).length + current.filter((pod) => !isAvailable(pod)).length;
  const free = old.filter((pod) => !isAvailable(pod));
  return [...free, ...old.filter(isAvailable).slice(0, Math.max(0, maxUnavailable - unavailable))];
}

function recheckOf({ set, pods, nowMs }: Observed): { readonly recheckAfterMs?: number } {
  const waits = pods
    .map((pod) => availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs))
    .filter((wait): wait is number => wait !== undefined && wait > 0);
  return waits.length > 0 ? { recheckAfterMs: Math.min(...waits) } : {};
}

function group(pods: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) byNode.set(nodeOf(pod), [...(byNode.get(nodeOf(pod)) ?? []), pod]);
  return byNode;
}

export function statusOf({ set, pods, nodes, revision, nowMs }: Observed): DaemonSetStatus {
  const byNode = group(pods.filter((pod) => !isTerminating(pod)));
  const should = nodes.filter((node) => placement(set, node).shouldRun).map((node) => node.metadata.name ?? '');
  const scheduled = should.flatMap((name) => byNode.get(name)?.slice(0, 1) ?? []);
  const available = scheduled.filter((pod) => availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs) === 0).length;
  const updated = scheduled.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision).length;
  const optional = { updatedNumberScheduled: updated, numberAvailable: available, numberUnavailable: should.length - available };
  return {
    currentNumberScheduled: scheduled.length,
    numberMisscheduled: nodes.filter((node) => !should.includes(node.metadata.name ?? '') && byNode.has(node.metadata.name ?? '')).length,
    desiredNumberScheduled: should.length,
    numberReady: scheduled.filter(isReady).length,
    observedGeneration: set.metadata.generation,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value > 0)),
    ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  };
}
