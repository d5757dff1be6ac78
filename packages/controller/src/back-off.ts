// How long to wait before the next attempt, as client-go's flowcontrol.Backoff computes it: doubling, and from the beginning after a long rest.

/** The state of one back-off: the delay that applies after the attempt made at `updatedMs`. */
export interface BackOff {
  readonly delayMs: number;
  readonly updatedMs: number;
}

export interface BackOffLimits {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** The state after an attempt at `nowMs` that followed the event at `eventMs`. */
export function nextBackOff(old: BackOff | undefined, eventMs: number, nowMs: number, limits: BackOffLimits): BackOff {
  if (!old || isRested(old, eventMs, limits)) return { delayMs: limits.initialMs, updatedMs: nowMs };
  return { delayMs: Math.min(old.delayMs * 2, limits.maxMs), updatedMs: nowMs };
}

/** Whether twice the longest delay has gone by without an attempt: what went wrong before counts as healed. */
export function isRested({ updatedMs }: BackOff, nowMs: number, { maxMs }: BackOffLimits): boolean {
  return nowMs - updatedMs > 2 * maxMs;
}
