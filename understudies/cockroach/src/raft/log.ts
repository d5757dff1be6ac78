// The log in memory: a snapshot's mark, and the entries after it without a gap.
import type { Entry, SnapshotMark } from './messages.ts';

/** Entries of one message: at most so many bytes, but one entry at least. */
const MESSAGE_BYTES = 1 << 20;

/** The entries after the last snapshot. Indexes start at 1. */
export class RaftLog {
  #mark: { readonly index: number; readonly term: number };
  #entries: Entry[];

  constructor(mark: { readonly index: number; readonly term: number }, entries: readonly Entry[]) {
    this.#mark = { index: mark.index, term: mark.term };
    this.#entries = [...entries];
  }

  /** Index of the last entry that only the snapshot holds. */
  get markIndex(): number {
    return this.#mark.index;
  }

  get lastIndex(): number {
    return this.#mark.index + this.#entries.length;
  }

  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? this.#mark.term;
  }

  /** The entry's term; undefined where the log does not reach (any more). */
  term(index: number): number | undefined {
    if (index === this.#mark.index) return this.#mark.term;
    return this.#entries[index - this.#mark.index - 1]?.term;
  }

  /** Entries from `from` up to and including `to`, all of them in the log. */
  slice(from: number, to: number): readonly Entry[] {
    return this.#entries.slice(from - this.#mark.index - 1, to - this.#mark.index);
  }

  /** Entries from `from` on, as many as one message takes. */
  batch(from: number): readonly Entry[] {
    const start = from - this.#mark.index - 1;
    let bytes = 0;
    let end = start;
    while (end < this.#entries.length && (end === start || bytes + this.#entries[end]!.data.length <= MESSAGE_BYTES)) {
      bytes += this.#entries[end]!.data.length;
      end++;
    }
    return this.#entries.slice(start, end);
  }

  append(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Forgets the entries from `index` on. */
  truncate(index: number): void {
    this.#entries.length = Math.max(0, index - this.#mark.index - 1);
  }

  /** Forgets the entries up to and including `index`: a snapshot holds what they did. */
  compact(index: number): void {
    const term = this.term(index);
    if (term === undefined)
      throw new Error(`the log cannot be compacted to ${index}: it reaches from ${this.markIndex} to ${this.lastIndex}`);
    this.#entries = this.#entries.slice(index - this.#mark.index);
    this.#mark = { index, term };
  }

  /** Begins anew after a snapshot that came from the leader. */
  reset(mark: SnapshotMark): void {
    this.#mark = { index: mark.index, term: mark.term };
    this.#entries = [];
  }

  /** Whether a log that ends so is at least as new as this one (section 3.6.1). */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /**
   * The last index at or below `index` whose term is at most `term`: where a leader and a follower whose logs differ may next
   * agree. Spares a round trip per entry (section 5.3 of the Raft paper).
   */
  lastWithTermAtMost(index: number, term: number): number {
    let candidate = Math.min(index, this.lastIndex);
    while (candidate > this.#mark.index && this.term(candidate)! > term) candidate--;
    return candidate;
  }
}
