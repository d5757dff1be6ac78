// The real clock: the one place in the product that touches Date.now and setTimeout.
import type { CancelTimer, Clock } from './clock.ts';

/** setTimeout takes a signed 32-bit delay; longer waits are made of several. */
const MAX_DELAY_MS = 0x7fffffff;

/** The machine's clock. Timers do not keep the process alive when `unref` is true (default false). */
export function systemClock({ unref = false }: { readonly unref?: boolean } = {}): Clock {
  const after = (delayMs: number, fn: () => void): CancelTimer => {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      timer = setTimeout(() => (left > MAX_DELAY_MS ? arm(left - MAX_DELAY_MS) : fn()), Math.min(Math.max(left, 0), MAX_DELAY_MS));
      if (unref) timer.unref();
    };
    arm(delayMs);
    return () => clearTimeout(timer);
  };
  return { now: () => Date.now(), after };
}
