// What a member of the group keeps: its term and vote, the log, and the snapshot that the log follows on.
import { type Entry, type HardState, isConfiguration, NOBODY, type Snapshot, type SnapshotMark } from '../raft/messages.ts';
import type { Disk } from './disk.ts';
import { encodeRecord, type RecordContent, RecordError, readRecords } from './record.ts';
import { entryHead, entriesFrom, isRecordOf } from './raft-record.ts';

const SNAPSHOT_FILE = 'raft-snapshot';
const LOG_FILE = 'raft-log';

/** What was on disk at the start. */
export interface Stored {
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
}

export class RaftStore {
  readonly #disk: Disk;
  #snapshot: Snapshot;
  #hardState: HardState;
  #logBytes = 0;

  private constructor(disk: Disk, snapshot: Snapshot, hardState: HardState) {
    this.#disk = disk;
    this.#snapshot = snapshot;
    this.#hardState = hardState;
  }

  /**
   * Opens what is there; `initial` is the snapshot of a store that has none. What a crash left half-written is cut off: it was never
   * acknowledged. Throws RecordError, with the file's name, where the store is damaged.
   */
  static async open(disk: Disk, initial: Snapshot): Promise<{ readonly store: RaftStore; readonly stored: Stored }> {
    const snapshotFile = await disk.read(SNAPSHOT_FILE);
    const snapshot = snapshotFile ? decodeSnapshot(snapshotFile) : initial;
    const log = (await disk.read(LOG_FILE)) ?? new Uint8Array();
    // A file that `append` made might have no name after a loss of power.
    if (log.length === 0) await disk.replace(LOG_FILE, log);
    let hardState: HardState = { term: snapshot.term, vote: NOBODY };
    let entries: Entry[] = [];
    let end = 0;
    try {
      for (const record of readRecords(log)) {
        end = record.end;
        const batch = decodeBatch(record);
        hardState = batch.hardState ?? hardState;
        const [first] = batch.entries;
        if (first) entries = [...entries.filter((entry) => entry.index < first.index), ...batch.entries];
      }
    } catch (error) {
      throw new RecordError(`${LOG_FILE} is damaged ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    if (end < log.length) await disk.truncate(LOG_FILE, end);
    const store = new RaftStore(disk, snapshot, hardState);
    store.#logBytes = end;
    return { store, stored: { hardState, entries: following(snapshot, entries) } };
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Bytes of the log since the last snapshot. */
  get logBytes(): number {
    return this.#logBytes;
  }

  /** Writes term, vote and entries; an entry replaces what is stored at its index and after it. */
  async save(hardState: HardState | undefined, entries: readonly Entry[]): Promise<void> {
    if (!hardState && entries.length === 0) return;
    this.#hardState = hardState ?? this.#hardState;
    const bytes = encodeBatch(hardState, entries);
    await this.#disk.append(LOG_FILE, bytes);
    this.#logBytes += bytes.length;
  }

  /** Puts the snapshot in the place of the log up to its mark; `entries` are those that follow it. */
  async saveSnapshot(snapshot: Snapshot, entries: readonly Entry[]): Promise<void> {
    // In this order a crash in between leaves a log whose beginning the snapshot holds as well.
    const { data, ...mark } = snapshot;
    await this.#disk.replace(SNAPSHOT_FILE, encodeRecord({ head: { kind: 'snapshot', ...mark }, blobs: [data] }));
    this.#snapshot = snapshot;
    const log = encodeBatch(this.#hardState, entries);
    await this.#disk.replace(LOG_FILE, log);
    this.#logBytes = log.length;
  }
}

/** The entries that follow on the snapshot; none where the log had taken another course before the snapshot came. */
function following(mark: SnapshotMark, entries: readonly Entry[]): readonly Entry[] {
  const after = entries.filter((entry) => entry.index > mark.index);
  const atMark = entries.find((entry) => entry.index === mark.index);
  const follows = after[0]?.index === mark.index + 1 && (!atMark || atMark.term === mark.term);
  return follows ? after : [];
}

function encodeBatch(hardState: HardState | undefined, entries: readonly Entry[]): Uint8Array {
  const head = { kind: 'batch', ...(hardState ? { hardState } : {}), entries: entries.map(entryHead) };
  return encodeRecord({ head, blobs: entries.map((entry) => entry.data) });
}

function decodeBatch({ head, blobs }: RecordContent): { readonly hardState?: HardState; readonly entries: readonly Entry[] } {
  if (!isRecordOf(head, 'batch')) throw new RecordError('a record of the log is none of ours');
  const { hardState } = head;
  const entries = entriesFrom(head['entries'], blobs);
  return isHardState(hardState) ? { hardState, entries } : { entries };
}

function decodeSnapshot(file: Uint8Array): Snapshot {
  const [record] = [...readRecords(file)];
  const head = record?.head;
  if (record && isRecordOf(head, 'snapshot')) {
    const { index, term, configuration } = head;
    const [data] = record.blobs;
    if (data && typeof index === 'number' && typeof term === 'number' && isConfiguration(configuration))
      return { index, term, configuration, data };
  }
  throw new RecordError(`${SNAPSHOT_FILE} is damaged: it does not hold a snapshot`);
}

function isHardState(value: unknown): value is HardState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'term' in value &&
    'vote' in value &&
    [value.term, value.vote].every(Number.isSafeInteger)
  );
}
