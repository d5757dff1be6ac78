// How long to wait before the next attempt, as client-go's flowcontrol.Backoff computes it for the kubelet.

/** The state of one back-off: the delay that applies after the attempt made at `updatedMs`. */
export interface BackOff {
  readonly delayMs: number;
  readonly updatedMs: number;
}

export const INITIAL_DELAY_MS = 10_000;
export const MAX_DELAY_MS = 300_000;

/** The state after an attempt at `nowMs` that followed the failure at `failedMs`. */
export function nextBackOff(old: BackOff | undefined, failedMs: number, nowMs: number): BackOff {
  if (!old || expired(old, failedMs)) return { delayMs: INITIAL_DELAY_MS, updatedMs: nowMs };
  return { delayMs: Math.min(old.delayMs * 2, MAX_DELAY_MS), updatedMs: nowMs };
}

/** Until when to wait after a failure at `failedMs`; undefined when an attempt may be made at once. */
export function backOffUntil(state: BackOff | undefined, failedMs: number): number | undefined {
  return !state || expired(state, failedMs) ? undefined : failedMs + state.delayMs;
}

/** What ran for twice the longest delay counts as healed. */
function expired({ updatedMs }: BackOff, failedMs: number): boolean {
  return failedMs - updatedMs > 2 * MAX_DELAY_MS;
}

/** '10s', '2m40s', '5m0s': Go's time.Duration of whole seconds. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m${seconds % 60}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds % 60}s`;
}
