// A signal for work that ends for one of several reasons.

export interface Ending {
  readonly signal: AbortSignal;
  /** Ends the work. */
  abort(reason: Error): void;
  /** To be called when the work is over, however it ended: nothing listens any more. */
  release(): void;
}

/**
 * Ends when `signal` does, or when it is told to. AbortSignal.any does the same for signals that nobody ends by hand, but holds them weakly
 * and leaves them to the garbage collector, which costs more than everything else about a short watch.
 */
export function endingWith(signal: AbortSignal | undefined): Ending {
  const controller = new AbortController();
  const end = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) end();
  else signal?.addEventListener('abort', end, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => signal?.removeEventListener('abort', end),
  };
}
