// Which of too many pods go first: those whose loss costs least (upstream's ActivePods and ActivePodsWithRanks). Sorted with these, what
// goes first comes first.
import { type Pod, sidecarsOf } from '@holdfast/schema';
import { isReady } from './pod-health.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
/** As upstream reads it: no plus sign, no leading zeros. */
const COST = /^(?:0|-\d+|[1-9]\d*)$/;
const INT32 = 2 ** 31;
const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const NANOSECONDS = 1e6;

/** By state, then the newest first: how a Job ends its pods. */
export function compareActive(a: Pod, b: Pod): number {
  return (
    byState(a, b) ||
    (isReady(a) && isReady(b) ? newestFirst(readySince(a), readySince(b)) : 0) ||
    byRestarts(a, b) ||
    newestFirst(a.metadata.creationTimestamp, b.metadata.creationTimestamp)
  );
}

export interface Ranking {
  /** How many pods of the same kind are on the pod's node. */
  readonly rank: (pod: Pod) => number;
  readonly nowMs: number;
}

/**
 * By state, deletion cost and crowding, then the newest first: how a ReplicaSet ends its pods. Ages are compared on a logarithmic scale;
 * pods that are about as old as each other are in the order of their uids, so that none of them is always the one to go.
 */
export function compareRanked({ rank, nowMs }: Ranking): (a: Pod, b: Pod) => number {
  const byAge = (a: Pod, b: Pod, time: (pod: Pod) => string | undefined): number => {
    const [first, second] = [time(a), time(b)];
    const newer = newestFirst(first, second);
    if (newer === 0 || !first || !second) return newer;
    const uids = (a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1;
    return magnitude(nowMs - Date.parse(first)) - magnitude(nowMs - Date.parse(second)) || uids;
  };
  return (a, b) =>
    byState(a, b) ||
    costOf(a) - costOf(b) ||
    rank(b) - rank(a) ||
    (isReady(a) && isReady(b) ? byAge(a, b, readySince) : 0) ||
    byRestarts(a, b) ||
    byAge(a, b, ({ metadata }) => metadata.creationTimestamp);
}

function byState(a: Pod, b: Pod): number {
  const isBound = ({ spec }: Pod): number => Number(Boolean(spec?.nodeName));
  const phase = ({ status }: Pod): number => PHASES[status?.phase ?? ''] ?? 0;
  return isBound(a) - isBound(b) || phase(a) - phase(b) || Number(isReady(a)) - Number(isReady(b));
}

/** What has restarted more often goes first; sidecars count where the others are even. */
function byRestarts(a: Pod, b: Pod): number {
  const most = (statuses: NonNullable<Pod['status']>['containerStatuses'] = []): number =>
    Math.max(0, ...statuses.map(({ restartCount }) => restartCount));
  const sidecars = (pod: Pod): number => {
    const names = sidecarsOf(pod).map(({ name }) => name);
    return most(pod.status?.initContainerStatuses?.filter(({ name }) => names.includes(name)));
  };
  return most(b.status?.containerStatuses) - most(a.status?.containerStatuses) || sidecars(b) - sidecars(a);
}

function costOf({ metadata }: Pod): number {
  const text = metadata.annotations?.[DELETION_COST] ?? '0';
  const cost = Number(text);
  return COST.test(text) && cost >= -INT32 && cost < INT32 ? cost : 0;
}

function readySince({ status }: Pod): string | undefined {
  return status?.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'True')?.lastTransitionTime ?? undefined;
}

/** What has no time comes before all that have one. */
function newestFirst(a: string | undefined, b: string | undefined): number {
  return a && b ? Date.parse(b) - Date.parse(a) : Number(Boolean(a)) - Number(Boolean(b));
}

/** Of an age; upstream counts in nanoseconds, which decides where one magnitude ends and the next begins. */
function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * NANOSECONDS)) : -1;
}
