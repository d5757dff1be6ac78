// One watcher's queue: filled by writes, emptied by the reader, bounded.
import type { StoreEvent, StoreWatch } from './store.ts';
import { CompactedError } from './store.ts';

/** The store's side of a watch. */
export class WatchQueue<V> implements StoreWatch<V> {
  readonly prefix: string;
  readonly #limit: number;
  readonly #onClose: (queue: WatchQueue<V>) => void;
  #events: StoreEvent<V>[];
  #read = 0;
  #state: 'open' | 'closed' | CompactedError = 'open';
  #wake: (() => void) | undefined;
  #delivered: number;

  constructor(options: {
    readonly prefix: string;
    readonly after: number;
    readonly backlog: StoreEvent<V>[];
    readonly limit: number;
    readonly onClose: (queue: WatchQueue<V>) => void;
  }) {
    this.prefix = options.prefix;
    this.#events = options.backlog;
    this.#delivered = options.after;
    // What was known when the watch began does not count against the reader.
    this.#limit = options.limit + options.backlog.length;
    this.#onClose = options.onClose;
  }

  /** Adds a change. When the reader is too far behind, the queue is given up: it would otherwise grow without bound. */
  push(event: StoreEvent<V>): void {
    if (this.#state !== 'open' || event.revision <= this.#delivered) return;
    if (this.#events.length - this.#read >= this.#limit) this.#end(new CompactedError(this.#delivered, event.revision));
    else this.#events.push(event);
    this.#signal();
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#end('closed');
    this.#signal();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<StoreEvent<V>> {
    try {
      for (;;) {
        const event = this.#take();
        if (event) yield event;
        else if (this.#state === 'open') await new Promise<void>((resolve) => (this.#wake = resolve));
        else if (this.#state === 'closed') return;
        else throw this.#state;
      }
    } finally {
      this.close();
    }
  }

  #take(): StoreEvent<V> | undefined {
    const event = this.#events[this.#read];
    if (!event) return undefined;
    this.#read++;
    this.#delivered = event.revision;
    if (this.#read === this.#events.length) {
      this.#events = [];
      this.#read = 0;
    } else if (this.#read > 256 && this.#read * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#read);
      this.#read = 0;
    }
    return event;
  }

  #end(state: 'closed' | CompactedError): void {
    this.#state = state;
    this.#events = [];
    this.#read = 0;
    this.#onClose(this);
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
