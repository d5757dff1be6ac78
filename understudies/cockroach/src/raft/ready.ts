// What the pure core wants done by whoever drives it.
import type { Entry, HardState, Message, Snapshot } from './messages.ts';
import type { ConfirmedRead } from './read-rounds.ts';

/**
 * To be carried out in this order: snapshot, entries and hard state go to disk; then `persisted` is told; then the messages are
 * sent; then the snapshot and the committed entries are applied, and the reads are answered.
 */
export interface Ready {
  readonly hardState?: HardState;
  /** Replaces all that was applied so far. */
  readonly snapshot?: Snapshot;
  /** An entry replaces what is stored at its index and after it. */
  readonly entries: readonly Entry[];
  readonly messages: readonly Message[];
  readonly committed: readonly Entry[];
  readonly reads: readonly ConfirmedRead[];
}

/** Collects what is to be done until it is taken. */
export class Outbox {
  #hardState: HardState | undefined;
  #snapshot: Snapshot | undefined;
  #entries: Entry[] = [];
  #messages: Message[] = [];
  #committed: Entry[] = [];
  #reads: ConfirmedRead[] = [];

  hardState(state: HardState): void {
    this.#hardState = state;
  }

  snapshot(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#entries = [];
    this.#committed = this.#committed.filter((entry) => entry.index > snapshot.index);
  }

  entry(entry: Entry): void {
    if ((this.#entries.at(-1)?.index ?? 0) >= entry.index) this.#entries = this.#entries.filter((waiting) => waiting.index < entry.index);
    this.#entries.push(entry);
  }

  message(message: Message): void {
    this.#messages.push(message);
  }

  committed(entries: readonly Entry[]): void {
    this.#committed.push(...entries);
  }

  reads(reads: readonly ConfirmedRead[]): void {
    this.#reads.push(...reads);
  }

  /** All of it, once; undefined when there is nothing to do. */
  take(): Ready | undefined {
    const ready: Ready = {
      ...(this.#hardState ? { hardState: this.#hardState } : {}),
      ...(this.#snapshot ? { snapshot: this.#snapshot } : {}),
      entries: this.#entries,
      messages: this.#messages,
      committed: this.#committed,
      reads: this.#reads,
    };
    const anything =
      ready.hardState ?? ready.snapshot ?? ready.entries[0] ?? ready.messages[0] ?? ready.committed[0] ?? ready.reads[0] ?? undefined;
    if (anything === undefined) return undefined;
    this.#hardState = undefined;
    this.#snapshot = undefined;
    this.#entries = [];
    this.#messages = [];
    this.#committed = [];
    this.#reads = [];
    return ready;
  }
}
