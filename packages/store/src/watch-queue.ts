// One watcher's queue: filled by writes, emptied by the reader, bounded.
import type { StoreEvent, StoreMark, StoreWatch } from './store.ts';
import { CompactedError } from './store.ts';

/** The store's side of a watch. */
export class WatchQueue<V> implements StoreWatch<V> {
  readonly prefix: string;
  readonly #limit: number;
  readonly #onClose: (queue: WatchQueue<V>) => void;
  readonly #byteLimit: number;
  readonly #revision: () => number;
  #events: (StoreEvent<V> | StoreMark)[];
  #bytes = 0;
  #read = 0;
  /** `finishing`: nothing more is taken, what is there is still given. */
  #state: 'open' | 'finishing' | 'closed' | CompactedError = 'open';
  #wake: (() => void) | undefined;
  #delivered: number;

  constructor(options: {
    readonly prefix: string;
    readonly after: number;
    readonly backlog: StoreEvent<V>[];
    readonly limit: number;
    readonly byteLimit: number;
    /** The store's revision at the moment. */
    readonly revision: () => number;
    readonly onClose: (queue: WatchQueue<V>) => void;
  }) {
    this.prefix = options.prefix;
    this.#events = options.backlog;
    this.#delivered = options.after;
    // What was known when the watch began does not count against the reader.
    this.#limit = options.limit + options.backlog.length;
    this.#byteLimit = options.byteLimit;
    this.#revision = options.revision;
    this.#onClose = options.onClose;
  }

  /** Adds a change. When the reader is too far behind, the queue is given up: it would otherwise grow without bound. */
  push(event: StoreEvent<V>): void {
    if (this.#state !== 'open' || event.revision <= this.#delivered) return;
    const full = this.#events.length - this.#read >= this.#limit || this.#bytes + event.entry.size > this.#byteLimit;
    if (full) this.#end(new CompactedError(this.#delivered, event.revision));
    else {
      this.#events.push(event);
      this.#bytes += event.entry.size;
    }
    this.#signal();
  }

  mark(): void {
    const last = this.#events.at(-1);
    // A reader that is behind needs no second one.
    if (this.#state !== 'open' || last?.type === 'mark') return;
    this.#events.push({ type: 'mark', revision: Math.max(this.#revision(), this.#delivered) });
    this.#signal();
  }

  close(): void {
    if (this.#state !== 'open' && this.#state !== 'finishing') return;
    this.#end('closed');
    this.#signal();
  }

  finish(): void {
    if (this.#state !== 'open') return;
    this.#state = 'finishing';
    this.#signal();
  }

  [Symbol.asyncIterator](): AsyncIterator<StoreEvent<V>> {
    // Without marks nothing but changes is given.
    return this.#given(false) as AsyncIterableIterator<StoreEvent<V>>;
  }

  withMarks(): AsyncIterableIterator<StoreEvent<V> | StoreMark> {
    return this.#given(true);
  }

  /** Written out: of a generator each event would take several turns more, and every change passes here once for each that watches it. */
  #given(marks: boolean): AsyncIterableIterator<StoreEvent<V> | StoreMark> {
    return {
      next: async () => {
        for (;;) {
          const event = this.#take();
          if (event && (marks || event.type !== 'mark')) return { done: false, value: event };
          if (event) continue;
          if (this.#state === 'finishing') this.#end('closed');
          if (this.#state === 'closed') return { done: true, value: undefined };
          if (this.#state !== 'open') throw this.#state;
          await new Promise<void>((resolve) => (this.#wake = resolve));
        }
      },
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #take(): StoreEvent<V> | StoreMark | undefined {
    const event = this.#events[this.#read];
    if (!event) return undefined;
    this.#read++;
    this.#delivered = event.revision;
    if (event.type !== 'mark') this.#bytes -= event.entry.size;
    if (this.#read === this.#events.length) {
      this.#events = [];
      this.#read = 0;
      this.#bytes = 0;
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
