// What a client sends to a process, held until the process reads it.

export interface InputQueueOptions {
  /** Called when more than `limit` bytes wait, and again when there is room. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly limit?: number;
}

const DEFAULT_LIMIT = 1024 * 1024;

/** A queue with one reader. */
export class InputQueue<T> implements AsyncIterable<T> {
  readonly #options: InputQueueOptions;
  readonly #sizeOf: (value: T) => number;
  readonly #waiting: T[] = [];
  #size = 0;
  #paused = false;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(sizeOf: (value: T) => number, options: InputQueueOptions) {
    this.#sizeOf = sizeOf;
    this.#options = options;
  }

  push(value: T): void {
    if (this.#ended) return;
    this.#waiting.push(value);
    this.#size += this.#sizeOf(value);
    if (!this.#paused && this.#size > (this.#options.limit ?? DEFAULT_LIMIT)) {
      this.#paused = true;
      this.#options.pause();
    }
    this.#wake();
  }

  /** What waits is still read; pushing does nothing from here on. */
  end(): void {
    this.#ended = true;
    this.#resume();
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const value = this.#waiting.shift();
      if (value !== undefined) {
        this.#size -= this.#sizeOf(value);
        if (this.#size === 0) this.#resume();
        yield value;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#options.resume();
  }
}
