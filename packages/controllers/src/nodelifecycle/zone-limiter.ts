// Lets nodes of one zone through, one at a time and not too fast.
import type { CancelTimer, Clock } from '@holdfast/clock';

/** A queue of node names with a token bucket of one. A rate of 0 holds everything back. */
export class ZoneLimiter {
  readonly #clock: Clock;
  readonly #release: (nodeName: string) => void;
  readonly #waiting = new Set<string>();
  #rate: number;
  #nextMs: number;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock, rate: number, release: (nodeName: string) => void) {
    this.#clock = clock;
    this.#rate = rate;
    this.#release = release;
    this.#nextMs = clock.now();
  }

  add(nodeName: string): void {
    this.#waiting.add(nodeName);
    this.#schedule();
  }

  remove(nodeName: string): void {
    this.#waiting.delete(nodeName);
  }

  /** Releases a second. */
  setRate(rate: number): void {
    if (rate === this.#rate) return;
    this.#rate = rate;
    this.#cancelTimer();
    this.#schedule();
  }

  stop(): void {
    this.#cancelTimer();
    this.#waiting.clear();
  }

  #schedule(): void {
    if (this.#cancel || this.#rate <= 0 || this.#waiting.size === 0) return;
    this.#cancel = this.#clock.after(Math.max(0, this.#nextMs - this.#clock.now()), () => {
      this.#cancel = undefined;
      this.#take();
      this.#schedule();
    });
  }

  #take(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    this.#nextMs = this.#clock.now() + 1000 / this.#rate;
    this.#release(first);
  }

  #cancelTimer(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
