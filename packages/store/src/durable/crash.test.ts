// Thousands of machines stopped in the middle of their work: what was acknowledged is there, in order, and nothing torn is shown.
import assert from 'node:assert/strict';
import { type Random, seededRandom } from '@holdfast/clock';
import { expect, it } from 'vitest';
import { RevisionConflict, type Store, StoreUnavailable } from '../store.ts';
import type { SuiteValue } from '../store.suite.ts';
import { openDurableStore } from './durable-store.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { type Operation, simulatedFileSystem } from './simulated-file-system.ts';

const SEEDS = 1500;
const LIVES = 3;
const WRITERS = 4;
const KEYS = ['a/1', 'a/2', 'b/1', 'b/2', 'b/3'];

interface Issued {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly text: string;
}

/** What the outside knows of the store, over all lives of the machine. */
class Witness {
  /** Every write that was asked for, by the revision it was given last. */
  readonly issued = new Map<number, Issued>();
  /** The newest revision that was acknowledged or shown. */
  shown = 1;

  saw(revision: number): void {
    this.shown = Math.max(this.shown, revision);
  }

  /** The state that the writes up to `revision` make. */
  stateAt(revision: number): ReadonlyMap<string, string> {
    const state = new Map<string, string>();
    for (let at = 2; at <= revision; at++) {
      const write = this.issued.get(at);
      if (!write) throw new Error(`revision ${at} was never asked for`);
      if (write.type === 'put') state.set(write.key, write.text);
      else state.delete(write.key);
    }
    return state;
  }

  /** Throws where the store lacks something that was shown, or has something that nobody wrote. */
  check(store: Store<SuiteValue>): void {
    if (store.revision < this.shown) throw new Error(`revision ${this.shown} was shown and ${store.revision} is the newest there`);
    const state = new Map(store.list('').entries.map(({ key, value }) => [key, value.text]));
    assert.deepEqual(state, this.stateAt(store.revision));
    for (const revision of this.issued.keys()) if (revision > store.revision) this.issued.delete(revision);
    this.saw(store.revision);
  }
}

/** Writes at random until the store refuses for good or the machine stops. */
async function write(store: Store<SuiteValue>, witness: Witness, random: Random): Promise<void> {
  for (;;) {
    const key = KEYS[random.int(KEYS.length)]!;
    const text = `${random.int(1e9)}`.repeat(1 + random.int(40));
    const there = store.get(key);
    const type = there && random.int(4) === 0 ? 'delete' : 'put';
    const expected = random.int(2) === 0 ? (there?.modRevision ?? 0) : undefined;
    const make = (revision: number): SuiteValue => {
      witness.issued.set(revision, { type, key, text });
      return { text, revision };
    };
    try {
      const entry = await store[type](key, make, expected);
      witness.saw(entry.modRevision);
      expect(store.revision).toBeGreaterThanOrEqual(entry.modRevision);
    } catch (error) {
      if (error instanceof StoreUnavailable && store.problem && error.outcome === 'unknown') return;
      if (!(error instanceof RevisionConflict || error instanceof StoreUnavailable)) throw error;
      if (store.problem?.includes('restart')) return;
    }
  }
}

async function watch(store: Store<SuiteValue>, witness: Witness): Promise<void> {
  let last = store.revision;
  for await (const event of store.watch('', store.revision)) {
    expect(event.revision).toBe(last + 1);
    last = event.revision;
    witness.saw(event.revision);
  }
}

/** One life of the machine, up to `stopAt`. */
async function live(disk: SimulatedDisk, witness: Witness, random: Random): Promise<void> {
  const faulty = random.int(4) === 0;
  const fault = (operation: Operation): 'EIO' | 'ENOSPC' | undefined => {
    if (!faulty || operation === 'read' || operation === 'open' || random.int(12) > 0) return undefined;
    return operation === 'write' && random.int(3) > 0 ? 'ENOSPC' : random.int(4) === 0 ? 'EIO' : undefined;
  };
  const fileSystem = simulatedFileSystem({ disk, random, stopAt: 1 + random.int(120), fault });
  const life = (async () => {
    const store = await openDurableStore<SuiteValue>({ fileSystem, folder: 'state', random, compactAfter: 1500 });
    witness.check(store);
    void watch(store, witness);
    await Promise.all(Array.from({ length: WRITERS }, () => write(store, witness, random)));
  })();
  // A disk that fails while the store is being opened ends the life, and so do writers that were refused.
  const ended = life.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EIO' && error.code !== 'ENOSPC') throw error;
  });
  await Promise.race([ended, fileSystem.stopped]);
  fileSystem.stop();
  // Of a process that is killed everything written stays in the kernel's memory, for the next process to see and for the next crash to take.
  if (random.int(3) === 0) disk.locks.clear();
  else disk.crash(random);
}

it(`loses nothing over ${SEEDS} machines of ${LIVES} lives each`, async () => {
  let shown = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed);
    const disk = new SimulatedDisk();
    const witness = new Witness();
    try {
      for (let life = 0; life < LIVES; life++) await live(disk, witness, random);
      disk.crash(random);
      const store = await openDurableStore<SuiteValue>({
        fileSystem: simulatedFileSystem({ disk, random }),
        folder: 'state',
        random,
      });
      witness.check(store);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    shown += witness.shown;
  }
  // The machines did work: a suite whose stores never open would pass as well.
  expect(shown).toBeGreaterThan(SEEDS * 20);
}, 60_000);
