// Turns of the machine between which all promises are run, at less than a turn of the event loop each.

/** So many are asked for at once: Node runs all promises between two of them, but looks for input and output only after the last. */
const BATCH = 32;

/** Hands out one turn after the other. */
export class Turns {
  #waiting: (() => void)[] = [];
  /** Immediates that have yet to run. */
  #left = 0;

  /** Resolves when no promise is left that could run. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#left > 0) return;
      this.#left = BATCH;
      for (let i = 0; i < BATCH; i++) setImmediate(this.#turn);
    });
  }

  readonly #turn = (): void => {
    this.#left--;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  };
}
