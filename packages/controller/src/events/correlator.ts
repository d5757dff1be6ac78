// Which events are the same one again, which are combined, and which are too many (client-go's EventCorrelator).
import type { Clock } from '@holdfast/clock';

/** More than this many different messages of one reason on one object within the window are combined. */
const SIMILAR_LIMIT = 10;
const SIMILAR_WINDOW_MS = 600_000;
/** Per source and object: a burst, then one more for each interval. */
const SPAM_BURST = 25;
const SPAM_INTERVAL_MS = 300_000;
/** Entries of each cache. */
const CACHE_SIZE = 4096;

/** What happened, reduced to what makes two events alike. */
export interface Occurrence {
  /** Kind, namespace, name and uid of the object. */
  readonly object: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** An event that was written before. */
export interface Written {
  readonly name: string;
  readonly count: number;
}

/** What to write: a new event, or a higher count of an old one. `drop`: nothing. */
export type Verdict =
  | { readonly kind: 'drop' }
  | { readonly kind: 'write'; readonly key: string; readonly message: string; readonly previous: Written | undefined };

export class EventCorrelator {
  readonly #clock: Clock;
  readonly #similar = new Map<string, { readonly messages: ReadonlySet<string>; readonly lastMs: number }>();
  readonly #written = new Map<string, Written>();
  readonly #spam = new Map<string, { readonly tokens: number; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  judge(occurrence: Occurrence): Verdict {
    if (!this.#withinLimit(occurrence.object)) return { kind: 'drop' };
    const group = `${occurrence.object}\0${occurrence.type}\0${occurrence.reason}`;
    const combined = this.#tooManySimilar(group, occurrence.message);
    const key = combined ? group : `${group}\0${occurrence.message}`;
    const message = combined ? `(combined from similar events): ${occurrence.message}` : occurrence.message;
    return { kind: 'write', key, message, previous: this.#written.get(key) };
  }

  /** Remembers what was written for a key. */
  remember(key: string, written: Written): void {
    keep(this.#written, key, written);
  }

  #tooManySimilar(group: string, message: string): boolean {
    const now = this.#clock.now();
    const old = this.#similar.get(group);
    const known = old && now - old.lastMs <= SIMILAR_WINDOW_MS ? old.messages : new Set<string>();
    const messages = known.has(message) || known.size > SIMILAR_LIMIT ? known : new Set([...known, message]);
    keep(this.#similar, group, { messages, lastMs: now });
    return messages.size > SIMILAR_LIMIT;
  }

  #withinLimit(object: string): boolean {
    const now = this.#clock.now();
    const old = this.#spam.get(object) ?? { tokens: SPAM_BURST, atMs: now };
    const tokens = Math.min(SPAM_BURST, old.tokens + (now - old.atMs) / SPAM_INTERVAL_MS);
    const allowed = tokens >= 1;
    keep(this.#spam, object, { tokens: allowed ? tokens - 1 : tokens, atMs: now });
    return allowed;
  }
}

/** Sets an entry as the youngest and drops the oldest when there are too many. */
function keep<V>(cache: Map<string, V>, key: string, value: V): void {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size <= CACHE_SIZE) return;
  const oldest = cache.keys().next().value;
  if (oldest !== undefined) cache.delete(oldest);
}
