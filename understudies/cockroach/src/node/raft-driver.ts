// Drives the pure core: gives it time and messages, and does what it asks for on the disk, on the network and in the state.
import { type Clock, every, type Random } from '@holdfast/clock';
import { type ConfirmedRead } from '../raft/read-rounds.ts';
import { RaftCore } from '../raft/core.ts';
import type { Entry, Message } from '../raft/messages.ts';
import type { Ready } from '../raft/ready.ts';
import type { RaftStore, Stored } from '../store/raft-store.ts';
import type { ReplicatedState } from './replicated-state.ts';
import { nextConfiguration } from './voters.ts';

export const TICK_MS = 100;
const ELECTION_TICKS = 10;
/** A snapshot is taken once the log has grown to this size, or to that of the last snapshot if that is more. */
const LOG_BYTES = 8 << 20;

export interface RaftDriverOptions {
  readonly self: number;
  readonly store: RaftStore;
  readonly stored: Stored;
  readonly state: ReplicatedState;
  readonly clock: Clock;
  readonly random: Random;
  readonly send: (message: Message) => void;
  /** The members, or who leads, may have changed. */
  readonly onChange: () => void;
  /** The disk failed, or what is stored cannot be understood: the process must end, as nothing it says from now on can be trusted. */
  readonly onFatal: (error: unknown) => void;
}

/** Where a command was put into the log. */
export interface LogPosition {
  readonly index: number;
  readonly term: number;
}

/** What became of the entry at a position. `displaced`: another one was committed in its place. `unknown`: it came with a snapshot. */
export type Fate = { readonly outcome: unknown } | 'displaced' | 'unknown';

export class RaftDriver {
  readonly #options: RaftDriverOptions;
  readonly #core: RaftCore;
  readonly #stopTicking: () => void;
  /** By the command's own name. */
  readonly #outcomes = new Map<string, (fate: Fate) => void>();
  /** By place in the log, once it is known. */
  readonly #positions = new Map<number, { readonly term: number; readonly settle: (fate: Fate) => void }[]>();
  readonly #reads = new Map<number, (index: number) => void>();
  #applied: { readonly index: number; readonly settle: () => void }[] = [];
  #appliedIndex: number;
  #lastReadId = 0;
  #pumping: Promise<void> = Promise.resolve();
  #busy = false;
  #stopped = false;

  /** The state is restored from the store's snapshot. */
  constructor(options: RaftDriverOptions) {
    const { self, store, stored, random, clock, state } = options;
    this.#options = options;
    state.restore(store.snapshot.data);
    this.#appliedIndex = store.snapshot.index;
    this.#core = new RaftCore({
      self,
      random,
      electionTicks: ELECTION_TICKS,
      heartbeatTicks: 1,
      snapshot: () => store.snapshot,
      stored: { ...stored, mark: store.snapshot },
    });
    this.#stopTicking = every(clock, TICK_MS, () => {
      this.#core.tick();
      this.#changeMembers();
      this.#pump();
    });
    const { voters } = this.#core.configuration;
    // Alone there is nobody to wait for.
    if (voters.length === 1 && voters[0] === self) this.#core.campaign();
    this.#pump();
  }

  /** The leader's number, 0 where none is known. */
  get leader(): number {
    return this.#core.leader;
  }

  get isLeader(): boolean {
    return this.#core.role === 'leader';
  }

  get term(): number {
    return this.#core.term;
  }

  get commit(): number {
    return this.#core.commit;
  }

  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  get voters(): readonly number[] {
    return this.#core.configuration.voters;
  }

  receive(message: Message): void {
    this.#core.step(message);
    this.#pump();
  }

  /** Puts the command into the log, where this member leads. */
  propose(command: Uint8Array): LogPosition | undefined {
    const position = this.#core.propose(command);
    this.#pump();
    return position;
  }

  /** Resolves with what applying the command of that name gives. To be called before the command is proposed. */
  fate(id: string): { readonly fate: Promise<Fate>; at(position: LogPosition): void; forget(): void } {
    let settle: (fate: Fate) => void = () => undefined;
    const fate = new Promise<Fate>((resolve) => {
      settle = resolve;
    });
    this.#outcomes.set(id, settle);
    return {
      fate,
      at: ({ index, term }) => {
        // What was applied before this was known is settled by name, unless it came with a snapshot.
        if (index <= this.#appliedIndex) settle('unknown');
        else this.#positions.set(index, [...(this.#positions.get(index) ?? []), { term, settle }]);
      },
      forget: () => {
        this.#outcomes.delete(id);
      },
    };
  }

  /** The index up to which all must be applied for a read that sees everything committed by now. Undefined: not the leader, or not yet certain. */
  readIndex(signal: AbortSignal): Promise<number> | undefined {
    const id = ++this.#lastReadId;
    const confirmed = new Promise<number>((resolve, reject) => {
      this.#reads.set(id, resolve);
      signal.addEventListener('abort', () => {
        this.#reads.delete(id);
        reject(signal.reason);
      });
    });
    if (!this.#core.read(id)) {
      this.#reads.delete(id);
      return undefined;
    }
    this.#pump();
    return confirmed;
  }

  /** Resolves once everything up to `index` is applied here. */
  applied(index: number): Promise<void> {
    if (index <= this.#appliedIndex) return Promise.resolve();
    return new Promise((settle) => {
      this.#applied = [...this.#applied, { index, settle }];
    });
  }

  /** Hands the lead over, if this member has it. */
  transferLead(): void {
    this.#core.transfer();
    this.#pump();
  }

  /** Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopTicking();
    await this.#pumping;
  }

  /** Who joined gets a vote, one step at a time. */
  #changeMembers(): void {
    if (!this.isLeader) return;
    const members = this.#options.state.membership.members.map((member) => member.nodeId);
    const next = nextConfiguration(this.#core.configuration, members, this.#core.caughtUp());
    if (next) this.#core.reconfigure(next);
  }

  #pump(): void {
    if (this.#busy || this.#stopped) return;
    this.#busy = true;
    this.#pumping = this.#work().catch((error: unknown) => {
      this.#stopped = true;
      this.#stopTicking();
      this.#options.onFatal(error);
    });
  }

  async #work(): Promise<void> {
    let before = '';
    for (let ready = this.#core.takeReady(); ready; ready = this.#core.takeReady()) {
      before ||= this.#situation;
      await this.#do(ready);
      if (this.#stopped) break;
    }
    this.#busy = false;
    if (this.#stopped) return;
    if (await this.#compact()) return this.#work();
    if (before !== '' && before !== this.#situation) this.#options.onChange();
  }

  get #situation(): string {
    return `${this.#core.role} ${this.#core.leader} ${this.#core.term} ${this.#options.state.membership.members.length}`;
  }

  async #do(ready: Ready): Promise<void> {
    const { store, send } = this.#options;
    if (ready.snapshot) {
      await store.save(ready.hardState, []);
      await store.saveSnapshot(ready.snapshot, ready.entries);
    } else {
      await store.save(ready.hardState, ready.entries);
    }
    const last = ready.entries.at(-1);
    if (last) this.#core.persisted(last.index, last.term);
    // A newcomer learns from the snapshot where the others are.
    if (ready.snapshot) this.#restore(ready.snapshot.data, ready.snapshot.index);
    for (const message of ready.messages) send(message);
    for (const entry of ready.committed) this.#apply(entry);
    this.#settleReads(ready.reads);
  }

  #restore(data: Uint8Array, index: number): void {
    this.#options.state.restore(data);
    this.#appliedIndex = index;
    for (const [position, waiting] of this.#positions) {
      if (position > index) continue;
      this.#positions.delete(position);
      for (const { settle } of waiting) settle('unknown');
    }
    this.#settleApplied();
  }

  #apply(entry: Entry): void {
    this.#appliedIndex = entry.index;
    if (entry.kind === 'command') {
      const { id, outcome } = this.#options.state.apply(entry.data);
      this.#outcomes.get(id)?.({ outcome });
      this.#outcomes.delete(id);
    }
    const waiting = this.#positions.get(entry.index);
    if (waiting) {
      this.#positions.delete(entry.index);
      for (const { term, settle } of waiting) if (term !== entry.term) settle('displaced');
    }
    this.#settleApplied();
  }

  #settleApplied(): void {
    if (this.#applied.length === 0) return;
    const due = this.#applied.filter(({ index }) => index <= this.#appliedIndex);
    this.#applied = this.#applied.filter(({ index }) => index > this.#appliedIndex);
    for (const { settle } of due) settle();
  }

  #settleReads(reads: readonly ConfirmedRead[]): void {
    for (const { id, index } of reads) {
      this.#reads.get(id)?.(index);
      this.#reads.delete(id);
    }
  }

  /** Puts a snapshot in the log's place where the log has grown. */
  async #compact(): Promise<boolean> {
    const { store, state } = this.#options;
    if (store.logBytes < Math.max(LOG_BYTES, store.snapshot.data.length)) return false;
    if (this.#appliedIndex <= store.snapshot.index) return false;
    this.#busy = true;
    const mark = this.#core.markAt(this.#appliedIndex);
    await store.saveSnapshot({ ...mark, data: state.snapshot() }, this.#core.entriesAfter(mark.index));
    this.#core.compacted(mark.index);
    return true;
  }
}
