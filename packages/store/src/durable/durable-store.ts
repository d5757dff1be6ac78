// The store that survives the end of its process at any moment: a log on disk, group commit, snapshots.
//
// A write gets its revision at once and waits. All writes that wait are one append; when it is on disk they are applied, in order, to
// what reads and watches see, and their promises resolve. So nothing is ever shown that a crash could take back.
import type { Random } from '@holdfast/clock';
import type { Store, StoreEntry, StorePage, StoreWatch } from '../store.ts';
import { Entry, jsonCodec, type ValueCodec } from '../entry.ts';
import type { ListOptions, StateLimits, StoreState } from '../store-state.ts';
import { RevisionConflict, StoreUnavailable } from '../store.ts';
import { AppendLog, isFull, LogFull } from './append-log.ts';
import { Compactor } from './compactor.ts';
import type { FileSystem } from './file-system.ts';
import { recover } from './recovery.ts';
import type { StoredRecord } from './record.ts';

/** Options of a durable store. */
export interface DurableStoreOptions<V> extends StateLimits {
  readonly fileSystem: FileSystem;
  /** Made when it is missing; taken by one process at a time. */
  readonly folder: string;
  /** Gives each file its salt. */
  readonly random: Random;
  /** The bytes of a value; JSON by default. */
  readonly codec?: ValueCodec<V>;
  /** A snapshot is taken when the logs have this many bytes, and as many as the last snapshot. Default 64 MiB. */
  readonly compactAfter?: number;
  /** Told of what the store puts up with: a torn end that was cut, a snapshot that failed. */
  readonly onNotice?: (notice: string) => void;
}

/** Bytes of values in one append; more is written by several. */
const APPEND_BYTES = 8 * 1024 * 1024;
const COMPACT_AFTER = 64 * 1024 * 1024;

/** Opens the store of a folder. Throws FolderInUse, StoreDamaged, or the system's error. */
export async function openDurableStore<V>(options: DurableStoreOptions<V>): Promise<Store<V>> {
  const { fileSystem, folder, random, codec = jsonCodec<V>(), compactAfter = COMPACT_AFTER, onNotice = () => undefined } = options;
  await fileSystem.makeFolder(folder);
  const unlock = await fileSystem.lock(folder);
  try {
    const { state, log: end, obsolete, logBytes } = await recover<V>(fileSystem, folder, { codec, limits: options });
    // The names that were found may be in the kernel's memory only; nothing goes before what takes its place is certain to stay.
    await fileSystem.syncFolder(folder);
    for (const path of obsolete) await fileSystem.remove(path);
    const salt = (): number => Buffer.from(random.bytes(4)).readUInt32LE(0);
    if (end?.torn) onNotice(`cut ${end.torn} bytes of an append that was interrupted off ${end.path}`);
    const log = end ? await AppendLog.goOn(fileSystem, end) : await AppendLog.create(fileSystem, folder, state.revision + 1, salt());
    const compactor = new Compactor<V>({ fileSystem, folder, salt, compactAfter, onNotice, logBytes: logBytes - (end?.size ?? 0) });
    return new DurableStore({ state, log, codec, compactor, unlock });
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** A write on its way to the disk. */
interface Waiting<V> {
  readonly record: StoredRecord;
  readonly entry: StoreEntry<V>;
  readonly resolve: (entry: StoreEntry<V>) => void;
  readonly reject: (error: Error) => void;
}

interface Parts<V> {
  readonly state: StoreState<V>;
  readonly log: AppendLog;
  readonly codec: ValueCodec<V>;
  readonly compactor: Compactor<V>;
  readonly unlock: () => Promise<void>;
}

class DurableStore<V> implements Store<V> {
  readonly #state: StoreState<V>;
  readonly #codec: ValueCodec<V>;
  readonly #compactor: Compactor<V>;
  readonly #unlock: () => Promise<void>;
  #log: AppendLog;
  #waiting: Waiting<V>[] = [];
  /** The newest write on its way, per key, with the promise that settles with it. */
  readonly #newest = new Map<string, { readonly record: StoredRecord; readonly settled: Promise<unknown> }>();
  /** The revision of the newest write, on disk or on its way. */
  #assigned: number;
  #writing: Promise<void> | undefined;
  /** Set for good when the disk failed; cleared by the next good append when it was full. */
  #problem: { readonly text: string; readonly final: boolean } | undefined;
  #closing: Promise<void> | undefined;

  constructor({ state, log, codec, compactor, unlock }: Parts<V>) {
    this.#state = state;
    this.#log = log;
    this.#codec = codec;
    this.#compactor = compactor;
    this.#unlock = unlock;
    this.#assigned = state.revision;
  }

  get revision(): number {
    return this.#state.revision;
  }

  get problem(): string | undefined {
    return this.#closing ? 'the store is closed' : this.#problem?.text;
  }

  get(key: string): StoreEntry<V> | undefined {
    return this.#state.get(key);
  }

  list(prefix: string, options?: ListOptions): StorePage<V> {
    return this.#state.list(prefix, options);
  }

  count(prefix: string): number {
    return this.#state.count(prefix);
  }

  put(key: string, make: (revision: number) => V, expected?: number): Promise<StoreEntry<V>> {
    return this.#write('put', key, make, expected);
  }

  delete(key: string, make: (revision: number) => V, expected?: number): Promise<StoreEntry<V>> {
    return this.#write('delete', key, make, expected);
  }

  watch(prefix: string, after: number): StoreWatch<V> {
    return this.#state.watch(prefix, after);
  }

  compact(revision: number): void {
    this.#state.compact(revision);
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#writing;
      await this.#compactor.idle();
      this.#state.close();
      await this.#log.close();
      await this.#unlock();
    })();
    return this.#closing;
  }

  async #write(type: 'put' | 'delete', key: string, make: (revision: number) => V, expected: number | undefined): Promise<StoreEntry<V>> {
    if (this.#closing) throw new StoreUnavailable('the store is closed', 'refused');
    if (this.#problem?.final) throw new StoreUnavailable(this.#problem.text, 'refused');
    const coming = this.#newest.get(key);
    const current = coming ? (coming.record.type === 'put' ? coming.record : undefined) : this.#state.get(key);
    const actual = current?.modRevision ?? 0;
    if ((expected !== undefined && expected !== actual) || (type === 'delete' && !current)) {
      // Told when it can be seen: who reads again to try again finds what was in the way.
      await coming?.settled.catch(() => undefined);
      throw new RevisionConflict(key, actual);
    }
    const modRevision = this.#assigned + 1;
    const value = make(modRevision);
    const bytes = this.#codec.encode(value);
    const createRevision = current?.createRevision ?? modRevision;
    this.#assigned = modRevision;
    const record: StoredRecord = { type, key, modRevision, createRevision, value: bytes };
    const settled = new Promise<StoreEntry<V>>((resolve, reject) => {
      this.#waiting.push({ record, entry: new Entry(record, this.#codec, { value, bytes }), resolve, reject });
    });
    this.#newest.set(key, { record, settled });
    this.#writing ??= this.#writeWaiting();
    return settled;
  }

  async #writeWaiting(): Promise<void> {
    // After this turn's work, which may bring more to write.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#log.append(batch.map(({ record }) => record));
      } catch (error) {
        this.#fail(error as NodeJS.ErrnoException, batch);
        continue;
      }
      this.#problem = undefined;
      for (const { record, entry, resolve } of batch) {
        this.#apply(record, entry);
        resolve(entry);
      }
      try {
        this.#log = await this.#compactor.after(this.#log, this.#state);
      } catch (error) {
        this.#fail(error as NodeJS.ErrnoException, []);
      }
    }
    this.#writing = undefined;
  }

  #takeBatch(): readonly Waiting<V>[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && bytes < APPEND_BYTES) bytes += this.#waiting[count++]!.record.value.length;
    const batch = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return batch;
  }

  #apply(record: StoredRecord, entry: StoreEntry<V>): void {
    const { key, modRevision: revision } = record;
    const previous = this.#state.get(key);
    if (record.type === 'put') this.#state.apply({ type: 'put', key, revision, entry, ...(previous ? { previous } : {}) });
    else this.#state.apply({ type: 'delete', key, revision, entry, ...(previous ? { previous } : {}) });
    if (this.#newest.get(key)?.record === record) this.#newest.delete(key);
  }

  /** Everything on its way was stamped after the batch that failed, so it fails with it and the revisions are given out anew. */
  #fail(error: NodeJS.ErrnoException, batch: readonly Waiting<V>[]): void {
    const final = !(error instanceof LogFull);
    const text = isFull(error.cause ?? error)
      ? `the state cannot be written: the disk is full (${error.message}); free some space`
      : `the state cannot be written: ${error.message}; reads go on, and a restart shows what is on disk`;
    this.#problem = { text, final };
    const behind = this.#waiting;
    this.#waiting = [];
    this.#newest.clear();
    this.#assigned = this.#state.revision;
    for (const { reject } of batch) reject(new StoreUnavailable(text, final ? 'unknown' : 'refused', { cause: error }));
    for (const { reject } of behind) reject(new StoreUnavailable(text, 'refused', { cause: error }));
  }
}
