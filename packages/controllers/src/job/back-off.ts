// How long a job waits after failures: 10 s, doubling up to 10 minutes, until a pod succeeds.
import { type Pod, sidecarsOf } from '@holdfast/schema';

const BACK_OFF_MS = 10_000;
const MAX_BACK_OFF_MS = 600_000;

/** Kept in memory only: a controller that starts again begins without it, as upstream's does. */
export interface BackOff {
  readonly failures: number;
  readonly lastFailureMs: number;
}

export const NO_BACK_OFF: BackOff = { failures: 0, lastFailureMs: 0 };

/** What it is after pods have ended that had not been counted. */
export function nextBackOff(before: BackOff, succeeded: readonly Pod[], failed: readonly Pod[]): BackOff {
  const ends = failed.map(endedAtMs);
  const lastSuccessMs = Math.max(...succeeded.map(endedAtMs));
  const counted = succeeded.length === 0 ? ends : ends.filter((end) => end > lastSuccessMs);
  if (counted.length === 0) return succeeded.length > 0 ? NO_BACK_OFF : before;
  const earlier = succeeded.length === 0 ? before.failures : 0;
  return { failures: earlier + counted.length, lastFailureMs: Math.max(...counted) };
}

/** Milliseconds until the next pod may be made. */
export function remainingMs({ failures, lastFailureMs }: BackOff, nowMs: number): number {
  if (failures === 0) return 0;
  return Math.max(0, Math.min(BACK_OFF_MS * 2 ** (failures - 1), MAX_BACK_OFF_MS) - (nowMs - lastFailureMs));
}

/** When a pod ended, by what is known of it. */
export function endedAtMs(pod: Pod): number {
  const { metadata, status } = pod;
  // Sidecars end after all others.
  const sidecars = sidecarsOf(pod).map(({ name }) => name);
  const last = status?.initContainerStatuses?.filter(({ name }) => sidecars.includes(name)) ?? [];
  const ends = [...(status?.containerStatuses ?? []), ...last].map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''));
  if (ends.length > 0 && ends.every((end) => !Number.isNaN(end))) return Math.max(...ends);
  const notReady = status?.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'False')?.lastTransitionTime;
  if (notReady) return Date.parse(notReady);
  if (metadata.deletionTimestamp) return Date.parse(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
