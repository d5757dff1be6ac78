// How the pods of an old revision are replaced: by taking away as many as may be missing, or by adding as many as may be too many.
import { type DaemonSet, type Pod, scaledValue } from '@holdfast/schema';
import { availableInMs, hasEnded, isReady, isTerminating } from '../pods/pod-health.ts';
import { group, type Observed, placement, REVISION_LABEL } from './placement.ts';

/** Whether an update adds new pods before it takes old ones away. */
export function allowsSurge(set: DaemonSet): boolean {
  return surgeOf(set, 1) > 0;
}

export function byAge(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '');
}

/** Pods of an old revision that may go now: so many that no more than maxUnavailable nodes are without an available pod. */
export function outdated(observed: Observed, missing: number, leaving: readonly Pod[]): readonly Pod[] {
  const { set, pods, revision } = observed;
  if (set.spec?.updateStrategy?.type === 'OnDelete') return [];
  const { maxUnavailable } = limitsOf(observed);
  const current = pods.filter((pod) => !isTerminating(pod) && !leaving.includes(pod));
  const old = current.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] !== revision);
  const isAvailable = availableIn(observed);
  const unavailable = missing + pods.filter((pod) => isTerminating(pod)).length + current.filter((pod) => !isAvailable(pod)).length;
  const free = old.filter((pod) => !isAvailable(pod));
  return [...free, ...old.filter(isAvailable).slice(0, Math.max(0, maxUnavailable - unavailable))];
}

/** Nodes that get a new pod beside their old one, and old pods whose successor is there. `leaving`: pods that go in any case. */
export function surge(
  observed: Observed,
  leaving: readonly Pod[],
): { readonly create: readonly string[]; readonly remove: readonly Pod[] } {
  const { pods, nodes, set } = observed;
  const isAvailable = availableIn(observed);
  const { maxSurge, desired } = limitsOf(observed);
  const remove: Pod[] = [];
  const misplaced: Pod[] = [];
  const allowed: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  let available = 0;
  const byNode = group(pods.filter((pod) => !isTerminating(pod) && !hasEnded(pod)));
  for (const node of nodes) {
    const name = node.metadata.name ?? '';
    const { fresh, old, isClear } = pairOf(byNode.get(name) ?? [], observed);
    if (!isClear) {
      surging += 1;
      continue;
    }
    const counts = old ?? fresh;
    if (counts && isAvailable(counts)) available += 1;
    if (!placement(set, node).shouldRun) {
      // It goes when there are enough elsewhere.
      if (old) misplaced.push(old);
      if (fresh) misplaced.push(fresh);
      continue;
    }
    if (!old) continue;
    if (fresh) {
      if (isAvailable(fresh)) remove.push(old);
      else surging += 1;
    } else if (!isAvailable(old)) allowed.push(name);
    else candidates.push(name);
  }
  const spare = Math.max(0, available - desired);
  const gone = [...remove, ...misplaced.slice(0, spare)].filter((pod) => !leaving.includes(pod));
  return { create: [...allowed, ...candidates.slice(0, Math.max(0, maxSurge - surging))], remove: gone };
}

/** Of the pods of one node, the oldest first: two may stay while the new one is not ready and the old one is. */
export function surplusOfSurge(running: readonly Pod[], observed: Observed): readonly Pod[] {
  const isNew = (pod: Pod): boolean => pod.metadata.labels?.[REVISION_LABEL] === observed.revision;
  const fresh = running.find(isNew);
  const old = running.find((pod) => !isNew(pod));
  const others = running.filter((pod) => pod !== fresh && pod !== old);
  const isDone = fresh && old && (!isReady(old) || availableIn(observed)(fresh));
  return isDone ? [...others, old] : others;
}

function pairOf(here: readonly Pod[], { revision }: Observed): { readonly fresh?: Pod; readonly old?: Pod; readonly isClear: boolean } {
  const [fresh, secondFresh] = here.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision);
  const [old, secondOld] = here.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] !== revision);
  return { ...(fresh ? { fresh } : {}), ...(old ? { old } : {}), isClear: !secondFresh && !secondOld };
}

function limitsOf({ set, nodes }: Observed): { readonly maxSurge: number; readonly maxUnavailable: number; readonly desired: number } {
  const desired = nodes.filter((node) => placement(set, node).shouldRun).length;
  const maxSurge = surgeOf(set, desired);
  const maxUnavailable = scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, desired, true);
  // An update that may do neither would never end.
  return { desired, maxSurge, maxUnavailable: maxSurge === 0 ? Math.max(1, maxUnavailable) : maxUnavailable };
}

function surgeOf({ spec }: DaemonSet, nodes: number): number {
  const { type = 'RollingUpdate', rollingUpdate } = spec?.updateStrategy ?? {};
  return type === 'RollingUpdate' ? scaledValue(rollingUpdate?.maxSurge ?? 0, nodes, true) : 0;
}

function availableIn({ set, nowMs }: Observed): (pod: Pod) => boolean {
  return (pod) => availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs) === 0;
}
