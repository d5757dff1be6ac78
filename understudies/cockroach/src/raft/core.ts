// Raft as a pure state machine: ticks, messages and proposals go in; what is to be stored, sent and applied comes out.
import type { Random } from '@holdfast/clock';
import { Configurations } from './configurations.ts';
import { Election } from './election.ts';
import { ElectionTimer } from './election-timer.ts';
import { Leader } from './leader.ts';
import { RaftLog } from './log.ts';
import {
  type Configuration,
  type Entry,
  type EntryKind,
  encodeConfiguration,
  type HardState,
  type Message,
  type MessageBody,
  NOBODY,
  type NodeId,
  type Snapshot,
  type SnapshotMark,
} from './messages.ts';
import { Outbox, type Ready } from './ready.ts';

export interface RaftOptions {
  readonly self: NodeId;
  readonly random: Random;
  /** Ticks without a leader after which an election begins; each member waits up to twice as long. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** The latest snapshot on disk, for members that are too far behind. */
  readonly snapshot: () => Snapshot;
  /** What was on disk at the start. */
  readonly stored: { readonly hardState: HardState; readonly mark: SnapshotMark; readonly entries: readonly Entry[] };
}

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';
type Received<Type extends Message['type']> = Extract<Message, { readonly type: Type }>;

export class RaftCore {
  readonly #options: RaftOptions;
  readonly #log: RaftLog;
  readonly #configurations: Configurations;
  readonly #outbox = new Outbox();
  #role: Role = 'follower';
  #term: number;
  #vote: NodeId;
  #leaderId: NodeId = NOBODY;
  #commit: number;
  #election: Election | undefined;
  #leader: Leader | undefined;
  readonly #timer: ElectionTimer;

  constructor(options: RaftOptions) {
    const { hardState, mark, entries } = options.stored;
    this.#options = options;
    this.#log = new RaftLog(mark, entries);
    this.#configurations = new Configurations(mark, entries);
    this.#term = hardState.term;
    this.#vote = hardState.vote;
    this.#commit = mark.index;
    this.#timer = new ElectionTimer(options.electionTicks, options.random);
  }

  get role(): Role {
    return this.#role;
  }

  get term(): number {
    return this.#term;
  }

  /** Who leads in this term, as far as is known. */
  get leader(): NodeId {
    return this.#leaderId;
  }

  get commit(): number {
    return this.#commit;
  }

  get configuration(): Configuration {
    return this.#configurations.latest;
  }

  /** The snapshot mark for the state after the entry at `index`. */
  markAt(index: number): SnapshotMark {
    const term = this.#log.term(index);
    if (term === undefined) throw new Error(`the log has no entry ${index}`);
    return { index, term, configuration: this.#configurations.at(index) };
  }

  /** The entries after `index`. */
  entriesAfter(index: number): readonly Entry[] {
    return this.#log.slice(index + 1, this.#log.lastIndex);
  }

  /** What is to be done now; to be asked again after each call until it is undefined. */
  takeReady(): Ready | undefined {
    return this.#outbox.take();
  }

  tick(): void {
    this.#timer.tick();
    if (this.#leader) {
      if (!this.#leader.tick()) this.#follow(this.#term, NOBODY);
    } else if (this.#timer.expired && this.#isVoter) {
      this.#campaign('preCandidate', false);
    }
  }

  /** Begins an election at once: for the first member of a new group. */
  campaign(): void {
    if (this.#isVoter && !this.#leader) this.#campaign('preCandidate', false);
  }

  /** Appends a command. Undefined: not the leader, or about to hand over; nothing has happened. */
  propose(data: Uint8Array): { readonly index: number; readonly term: number } | undefined {
    if (!this.#leader || this.#leader.transferee !== NOBODY) return undefined;
    return this.#appendOwn('command', data);
  }

  /**
   * Changes the members, one voter at a time (section 4.1). False: not the leader, a change is under way, or nothing of this
   * term is committed yet (without which two changes of different leaders could miss each other).
   */
  reconfigure(configuration: Configuration): boolean {
    const ready =
      this.#leader && this.#leader.transferee === NOBODY && this.#configurations.latestIndex <= this.#commit && this.#committedInTerm;
    const before = new Set(this.configuration.voters);
    const after = new Set(configuration.voters);
    const changed = [...before, ...after].filter((id) => before.has(id) !== after.has(id)).length;
    if (!ready || changed > 1 || after.size === 0) return false;
    this.#appendOwn('configuration', encodeConfiguration(configuration));
    return true;
  }

  /** Begins a read that sees all that is committed now; `id` comes back with the reads of a Ready. False: not the leader, or not yet able to tell. */
  read(id: number): boolean {
    if (!this.#leader || !this.#committedInTerm) return false;
    this.#outbox.reads(this.#leader.read(id, this.#commit));
    return true;
  }

  /** Hands the lead to that voter, or to the one that has most. Does nothing on others than the leader. */
  transfer(to?: NodeId): void {
    const successor = to ?? this.#leader?.successors()[0];
    if (successor !== undefined) this.#leader?.transfer(successor);
  }

  /** Learners that may be given a vote. */
  caughtUp(): readonly NodeId[] {
    return this.#leader?.caughtUp() ?? [];
  }

  /** Entries up to `index`, the last of them of `term`, are on disk. */
  persisted(index: number, term: number): void {
    // Meanwhile another leader's entries may have taken their place.
    if (!this.#leader || this.#log.term(index) !== term) return;
    this.#leader.persisted(index);
    this.#advanceCommit();
  }

  /** A snapshot up to `index` is on disk: the entries before it are not needed in memory. */
  compacted(index: number): void {
    if (index <= this.#log.markIndex) return;
    this.#log.compact(index);
    this.#configurations.compact(index);
  }

  step(message: Message): void {
    if (message.to !== this.#options.self) return;
    if (message.term > this.#term && !this.#stepNewerTerm(message)) return;
    if (message.term < this.#term) {
      this.#stepOlderTerm(message);
      return;
    }
    switch (message.type) {
      case 'preVote':
      case 'vote':
        return this.#onVote(message);
      case 'preVoteReply':
        return this.#onVoteReply(message, 'preCandidate');
      case 'voteReply':
        return this.#onVoteReply(message, 'candidate');
      case 'append':
      case 'heartbeat':
      case 'snapshot':
        return this.#onLeader(message);
      case 'appendReply':
        if (this.#leader?.appendAnswered(message.from, message.accepted, message.index)) this.#advanceCommit();
        return;
      case 'heartbeatReply':
        if (this.#leader) this.#outbox.reads(this.#leader.heartbeatAnswered(message.from, message.round));
        return;
      case 'timeoutNow':
        if (this.#isVoter && !this.#leader) this.#campaign('candidate', true);
        return;
    }
  }

  /** Whether the message is to be looked at further, in its own term. */
  #stepNewerTerm(message: Message): boolean {
    if (message.type === 'preVote' || message.type === 'vote') {
      // While the leader is heard, nobody is helped to replace it (section 4.2.3).
      const leaderHeard = this.#leaderId !== NOBODY && this.#timer.heardLately;
      if (leaderHeard && !message.transfer) return false;
      if (message.type === 'preVote') {
        this.#onPreVote(message);
        return false;
      }
    }
    if (message.type === 'preVoteReply' && message.granted) {
      this.#onVoteReply(message, 'preCandidate');
      return false;
    }
    const fromLeader = message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot';
    this.#follow(message.term, fromLeader ? message.from : NOBODY);
    return true;
  }

  /** Tells a leader or a candidate of the past that time has gone on. */
  #stepOlderTerm(message: Message): void {
    if (message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot')
      this.#send(message.from, { type: 'appendReply', accepted: false, index: this.#commit });
    else if (message.type === 'preVote') this.#send(message.from, { type: 'preVoteReply', granted: false });
  }

  #onPreVote(message: Received<'preVote' | 'vote'>): void {
    const granted = this.#log.isUpToDate(message.lastIndex, message.lastTerm);
    // A grant is for the term that the candidate would begin.
    this.#send(message.from, { type: 'preVoteReply', granted }, granted ? message.term : this.#term);
  }

  #onVote(message: Received<'preVote' | 'vote'>): void {
    const free = this.#vote === message.from || (this.#vote === NOBODY && this.#leaderId === NOBODY);
    const granted = message.type === 'vote' && free && this.#log.isUpToDate(message.lastIndex, message.lastTerm);
    if (granted) {
      this.#timer.heard();
      this.#vote = message.from;
      this.#saveHardState();
    }
    this.#send(message.from, { type: message.type === 'vote' ? 'voteReply' : 'preVoteReply', granted });
  }

  #onVoteReply(message: Received<'preVoteReply' | 'voteReply'>, role: Role): void {
    if (this.#role !== role || !this.#election) return;
    // A grant that was given for an earlier try of the same kind is of another term.
    if (message.type === 'preVoteReply' && message.granted && message.term !== this.#term + 1) return;
    this.#election.vote(message.from, message.granted);
    this.#settleElection();
  }

  #campaign(role: 'preCandidate' | 'candidate', transfer: boolean): void {
    this.#role = role;
    this.#leaderId = NOBODY;
    this.#timer.restart();
    if (role === 'candidate') {
      this.#term++;
      this.#vote = this.#options.self;
      this.#saveHardState();
    }
    this.#election = new Election(this.configuration);
    this.#election.vote(this.#options.self, true);
    const type = role === 'candidate' ? 'vote' : 'preVote';
    const body = { type, lastIndex: this.#log.lastIndex, lastTerm: this.#log.lastTerm, transfer } as const;
    for (const id of this.configuration.voters)
      if (id !== this.#options.self) this.#send(id, body, role === 'candidate' ? this.#term : this.#term + 1);
    this.#settleElection();
  }

  #settleElection(): void {
    const outcome = this.#election?.outcome;
    if (outcome === 'lost') this.#follow(this.#term, NOBODY);
    else if (outcome === 'won' && this.#role === 'preCandidate') this.#campaign('candidate', false);
    else if (outcome === 'won') this.#lead();
  }

  #lead(): void {
    this.#role = 'leader';
    this.#election = undefined;
    this.#leaderId = this.#options.self;
    this.#leader = new Leader(
      {
        self: this.#options.self,
        log: this.#log,
        configurations: this.#configurations,
        electionTicks: this.#options.electionTicks,
        heartbeatTicks: this.#options.heartbeatTicks,
        snapshot: this.#options.snapshot,
        send: (to, body) => this.#send(to, body),
      },
      this.#commit,
      this.#commit,
    );
    // Entries of earlier terms are committed only along with one of this term (section 3.6.2).
    this.#appendOwn('empty', new Uint8Array());
  }

  #follow(term: number, leader: NodeId): void {
    const newTerm = term !== this.#term;
    this.#role = 'follower';
    this.#leader = undefined;
    this.#election = undefined;
    this.#leaderId = leader;
    this.#timer.restart();
    if (!newTerm) return;
    this.#term = term;
    this.#vote = NOBODY;
    this.#saveHardState();
  }

  #onLeader(message: Received<'append' | 'heartbeat' | 'snapshot'>): void {
    if (this.#role !== 'follower' || this.#leaderId !== message.from) this.#follow(this.#term, message.from);
    this.#timer.heard();
    if (message.type === 'append') return this.#onAppend(message);
    if (message.type === 'snapshot') return this.#onSnapshot(message);
    this.#commitTo(Math.min(message.commit, this.#log.lastIndex));
    this.#send(message.from, { type: 'heartbeatReply', round: message.round });
  }

  #onAppend({ from, prevIndex, prevTerm, commit, entries }: Received<'append'>): void {
    if (prevIndex < this.#commit) return this.#send(from, { type: 'appendReply', accepted: true, index: this.#commit });
    if (this.#log.term(prevIndex) !== prevTerm) {
      const hint = Math.min(this.#log.lastWithTermAtMost(prevIndex, prevTerm), prevIndex - 1);
      return this.#send(from, { type: 'appendReply', accepted: false, index: hint });
    }
    for (const entry of entries) {
      const term = this.#log.term(entry.index);
      if (term === entry.term) continue;
      if (term !== undefined) {
        this.#log.truncate(entry.index);
        this.#configurations.truncate(entry.index);
      }
      this.#append(entry);
    }
    const last = prevIndex + entries.length;
    this.#commitTo(Math.min(commit, last));
    this.#send(from, { type: 'appendReply', accepted: true, index: last });
  }

  #onSnapshot({ from, snapshot }: Received<'snapshot'>): void {
    if (this.#log.term(snapshot.index) === snapshot.term) {
      // The log holds all of it: what follows may have been acknowledged and must stay.
      this.#commitTo(snapshot.index);
    } else if (snapshot.index > this.#commit) {
      this.#log.reset(snapshot);
      this.#configurations.reset(snapshot);
      this.#commit = snapshot.index;
      this.#outbox.snapshot(snapshot);
    }
    this.#send(from, { type: 'appendReply', accepted: true, index: this.#commit });
  }

  #appendOwn(kind: EntryKind, data: Uint8Array): { readonly index: number; readonly term: number } {
    const entry = { kind, data, term: this.#term, index: this.#log.lastIndex + 1 };
    this.#append(entry);
    if (kind === 'configuration') this.#leader?.membersChanged();
    this.#leader?.replicate();
    return { index: entry.index, term: entry.term };
  }

  #append(entry: Entry): void {
    this.#log.append(entry);
    this.#configurations.append(entry);
    this.#outbox.entry(entry);
  }

  #advanceCommit(): void {
    const index = this.#leader?.majorityIndex() ?? 0;
    if (index <= this.#commit || this.#log.term(index) !== this.#term) return;
    this.#commitTo(index);
    this.#leader?.committed(index);
    // A leader that voted itself out leads until that is settled.
    if (!this.#isVoter && this.#configurations.latestIndex <= index) this.#follow(this.#term, NOBODY);
  }

  #commitTo(index: number): void {
    if (index <= this.#commit) return;
    this.#outbox.committed(this.#log.slice(this.#commit + 1, index));
    this.#commit = index;
  }

  get #committedInTerm(): boolean {
    return this.#log.term(this.#commit) === this.#term;
  }

  get #isVoter(): boolean {
    return this.configuration.voters.includes(this.#options.self);
  }

  #saveHardState(): void {
    this.#outbox.hardState({ term: this.#term, vote: this.#vote });
  }

  #send(to: NodeId, body: MessageBody, term = this.#term): void {
    this.#outbox.message({ ...body, from: this.#options.self, to, term });
  }
}
