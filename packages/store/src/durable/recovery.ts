// From the files of a store's folder to its state: the newest snapshot, then every change of the logs behind it.
import { Entry, type ValueCodec } from '../entry.ts';
import { FIRST_REVISION, type StateLimits, StoreState } from '../store-state.ts';
import type { FileSystem } from './file-system.ts';
import { PART, type StoreFile, storeFiles } from './file-names.ts';
import { FrameReader } from './frame-reader.ts';
import type { StoredRecord } from './record.ts';
import { readSnapshot } from './snapshot-file.ts';
import { StoreDamaged } from './store-damaged.ts';

/** The log that goes on after recovery: `size` bytes of it are whole. */
export interface LogEnd {
  readonly path: string;
  readonly salt: number;
  readonly size: number;
  /** Bytes behind the last whole frame, left by a crash. */
  readonly torn: number;
  /** The frame that ends at `size`. */
  readonly lastFrame: Uint8Array;
}

export interface Recovered<V> {
  readonly state: StoreState<V>;
  /** Absent when there is no log that can go on. */
  readonly log?: LogEnd;
  /** Files that say nothing any more: older than the snapshot, or never finished. */
  readonly obsolete: readonly string[];
  /** Bytes of the logs that were read. */
  readonly logBytes: number;
}

/** Reads the folder and changes nothing in it. Throws StoreDamaged. */
export async function recover<V>(
  fileSystem: FileSystem,
  folder: string,
  { codec, limits }: { readonly codec: ValueCodec<V>; readonly limits: StateLimits },
): Promise<Recovered<V>> {
  const names = await fileSystem.list(folder);
  const files = storeFiles(folder, names);
  const snapshots = files.filter((file) => file.kind === 'snapshot');
  const logs = files.filter((file) => file.kind === 'log');
  const newest = snapshots.at(-1);
  const state = newest ? await stateOfSnapshot(fileSystem, newest, codec, limits) : new StoreState<V>(limits);
  // The last log that starts at or before the next revision holds it; those before are older than the snapshot.
  const first = Math.max(
    0,
    logs.findLastIndex((log) => log.revision <= state.revision + 1),
  );
  const obsolete = [
    ...names.filter((name) => name.endsWith(PART)).map((name) => `${folder}/${name}`),
    ...snapshots.slice(0, -1).map((file) => file.path),
    ...logs.slice(0, first).map((file) => file.path),
  ];
  let end: LogEnd | undefined;
  let logBytes = 0;
  for (const [index, log] of logs.slice(first).entries()) {
    const isLast = first + index === logs.length - 1;
    end = await replay(fileSystem, log, { state, codec, isLast });
    logBytes += end.size;
  }
  return { state, obsolete, logBytes, ...(end ? { log: end } : {}) };
}

async function stateOfSnapshot<V>(
  fileSystem: FileSystem,
  { path, revision }: StoreFile,
  codec: ValueCodec<V>,
  limits: StateLimits,
): Promise<StoreState<V>> {
  const file = await fileSystem.open(path);
  try {
    const snapshot = await readSnapshot(file, path, codec);
    if (snapshot.revision !== revision) throw new StoreDamaged(path, 0, 'its name and its content disagree');
    return new StoreState(limits, snapshot.revision, snapshot.entries);
  } finally {
    await file.close();
  }
}

/** Applies a log's changes. Only the last may end in the middle of an append. */
async function replay<V>(
  fileSystem: FileSystem,
  { path, revision }: StoreFile,
  { state, codec, isLast }: { readonly state: StoreState<V>; readonly codec: ValueCodec<V>; readonly isLast: boolean },
): Promise<LogEnd> {
  const file = await fileSystem.open(path);
  try {
    const reader = new FrameReader(file);
    const header = await reader.header();
    if (header?.kind !== 'log') throw new StoreDamaged(path, 0, 'it does not begin as a log');
    if (header.revision !== revision) throw new StoreDamaged(path, 0, 'its name and its content disagree');
    if (header.revision > state.revision + 1) {
      throw new StoreDamaged(path, 0, `it begins at revision ${header.revision} and what is before it ends at ${state.revision}`);
    }
    for (;;) {
      const records = await reader.next();
      const { offset } = reader;
      if (records === 'broken' && (!isLast || (await reader.frameBehind()))) {
        throw new StoreDamaged(path, offset, 'its checksum does not match');
      }
      if (records === 'end' || records === 'broken') {
        return { path, salt: header.salt, size: offset, torn: (await file.size()) - offset, lastFrame: reader.lastFrame };
      }
      for (const record of records) applyRecord(state, codec, record, { path, offset });
    }
  } finally {
    await file.close();
  }
}

function applyRecord<V>(
  state: StoreState<V>,
  codec: ValueCodec<V>,
  record: StoredRecord,
  { path, offset }: { readonly path: string; readonly offset: number },
): void {
  const { key, modRevision } = record;
  // A log that was begun before the snapshot tells some of it again.
  if (modRevision <= state.revision) return;
  if (modRevision !== state.revision + 1 || modRevision <= FIRST_REVISION) {
    throw new StoreDamaged(path, offset, `revision ${modRevision} follows ${state.revision}`);
  }
  const previous = state.get(key);
  // Copied, so that one entry that stays does not keep everything that was read with it.
  const entry = new Entry(record, codec, { bytes: Buffer.from(record.value) });
  if (record.type === 'put') state.apply({ type: 'put', key, revision: modRevision, entry, ...(previous ? { previous } : {}) });
  else if (record.type === 'delete' && previous) state.apply({ type: 'delete', key, revision: modRevision, entry, previous });
  else throw new StoreDamaged(path, offset, `a ${record.type} of ${JSON.stringify(key)}, which is not there`);
}
