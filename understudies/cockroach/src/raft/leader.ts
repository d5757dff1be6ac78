// What a member does while it leads: it sends the log to the others, counts what they have, and confirms that it still leads.
import type { Configurations } from './configurations.ts';
import type { RaftLog } from './log.ts';
import { type Configuration, type MessageBody, NOBODY, type NodeId, quorum, type Snapshot } from './messages.ts';
import { Progress } from './progress.ts';
import { type ConfirmedRead, ReadRounds } from './read-rounds.ts';

export interface LeaderOptions {
  readonly self: NodeId;
  readonly log: RaftLog;
  readonly configurations: Configurations;
  /** Ticks within which a majority must be heard. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly snapshot: () => Snapshot;
  readonly send: (to: NodeId, body: MessageBody) => void;
}

/** A learner that lacks no more than so many entries may vote: while others write, it would never have all. */
const CAUGHT_UP_LAG = 64;

export class Leader {
  readonly #options: LeaderOptions;
  readonly #others = new Map<NodeId, Progress>();
  readonly #reads = new ReadRounds();
  /** Last entry of this term or before that is on this member's own disk. */
  #persisted: number;
  #ticks = 0;
  #transferee: NodeId = NOBODY;
  #transferTicks = 0;
  /** What was last said to be committed; followers learn of it with the next message. */
  #commit: number;

  constructor(options: LeaderOptions, persisted: number, commit: number) {
    this.#options = options;
    this.#persisted = persisted;
    this.#commit = commit;
    this.membersChanged();
  }

  /** Who takes over, while that is under way. */
  get transferee(): NodeId {
    return this.#transferee;
  }

  /** Follows a change of the configuration. */
  membersChanged(): void {
    const { voters, learners } = this.#configuration;
    const members = new Set([...voters, ...learners].filter((id) => id !== this.#options.self));
    for (const id of members) if (!this.#others.has(id)) this.#others.set(id, new Progress(this.#options.log.lastIndex + 1));
    for (const id of this.#others.keys()) if (!members.has(id)) this.#others.delete(id);
  }

  /** The log grew: sends what is new. */
  replicate(): void {
    for (const id of this.#others.keys()) this.#send(id);
  }

  /** Entries up to `index` are on this member's disk. */
  persisted(index: number): void {
    this.#persisted = Math.max(this.#persisted, index);
  }

  /** The last entry that a majority has on disk, of whatever term. */
  majorityIndex(): number {
    return this.#byMajority((id) => (id === this.#options.self ? this.#persisted : (this.#others.get(id)?.match ?? 0)));
  }

  /** Everything up to `index` is committed: the others are told. */
  committed(index: number): void {
    this.#commit = index;
    for (const [id, progress] of this.#others) if (progress.mode === 'replicate') this.#send(id, true);
  }

  /** False: a majority has not been heard for an election timeout, and another leader may be at work (section 6.2). */
  tick(): boolean {
    this.#ticks++;
    for (const progress of this.#others.values()) progress.tick();
    if (this.#transferee !== NOBODY && ++this.#transferTicks >= this.#options.electionTicks) this.#transferee = NOBODY;
    if (this.#ticks % this.#options.electionTicks === 0) {
      const heard = this.#configuration.voters.filter((id) => id === this.#options.self || this.#others.get(id)?.active).length;
      for (const progress of this.#others.values()) progress.active = false;
      if (heard < quorum(this.#configuration)) return false;
    }
    if (this.#ticks % this.#options.heartbeatTicks === 0) this.heartbeat();
    return true;
  }

  heartbeat(): void {
    const { round } = this.#reads;
    for (const [id, progress] of this.#others) {
      // Not beyond what the member is known to have: its log may differ there.
      this.#options.send(id, { type: 'heartbeat', commit: Math.min(progress.match, this.#commit), round });
    }
  }

  heartbeatAnswered(from: NodeId, round: number): readonly ConfirmedRead[] {
    const progress = this.#others.get(from);
    if (!progress) return [];
    progress.heard();
    progress.round = Math.max(progress.round, round);
    if (progress.match < this.#options.log.lastIndex) this.#send(from, true);
    return this.#confirmedReads();
  }

  /** Returns whether the member has more than was known. */
  appendAnswered(from: NodeId, accepted: boolean, index: number): boolean {
    const progress = this.#others.get(from);
    if (!progress) return false;
    progress.active = true;
    const { log } = this.#options;
    if (!accepted) {
      // Where the log no longer reaches so far back, a snapshot is sent next.
      progress.refused(index);
      this.#send(from);
      return false;
    }
    const news = progress.accepted(index);
    if (progress.next <= log.lastIndex) this.#send(from);
    if (from === this.#transferee && progress.match === log.lastIndex) this.#options.send(from, { type: 'timeoutNow' });
    return news;
  }

  /** Begins a read that sees everything up to `commit`; what is confirmed at once is returned. */
  read(id: number, commit: number): readonly ConfirmedRead[] {
    this.#reads.add(id, commit);
    this.heartbeat();
    return this.#confirmedReads();
  }

  /** Hands the lead over as soon as `to` has everything; given up after an election timeout. */
  transfer(to: NodeId): void {
    const progress = this.#others.get(to);
    if (!progress || !this.#configuration.voters.includes(to)) return;
    this.#transferee = to;
    this.#transferTicks = 0;
    if (progress.match === this.#options.log.lastIndex) this.#options.send(to, { type: 'timeoutNow' });
    else this.#send(to);
  }

  /** Voters that were heard lately, newest log first: whom to hand over to. */
  successors(): readonly NodeId[] {
    return [...this.#others]
      .filter(([id, progress]) => progress.active && this.#configuration.voters.includes(id))
      .toSorted(([, a], [, b]) => b.match - a.match)
      .map(([id]) => id);
  }

  /** Learners that have all but the last few entries, and answer. */
  caughtUp(): readonly NodeId[] {
    const { learners } = this.#configuration;
    return learners.filter((id) => {
      const progress = this.#others.get(id);
      return progress !== undefined && progress.active && progress.match > 0 && progress.match + CAUGHT_UP_LAG >= this.#commit;
    });
  }

  get #configuration(): Configuration {
    return this.#options.configurations.latest;
  }

  #confirmedReads(): readonly ConfirmedRead[] {
    const round = this.#byMajority((id) => (id === this.#options.self ? this.#reads.round : (this.#others.get(id)?.round ?? 0)));
    return this.#reads.confirm(round);
  }

  /** The highest number that a majority of the voters has reached. */
  #byMajority(value: (id: NodeId) => number): number {
    const configuration = this.#configuration;
    const values = configuration.voters.map(value).toSorted((a, b) => b - a);
    return values[quorum(configuration) - 1] ?? 0;
  }

  /** Sends the next entries, or a snapshot where the log no longer has them; `evenEmpty`: also where there are none, to be told where the logs agree. */
  #send(to: NodeId, evenEmpty = false): void {
    const { log } = this.#options;
    const progress = this.#others.get(to)!;
    if (progress.paused) return;
    const prevIndex = progress.next - 1;
    const prevTerm = log.term(prevIndex);
    if (prevTerm === undefined) {
      const snapshot = this.#options.snapshot();
      progress.sentSnapshot(snapshot.index);
      this.#options.send(to, { type: 'snapshot', snapshot });
      return;
    }
    const entries = log.batch(progress.next);
    if (entries.length === 0 && !evenEmpty && progress.mode === 'replicate') return;
    this.#options.send(to, { type: 'append', prevIndex, prevTerm, commit: this.#commit, entries });
    progress.sent(prevIndex + entries.length);
  }
}
