// How long a member has waited for a leader.
import type { Random } from '@holdfast/clock';

/** Each wait is between one and two election timeouts, so that members rarely begin an election at once (section 3.4). */
export class ElectionTimer {
  readonly #electionTicks: number;
  readonly #random: Random;
  /** Ticks since the leader was heard or an election began. */
  #silent = 0;
  #patience = 0;

  constructor(electionTicks: number, random: Random) {
    this.#electionTicks = electionTicks;
    this.#random = random;
    this.restart();
  }

  get expired(): boolean {
    return this.#silent >= this.#patience;
  }

  get heardLately(): boolean {
    return this.#silent < this.#electionTicks;
  }

  tick(): void {
    this.#silent++;
  }

  /** The leader was heard, or a vote was given. */
  heard(): void {
    this.#silent = 0;
  }

  /** Another wait begins, of another length. */
  restart(): void {
    this.#silent = 0;
    this.#patience = this.#electionTicks + this.#random.int(this.#electionTicks);
  }
}
