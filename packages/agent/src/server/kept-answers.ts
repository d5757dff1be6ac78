// Answers about identities and rights, kept for a while: each of them costs a request.
import type { Clock } from '@holdfast/clock';

/** So many are kept at most; the oldest go first. */
const LIMIT = 1000;

export class KeptAnswers<T> {
  readonly #clock: Clock;
  readonly #lifetimeMs: (answer: T) => number;
  readonly #kept = new Map<string, { readonly answer: T; readonly untilMs: number }>();

  constructor(clock: Clock, lifetimeMs: (answer: T) => number) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
  }

  /** The answer that is known, or what `ask` finds out. What fails is asked again. */
  async get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key);
    if (known && known.untilMs > this.#clock.now()) return known.answer;
    const answer = await ask();
    this.#kept.delete(key);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= LIMIT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { answer, untilMs: this.#clock.now() + this.#lifetimeMs(answer) });
    return answer;
  }
}
