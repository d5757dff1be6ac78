// How the pods of an old revision are replaced: by taking away as many as may be missing, or by adding as many as may be too many.
import { type DaemonSet, type Pod, scaledValue } from '@holdfast/schema';
import { availableInMs, isReady, isTerminating } from '../pods/pod-health.ts';
import { group, type Observed, placement, REVISION_LABEL } from './placement.ts';

/** Whether an update adds new pods before it takes old ones away. */
export function allowsSurge(set: DaemonSet): boolean {
  return surgeOf(set, 1) > 0;
}

/** What an update does next. */
export interface Steps {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

/** Upstream's rollingUpdate. The nodes are in order otherwise: at most one pod of each revision on a node, and one where one has to be. */
export function update(observed: Observed): Steps {
  if (observed.set.spec?.updateStrategy?.type === 'OnDelete') return { create: [], remove: [] };
  return limitsOf(observed).maxSurge === 0 ? { create: [], remove: outdated(observed) } : surge(observed);
}

/** Pods of an old revision that may go now: so many that no more than maxUnavailable nodes are without an available pod. */
function outdated(observed: Observed): readonly Pod[] {
  const { maxUnavailable } = limitsOf(observed);
  const isAvailable = availableIn(observed);
  const allowed: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const here of podsByNode(observed).values()) {
    const { fresh, old, isClear } = pairOf(here, observed);
    if (!isClear || (fresh === undefined) === (old === undefined)) unavailable += 1;
    else if (old && isAvailable(old)) candidates.push(old);
    else if (old) {
      allowed.push(old);
      unavailable += 1;
    } else if (fresh && !isAvailable(fresh)) unavailable += 1;
  }
  return [...allowed, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))];
}

/** Nodes that get a new pod beside their old one, and old pods whose successor is there. */
function surge(observed: Observed): Steps {
  const { nodes, set } = observed;
  const isAvailable = availableIn(observed);
  const { maxSurge, desired } = limitsOf(observed);
  const remove: Pod[] = [];
  const misplaced: Pod[] = [];
  const allowed: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  let available = 0;
  const byNode = podsByNode(observed);
  for (const node of nodes) {
    const name = node.metadata.name ?? '';
    const { fresh, old, isClear } = pairOf(byNode.get(name) ?? [], observed);
    const counts = old ?? fresh;
    if (isClear && counts && isAvailable(counts)) available += 1;
    if (!isClear) surging += 1;
    else if (!old) continue;
    else if (fresh && isAvailable(fresh)) remove.push(old);
    else if (fresh) surging += 1;
    // It goes when there are enough elsewhere.
    else if (!placement(set, node).shouldRun) (isAvailable(old) ? misplaced : remove).push(old);
    else if (isAvailable(old)) candidates.push(name);
    else allowed.push(name);
  }
  return {
    create: [...allowed, ...candidates.slice(0, Math.max(0, maxSurge - surging))],
    remove: [...remove, ...misplaced.slice(0, Math.max(0, available - desired))],
  };
}

/** Also of nodes that should have one and have none. */
function podsByNode({ set, nodes, pods }: Observed): ReadonlyMap<string, readonly Pod[]> {
  const byNode = group(pods);
  const empty = nodes.filter(({ metadata: { name = '' } }) => !byNode.has(name)).filter((node) => placement(set, node).shouldRun);
  for (const { metadata } of empty) byNode.set(metadata.name ?? '', []);
  byNode.delete('');
  return byNode;
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

/** Of the pods that are not on their way out the one of each revision; `isClear`: there are no more. */
function pairOf(here: readonly Pod[], { revision }: Observed): { readonly fresh?: Pod; readonly old?: Pod; readonly isClear: boolean } {
  const alive = here.filter((pod) => !isTerminating(pod));
  const [fresh, secondFresh] = alive.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision);
  const [old, secondOld] = alive.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] !== revision);
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
