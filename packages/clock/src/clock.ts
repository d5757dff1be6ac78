// The passage of time as a value that is passed in, so that a whole cluster can run in real or in simulated time.

/** Cancels a scheduled call. Cancelling twice, or after the call ran, does nothing. */
export type CancelTimer = () => void;

/** What every component uses instead of Date and setTimeout. Times are milliseconds since the Unix epoch. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `fn` once, after `delayMs` (not before; at once in the next turn where it is zero or negative). */
  after(delayMs: number, fn: () => void): CancelTimer;
}

/** Waits `delayMs` on the given clock; rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Calls `fn` every `periodMs`, the first time after one period, until the returned function is called. */
export function every(clock: Clock, periodMs: number, fn: () => void): CancelTimer {
  let cancel: CancelTimer = () => undefined;
  let stopped = false;
  const schedule = (): void => {
    cancel = clock.after(periodMs, () => {
      if (stopped) return;
      schedule();
      fn();
    });
  };
  schedule();
  return () => {
    stopped = true;
    cancel();
  };
}

/** The time as Kubernetes writes it in metav1.Time: RFC 3339, UTC, whole seconds. */
export function timestamp(clock: Clock): string {
  return formatTime(clock.now());
}

/** The time as Kubernetes writes it in metav1.MicroTime: RFC 3339, UTC, six decimals. */
export function microTimestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace('Z', '000Z');
}

/** Milliseconds since the epoch as RFC 3339 in whole seconds (truncated, as metav1.Time does). */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
