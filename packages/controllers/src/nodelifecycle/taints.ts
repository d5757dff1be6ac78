// Which taints a node's conditions call for: pure.
import { findCondition } from '@holdfast/controller';
import type { Node, Taint } from '@holdfast/schema';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
export const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

const BY_CONDITION: readonly { readonly type: string; readonly status: string; readonly key: string }[] = [
  { type: 'Ready', status: 'False', key: NOT_READY },
  { type: 'Ready', status: 'Unknown', key: UNREACHABLE },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
];

/** The node's taints with the NoSchedule ones as conditions and cordon ask for; undefined when they are so already. */
export function withNoScheduleTaints({ spec, status }: Node, now: string): readonly Taint[] | undefined {
  const managed = [...BY_CONDITION.map(({ key }) => key), UNSCHEDULABLE];
  const wanted = BY_CONDITION.filter(({ type, status: is }) => findCondition(status?.conditions, type)?.status === is).map(
    ({ key }) => key,
  );
  if (spec?.unschedulable) wanted.push(UNSCHEDULABLE);
  return replaced(spec?.taints ?? [], 'NoSchedule', managed, wanted, now);
}

/** The node's taints with the NoExecute one for this state of Ready; undefined when they are so already. */
export function withNoExecuteTaint({ spec }: Node, ready: string, now: string): readonly Taint[] | undefined {
  const wanted = ready === 'False' ? [NOT_READY] : ready === 'Unknown' ? [UNREACHABLE] : [];
  return replaced(spec?.taints ?? [], 'NoExecute', [NOT_READY, UNREACHABLE], wanted, now);
}

/** Whether the node has a NoExecute taint of this controller. */
export function hasNoExecuteTaint({ spec }: Node): boolean {
  return spec?.taints?.some(({ key, effect }) => effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE)) ?? false;
}

function replaced(
  taints: readonly Taint[],
  effect: string,
  managed: readonly string[],
  wanted: readonly string[],
  now: string,
): readonly Taint[] | undefined {
  const isManaged = (taint: Taint): boolean => taint.effect === effect && managed.includes(taint.key);
  const kept = taints.filter((taint) => !isManaged(taint) || wanted.includes(taint.key));
  const added = wanted.filter((key) => !taints.some((taint) => taint.effect === effect && taint.key === key));
  if (kept.length === taints.length && added.length === 0) return undefined;
  return [...kept, ...added.map((key): Taint => ({ key, effect, timeAdded: now }))];
}
