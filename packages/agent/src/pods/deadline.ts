// A point in time that may move closer while somebody waits for it.
import type { CancelTimer, Clock } from '@holdfast/clock';

export class Deadline {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();
  #atMs = Number.POSITIVE_INFINITY;
  #cancel: CancelTimer = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Moves the deadline to `ms` from now if that is earlier; true when it moved. */
  within(ms: number): boolean {
    const at = this.#clock.now() + ms;
    if (at >= this.#atMs) return false;
    this.#atMs = at;
    this.#arm();
    return true;
  }

  leftMs(): number {
    return Math.max(0, this.#atMs - this.#clock.now());
  }

  /** Resolves at the deadline; `forget` ends the wait early. */
  wait(): { readonly passed: Promise<void>; readonly forget: () => void } {
    let wake: () => void = () => undefined;
    const passed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#waiters.add(wake);
    this.#arm();
    return {
      passed,
      forget: () => {
        this.#waiters.delete(wake);
        if (this.#waiters.size === 0) this.#cancel();
        wake();
      },
    };
  }

  #arm(): void {
    this.#cancel();
    if (this.#waiters.size === 0 || this.#atMs === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#clock.after(this.leftMs(), () => {
      const waiters = [...this.#waiters];
      this.#waiters.clear();
      for (const wake of waiters) wake();
    });
  }
}
