// Waiting that ends: when a signal says so, or after a time.
import type { Clock } from '@holdfast/clock';

/** The promise's outcome, or the signal's reason where that comes first. */
export async function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

/** Runs `work` with a signal that aborts, with `reason`, after `limitMs`, or with `outer` before. The work itself must heed it. */
export async function withLimit<T>(
  clock: Clock,
  limitMs: number,
  reason: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const limit = new AbortController();
  const cancel = clock.after(limitMs, () => limit.abort(reason()));
  try {
    return await work(outer ? AbortSignal.any([outer, limit.signal]) : limit.signal);
  } finally {
    cancel();
  }
}

/** The reason that is given where nothing more is known. */
export function noAnswer(limitMs: number): Error {
  return new Error(`no answer within ${limitMs / 1000} s`);
}
