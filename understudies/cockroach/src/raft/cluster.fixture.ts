// A Raft group in simulated time: seeded loss, delay, duplication, partitions and crashes, with what must always hold checked at each step.
import { type Random, seededRandom } from '@holdfast/clock';
import { RaftCore } from './core.ts';
import { type Configuration, type Entry, type HardState, type Message, NOBODY, type NodeId, type Snapshot } from './messages.ts';
import type { Ready } from './ready.ts';

interface Disk {
  hardState: HardState;
  snapshot: Snapshot;
  entries: Entry[];
}

interface Member {
  readonly disk: Disk;
  core: RaftCore | undefined;
  /** Texts of the commands applied since the beginning, those of snapshots included. */
  applied: string[];
  appliedIndex: number;
  /** Work of the core that is not on disk yet: lost in a crash. */
  ready: Ready | undefined;
  readonly reads: Map<number, readonly string[]>;
}

interface Flying {
  readonly due: number;
  readonly message: Message;
}

export interface Weather {
  /** Probability that a message is lost, and that it arrives twice. */
  readonly loss: number;
  readonly duplication: number;
  /** Steps that a message takes at most. */
  readonly delay: number;
}

export const FAIR: Weather = { loss: 0, duplication: 0, delay: 1 };

export class RaftCluster {
  readonly random: Random;
  readonly members = new Map<NodeId, Member>();
  readonly #leaders = new Map<number, NodeId>();
  /** The one order of commands that all members must follow. */
  readonly agreed: string[] = [];
  #flying: Flying[] = [];
  #now = 0;
  #cut: ReadonlySet<NodeId> = new Set();
  #readId = 0;
  weather: Weather = FAIR;

  constructor(seed: number, ids: readonly NodeId[], configuration: Configuration) {
    this.random = seededRandom(seed);
    for (const id of ids) {
      const snapshot = { index: 0, term: 0, configuration, data: Buffer.from('[]') };
      const disk = { hardState: { term: 0, vote: NOBODY }, snapshot, entries: [] };
      this.members.set(id, { disk, core: undefined, applied: [], appliedIndex: 0, ready: undefined, reads: new Map() });
      this.start(id);
    }
  }

  start(id: NodeId): void {
    const member = this.members.get(id)!;
    if (member.core) return;
    const { disk } = member;
    member.applied = JSON.parse(Buffer.from(disk.snapshot.data).toString());
    member.appliedIndex = disk.snapshot.index;
    member.core = new RaftCore({
      self: id,
      random: this.random,
      electionTicks: 10,
      heartbeatTicks: 1,
      snapshot: () => disk.snapshot,
      stored: { hardState: disk.hardState, mark: disk.snapshot, entries: disk.entries },
    });
  }

  /** All that is not on disk is gone. */
  crash(id: NodeId): void {
    const member = this.members.get(id)!;
    member.core = undefined;
    member.ready = undefined;
  }

  /** Members of the set reach each other only, and so do the others. */
  partition(cut: readonly NodeId[]): void {
    this.#cut = new Set(cut);
  }

  leader(): NodeId | undefined {
    const leading = [...this.members].filter(([, { core }]) => core?.role === 'leader');
    return leading.toSorted(([, a], [, b]) => b.core!.term - a.core!.term)[0]?.[0];
  }

  propose(id: NodeId, text: string): boolean {
    return this.members.get(id)!.core?.propose(Buffer.from(text)) !== undefined;
  }

  /** Begins a read; its answer must have all that any member had applied when it began. */
  read(id: NodeId): void {
    const readId = ++this.#readId;
    if (this.members.get(id)!.core?.read(readId)) this.members.get(id)!.reads.set(readId, [...this.agreed]);
  }

  /** Once all that the core has asked for is done, as the driver does it. */
  compact(id: NodeId): void {
    const member = this.members.get(id)!;
    const { core, disk } = member;
    if (!core) return;
    do this.#work(id, member);
    while (member.ready);
    const { applied, appliedIndex } = member;
    if (appliedIndex <= disk.snapshot.index) return;
    disk.snapshot = { ...core.markAt(appliedIndex), data: Buffer.from(JSON.stringify(applied)) };
    disk.entries = disk.entries.filter((entry) => entry.index > appliedIndex);
    core.compacted(appliedIndex);
  }

  /** One step of time: disks finish, messages arrive, and clocks tick now and then. */
  step(): void {
    this.#now++;
    for (const [id, member] of this.members) {
      if (!member.core) continue;
      if (this.#now % 3 === 0) member.core.tick();
      this.#work(id, member);
    }
    const due = this.#flying.filter((flight) => flight.due <= this.#now);
    this.#flying = this.#flying.filter((flight) => flight.due > this.#now);
    for (const { message } of due) {
      if (this.#cut.has(message.from) === this.#cut.has(message.to)) this.members.get(message.to)?.core?.step(message);
    }
    for (const [id, { core }] of this.members) if (core?.role === 'leader') this.#checkLeader(core.term, id);
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) this.step();
  }

  /** Steps until it holds; throws after `limit` steps. */
  until(what: string, holds: () => boolean, limit = 3_000): void {
    for (let step = 0; step < limit; step++) {
      if (holds()) return;
      this.step();
    }
    throw new Error(`after ${limit} steps: ${what} does not hold`);
  }

  #work(id: NodeId, member: Member): void {
    // A disk takes a step: what was taken in the last step is done now.
    const { ready, core } = member;
    member.ready = core!.takeReady();
    if (!ready) return;
    if (ready.snapshot) {
      member.disk.snapshot = ready.snapshot;
      member.disk.entries = [];
    }
    if (ready.hardState) member.disk.hardState = ready.hardState;
    for (const entry of ready.entries) {
      member.disk.entries = member.disk.entries.filter((stored) => stored.index < entry.index);
      member.disk.entries.push(entry);
    }
    const last = ready.entries.at(-1);
    if (last) core!.persisted(last.index, last.term);
    for (const message of ready.messages) this.#fly(message);
    if (ready.snapshot && ready.snapshot.index > member.appliedIndex) {
      member.applied = JSON.parse(Buffer.from(ready.snapshot.data).toString());
      member.appliedIndex = ready.snapshot.index;
      this.#checkApplied(id, member);
    }
    for (const entry of ready.committed) {
      if (entry.index !== member.appliedIndex + 1) throw new Error(`member ${id} applies ${entry.index} after ${member.appliedIndex}`);
      member.appliedIndex = entry.index;
      if (entry.kind === 'command') member.applied.push(Buffer.from(entry.data).toString());
    }
    this.#checkApplied(id, member);
    for (const { id: readId, index } of ready.reads) {
      const seen = member.reads.get(readId);
      if (!seen) throw new Error(`a read that was not asked for is answered`);
      if (member.appliedIndex < index || member.applied.length < seen.length) throw new Error(`member ${id} answers a read with the past`);
    }
  }

  #fly(message: Message): void {
    const { loss, duplication, delay } = this.weather;
    if (this.random.next() < loss) return;
    const copies = this.random.next() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.#flying.push({ due: this.#now + 1 + this.random.int(delay), message });
  }

  #checkApplied(id: NodeId, { applied }: Member): void {
    for (const [position, text] of applied.entries()) {
      const agreed = this.agreed[position];
      if (agreed === undefined) this.agreed.push(text);
      else if (agreed !== text)
        throw new Error(`member ${id} applied ${text} where ${agreed} was applied elsewhere (position ${position})`);
    }
  }

  #checkLeader(term: number, id: NodeId): void {
    const known = this.#leaders.get(term);
    if (known !== undefined && known !== id) throw new Error(`term ${term} has two leaders: ${known} and ${id}`);
    this.#leaders.set(term, id);
  }
}
