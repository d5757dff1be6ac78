// Reads that wait until a majority has confirmed that the leader still leads (section 6.4).

interface PendingRead {
  readonly id: number;
  readonly index: number;
  readonly round: number;
}

/** A read that may be answered once everything up to `index` is applied. */
export interface ConfirmedRead {
  readonly id: number;
  readonly index: number;
}

export class ReadRounds {
  #round = 0;
  #pending: PendingRead[] = [];

  /** The round of the latest read; heartbeats carry it. */
  get round(): number {
    return this.#round;
  }

  /** Notes a read that sees everything committed up to `index`. */
  add(id: number, index: number): void {
    this.#round++;
    this.#pending.push({ id, index, round: this.#round });
  }

  /** Takes out the reads up to the round that a majority has confirmed. */
  confirm(round: number): readonly ConfirmedRead[] {
    const confirmed = this.#pending.filter((read) => read.round <= round);
    if (confirmed.length > 0) this.#pending = this.#pending.filter((read) => read.round > round);
    return confirmed;
  }
}
