// What a leader knows of one other member's log, and how fast it may send.

/** Appends on their way to one member before an answer is waited for. */
const MAX_IN_FLIGHT = 64;
/** Ticks after which a snapshot that was never confirmed is sent again. */
const SNAPSHOT_TICKS = 50;

/**
 * `probe`: where the logs agree is not known, one append at a time. `replicate`: appends are sent without waiting. `snapshot`: a
 * snapshot is on its way, nothing else is sent.
 */
type Mode = 'probe' | 'replicate' | 'snapshot';

export class Progress {
  /** The last entry known to be on the member's disk and equal to the leader's. */
  match = 0;
  /** The next entry to send. */
  next: number;
  /** Whether the member was heard since the last check of the quorum. */
  active = true;
  /** The latest round of heartbeats that the member answered. */
  round = 0;
  #mode: Mode = 'probe';
  #inFlight = 0;
  #snapshotTicks = 0;

  constructor(next: number) {
    this.next = next;
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** Whether nothing may be sent now. */
  get paused(): boolean {
    if (this.#mode === 'snapshot') return true;
    return this.#inFlight >= (this.#mode === 'probe' ? 1 : MAX_IN_FLIGHT);
  }

  /** Notes an append with entries up to `lastIndex` as sent. */
  sent(lastIndex: number): void {
    this.#inFlight++;
    if (this.#mode === 'replicate') this.next = lastIndex + 1;
  }

  sentSnapshot(index: number): void {
    this.#mode = 'snapshot';
    this.#snapshotTicks = 0;
    this.next = index + 1;
  }

  /** The member has everything up to `index`. Returns whether that is news. */
  accepted(index: number): boolean {
    const news = index > this.match;
    this.match = Math.max(this.match, index);
    this.next = Math.max(this.next, this.match + 1);
    if (this.#mode === 'replicate') {
      this.#inFlight = Math.max(0, this.#inFlight - 1);
    } else if (this.#mode === 'probe' || this.match >= this.next - 1) {
      this.#to('replicate');
      this.next = this.match + 1;
    }
    return news;
  }

  /** The member's log does not reach to what was sent, or differs there; `hint` is the last index that may agree. */
  refused(hint: number): void {
    if (this.#mode === 'snapshot') return;
    this.#to('probe');
    this.next = Math.max(this.match + 1, Math.min(hint + 1, this.next));
  }

  /** The member answered a heartbeat: what is on its way may have been lost, so that one more may be sent. */
  heard(): void {
    this.active = true;
    if (this.#mode === 'probe') this.#inFlight = 0;
    else if (this.#inFlight >= MAX_IN_FLIGHT) this.#inFlight--;
  }

  tick(): void {
    if (this.#mode === 'snapshot' && ++this.#snapshotTicks >= SNAPSHOT_TICKS) {
      this.#to('probe');
      this.next = this.match + 1;
    }
  }

  #to(mode: Mode): void {
    this.#mode = mode;
    this.#inFlight = 0;
  }
}
