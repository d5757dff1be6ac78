import { type Random, seededRandom } from '@holdfast/clock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, HardState, Snapshot } from '../raft/messages.ts';
import { MemoryDisk, PowerLoss } from './disk.fixture.ts';
import { RaftStore } from './raft-store.ts';
import { RecordError } from './record.ts';

const INITIAL: Snapshot = { index: 0, term: 0, configuration: { voters: [1], learners: [] }, data: Buffer.from('nothing') };

describe('the store of a Raft member', () => {
  it('has, after a loss of power at any moment, all that it had acknowledged and nothing that was never given to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 60 }), async (seed, calls) => {
        const random = seededRandom(seed);
        const disk = new MemoryDisk(random);
        const history = new History(random);
        for (let life = 0; life < 3; life++) {
          disk.callsLeft = Number.POSITIVE_INFINITY;
          const before = history.compare(await RaftStore.open(disk, INITIAL));
          expect(before.possible).toContain(before.found);
          disk.callsLeft = calls;
          const { store } = await RaftStore.open(disk, INITIAL).catch(lost);
          if (store) await history.work(store).catch(lost);
        }
        disk.callsLeft = Number.POSITIVE_INFINITY;
        const last = history.compare(await RaftStore.open(disk, INITIAL));
        expect(last.possible).toContain(last.found);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('refuses a log that is damaged in its middle, and says where', async () => {
    const disk = new MemoryDisk(seededRandom(1));
    const { store } = await RaftStore.open(disk, INITIAL);
    for (let index = 1; index <= 3; index++) await store.save(undefined, [{ term: 1, index, kind: 'command', data: Buffer.from('row') }]);
    const log = disk.files.get('raft-log')!;
    log[20]! ^= 1;
    await expect(RaftStore.open(disk, INITIAL)).rejects.toThrow(
      new RecordError('raft-log is damaged at byte 0: the checksum of a record does not match its content'),
    );
  });
});

function lost(error: unknown): { readonly store?: RaftStore } {
  if (!(error instanceof PowerLoss)) throw error;
  return {};
}

/** What was given to the store: certain once acknowledged; the last step may or may not have happened. */
class History {
  readonly #random: Random;
  #states: readonly State[] = [{ hardState: { term: 0, vote: 0 }, snapshot: INITIAL, entries: [] }];

  constructor(random: Random) {
    this.#random = random;
  }

  async work(store: RaftStore): Promise<void> {
    for (;;) {
      const now = this.#states[0]!;
      const next = this.#change(now);
      this.#states = [now, next];
      if (next.snapshot === now.snapshot) await store.save(next.hardState, next.written);
      else await store.saveSnapshot(next.snapshot, next.entries);
      this.#states = [next];
    }
  }

  /** What was found, and all that may be found. */
  compare({ store, stored }: Awaited<ReturnType<typeof RaftStore.open>>): { readonly found: string; readonly possible: readonly string[] } {
    const found = JSON.stringify({ hardState: stored.hardState, index: store.snapshot.index, entries: stored.entries.map(brief) });
    const possible = this.#states.map((state) =>
      JSON.stringify({ hardState: state.hardState, index: state.snapshot.index, entries: state.entries.map(brief) }),
    );
    this.#states = this.#states.filter((_, index) => possible[index] === found).slice(0, 1);
    return { found, possible };
  }

  #change(now: State): State & { readonly written: readonly Entry[] } {
    const random = this.#random;
    const first = now.entries[0]?.index ?? now.snapshot.index + 1;
    const last = first + now.entries.length - 1;
    if (now.entries.length > 3 && random.next() < 0.2) {
      const index = first + random.int(now.entries.length);
      const snapshot = { ...INITIAL, index, term: now.entries[index - first]!.term };
      return { ...now, snapshot, entries: now.entries.filter((entry) => entry.index > index), written: [] };
    }
    const term = now.hardState.term + random.int(2);
    const from = random.next() < 0.2 && now.entries.length > 0 ? first + random.int(now.entries.length) : last + 1;
    const written = Array.from({ length: random.int(4) }, (_, offset): Entry => {
      return { term, index: from + offset, kind: 'command', data: random.bytes(random.int(100)) };
    });
    const entries = written.length > 0 ? [...now.entries.filter((entry) => entry.index < from), ...written] : now.entries;
    return { ...now, hardState: { term, vote: random.int(4) }, entries, written };
  }
}

interface State {
  readonly hardState: HardState;
  readonly snapshot: Snapshot;
  readonly entries: readonly Entry[];
}

function brief({ term, index, data }: Entry): string {
  return `${term}/${index}/${Buffer.from(data).toString('hex')}`;
}
