// Whether the client of a request is still there, as a signal for those who work for it.
import type { WireResponse } from './wire.ts';

/** Aborts when the client has gone before its answer was complete, or when the listener closes. The signal is made when first asked for. */
export class ClientGone {
  readonly #closing: AbortSignal;
  #controller: AbortController | undefined;
  #happened = false;

  constructor(to: WireResponse, closing: AbortSignal) {
    this.#closing = closing;
    to.once('close', () => {
      // After the answer it is only the end of the exchange.
      if (!to.writableEnded) this.#abort();
    });
  }

  get happened(): boolean {
    return this.#happened || this.#closing.aborted;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      this.#closing.addEventListener('abort', this.#abort, { once: true });
      if (this.happened) this.#abort();
    }
    return this.#controller.signal;
  }

  /** Nobody works for the client any more. */
  release(): void {
    if (this.#controller) this.#closing.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => {
    this.#happened = true;
    this.#controller?.abort();
  };
}
