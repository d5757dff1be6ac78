// How long the kubelet waits before it starts a container or pulls an image again.
import { type BackOff, isRested, nextBackOff as next } from '@holdfast/controller';

const LIMITS = { initialMs: 10_000, maxMs: 300_000 };

/** The state after an attempt at `nowMs` that followed the failure at `failedMs`. */
export function nextBackOff(old: BackOff | undefined, failedMs: number, nowMs: number): BackOff {
  return next(old, failedMs, nowMs, LIMITS);
}

/** Until when to wait after a failure at `failedMs`; undefined when an attempt may be made at once. */
export function backOffUntil(state: BackOff | undefined, failedMs: number): number | undefined {
  return !state || isRested(state, failedMs, LIMITS) ? undefined : failedMs + state.delayMs;
}

/** '10s', '2m40s', '5m0s': Go's time.Duration of whole seconds. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m${seconds % 60}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds % 60}s`;
}
