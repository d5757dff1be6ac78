// Which of the other nodes answer: each is asked once a second.
import { type Clock, every } from '@holdfast/clock';
import { noAnswer, withLimit } from '../limits.ts';
import type { Member } from './membership.ts';

const PING_MS = 1_000;
const PING_LIMIT_MS = 2_000;
/** CockroachDB takes a node that was not heard for 4.5 seconds for dead. */
export const LIVE_MS = 4_500;

export interface LivenessOptions {
  readonly clock: Clock;
  readonly self: number;
  readonly members: () => readonly Member[];
  /** Rejects where the node does not answer, or says that it is about to end. */
  readonly ping: (member: Member, signal: AbortSignal) => Promise<void>;
}

/** What is known of one node. Times are in milliseconds since 1970; `failure` says what was wrong with the last try. */
interface Heard {
  readonly atMs: number | undefined;
  readonly failure: string | undefined;
}

export class Liveness {
  readonly #options: LivenessOptions;
  readonly #heard = new Map<number, Heard>();
  readonly #asking = new Set<number>();
  readonly #stop: () => void;
  readonly #sinceMs: number;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.now();
    this.#stop = every(options.clock, PING_MS, () => this.#askAll());
    this.#askAll();
  }

  isLive(nodeId: number): boolean {
    const { clock, self } = this.#options;
    const atMs = this.#heard.get(nodeId)?.atMs;
    return nodeId === self || (atMs !== undefined && clock.now() - atMs < LIVE_MS);
  }

  /** When the node was last heard; undefined if never. */
  heardAtMs(nodeId: number): number | undefined {
    const { clock, self } = this.#options;
    return nodeId === self ? clock.now() : this.#heard.get(nodeId)?.atMs;
  }

  /** Whom this node does not hear, in a sentence: '1 of 3 nodes answers; n2 (db-1:26258) has not answered for 12 s: connect ECONNREFUSED'. */
  describe(): string {
    const { members, clock } = this.#options;
    const all = members();
    const live = all.filter((member) => this.isLive(member.nodeId));
    const silent = all.filter((member) => !this.isLive(member.nodeId));
    const details = silent.map(({ nodeId, address }) => {
      const heard = this.#heard.get(nodeId);
      const seconds = Math.round((clock.now() - (heard?.atMs ?? this.#sinceMs)) / 1000);
      return `n${nodeId} (${address}) has not answered for ${seconds} s${heard?.failure ? ` (${heard.failure})` : ''}`;
    });
    return [`${live.length} of ${all.length} nodes ${live.length === 1 ? 'answers' : 'answer'}`, ...details].join('; ');
  }

  stop(): void {
    this.#stop();
  }

  #askAll(): void {
    for (const member of this.#options.members()) if (member.nodeId !== this.#options.self) void this.#ask(member);
  }

  async #ask(member: Member): Promise<void> {
    const { clock, ping } = this.#options;
    if (this.#asking.has(member.nodeId)) return;
    this.#asking.add(member.nodeId);
    try {
      await withLimit(
        clock,
        PING_LIMIT_MS,
        () => noAnswer(PING_LIMIT_MS),
        (signal) => ping(member, signal),
      );
      this.#heard.set(member.nodeId, { atMs: clock.now(), failure: undefined });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      this.#heard.set(member.nodeId, { atMs: this.#heard.get(member.nodeId)?.atMs, failure });
    } finally {
      this.#asking.delete(member.nodeId);
    }
  }
}
