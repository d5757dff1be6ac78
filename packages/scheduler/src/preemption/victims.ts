// Which pods of a node would have to go for another to fit: pure (upstream's SelectVictimsOnNode).
import { labelSelector, type Pod, type PodDisruptionBudget } from '@holdfast/schema';
import { type NodeInfo, withoutPod, withPod } from '../cache/node-info.ts';
import type { Rejection } from '../framework/status.ts';
import { priorityOf } from '../pod-facts.ts';

/** The pods that would go, the most important first, and how many of them a disruption budget protects. */
export interface Victims {
  readonly pods: readonly Pod[];
  readonly violations: number;
}

/** Why taking pods away does not help. */
export const NO_VICTIMS = 'No preemption victims found for incoming pod';

export interface VictimQuery {
  readonly pod: Pod;
  readonly node: NodeInfo;
  readonly budgets: readonly PodDisruptionBudget[];
  /** Whether the pod would fit on the node if it were so; undefined: it would. */
  readonly refusal: (node: NodeInfo) => Rejection | undefined;
  readonly nowMs: number;
}

/** Takes away every pod of lower priority, then gives back as many as possible: those under a budget and important ones first. */
export function victimsOn({ pod, node, budgets, refusal, nowMs }: VictimQuery): Victims | readonly string[] {
  const lower = node.pods.filter((other) => priorityOf(other.pod) < priorityOf(pod));
  if (lower.length === 0) return [NO_VICTIMS];
  let left = lower.reduce((info, { pod: other }) => withoutPod(info, other.metadata.uid ?? ''), node);
  const refused = refusal(left);
  if (refused) return refused.reasons;
  const ordered = lower.toSorted((a, b) => byImportance(a.pod, b.pod, nowMs));
  const protectedUids = protectedBy(
    budgets,
    ordered.map((one) => one.pod),
  );
  const isProtected = (other: Pod): boolean => protectedUids.has(other.metadata.uid ?? '');
  const victims: Pod[] = [];
  for (const one of [...ordered.filter((other) => isProtected(other.pod)), ...ordered.filter((other) => !isProtected(other.pod))]) {
    const kept = withPod(left, one);
    if (refusal(kept)) victims.push(one.pod);
    else left = kept;
  }
  return { pods: victims.toSorted((a, b) => byImportance(a, b, nowMs)), violations: victims.filter(isProtected).length };
}

/** Higher priority first; of two equal ones that which has run longer. */
export function byImportance(a: Pod, b: Pod, nowMs: number): number {
  return priorityOf(b) - priorityOf(a) || startMs(a, nowMs) - startMs(b, nowMs);
}

/** A pod that has not started counts as started now. */
export function startMs({ status }: Pod, nowMs: number): number {
  return status?.startTime ? Date.parse(status.startTime) : nowMs;
}

/** Pods whose budget does not allow them to go as well as those before them. */
function protectedBy(budgets: readonly PodDisruptionBudget[], pods: readonly Pod[]): ReadonlySet<string> {
  const allowed = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]));
  const found = new Set<string>();
  for (const { metadata } of pods) {
    if (Object.keys(metadata.labels ?? {}).length === 0) continue;
    for (const budget of budgets) {
      if (budget.metadata.namespace !== metadata.namespace || !isSelected(budget, metadata.labels)) continue;
      // The eviction of this pod is allowed for already.
      if (budget.status?.disruptedPods && Object.hasOwn(budget.status.disruptedPods, metadata.name ?? '')) continue;
      const left = (allowed.get(budget) ?? 0) - 1;
      allowed.set(budget, left);
      if (left < 0) found.add(metadata.uid ?? '');
    }
  }
  return found;
}

/** Upstream: a budget whose selector is empty protects nothing here. */
function isSelected({ spec }: PodDisruptionBudget, labels: Pod['metadata']['labels']): boolean {
  const matcher = labelSelector(spec?.selector);
  return !matcher.everything && matcher.matches(labels);
}
