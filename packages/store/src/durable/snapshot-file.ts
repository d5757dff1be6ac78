// A snapshot: all entries at one revision in one file, in order of their keys, with a mark at the end that counts them.
import { Entry, type ValueCodec } from '../entry.ts';
import type { StoreEntry } from '../store.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { PART, type StoreFile } from './file-names.ts';
import { FrameReader, headerRecord } from './frame-reader.ts';
import { encodeFrame, type StoredRecord } from './record.ts';
import { StoreDamaged } from './store-damaged.ts';

/** Bytes of values per frame: what is read at once, and what one surviving entry can keep in memory. */
const FRAME_BYTES = 256 * 1024;

export interface Snapshot<V> {
  readonly revision: number;
  readonly entries: Iterable<StoreEntry<V>>;
}

/** The bytes of a snapshot file, a frame at a time. */
export function* snapshotFrames<V>({ revision, entries }: Snapshot<V>, salt: number): Generator<Uint8Array> {
  yield encodeFrame([headerRecord({ kind: 'snapshot', revision, salt })], 0);
  let records: StoredRecord[] = [];
  let bytes = 0;
  let count = 0;
  for (const entry of entries) {
    const { key, modRevision, createRevision } = entry;
    const value = entry.encoded();
    records.push({ type: 'put', key, modRevision, createRevision, value });
    bytes += value.length;
    count += 1;
    if (bytes < FRAME_BYTES) continue;
    yield encodeFrame(records, salt);
    records = [];
    bytes = 0;
  }
  if (records.length > 0) yield encodeFrame(records, salt);
  yield encodeFrame([{ type: 'end', key: '', modRevision: revision, createRevision: count, value: new Uint8Array(0) }], salt);
}

/** Writes the snapshot under its final name, on disk when this resolves. Leaves nothing behind when it fails. */
export async function writeSnapshot<V>(
  fileSystem: FileSystem,
  { folder, target, salt }: { readonly folder: string; readonly target: StoreFile; readonly salt: number },
  snapshot: Snapshot<V>,
): Promise<void> {
  const part = `${target.path}${PART}`;
  try {
    const file = await fileSystem.open(part, { create: true });
    try {
      let position = 0;
      for (const frame of snapshotFrames(snapshot, salt)) {
        await file.write(frame, position);
        position += frame.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(part, target.path);
    await fileSystem.syncFolder(folder);
  } catch (error) {
    await fileSystem.remove(part);
    throw error;
  }
}

/** Reads a whole snapshot. Throws StoreDamaged when it is not as it was written. */
export async function readSnapshot<V>(
  file: OpenFile,
  path: string,
  codec: ValueCodec<V>,
): Promise<{ readonly revision: number; readonly entries: readonly StoreEntry<V>[] }> {
  const reader = new FrameReader(file);
  const header = await reader.header();
  if (header?.kind !== 'snapshot') throw new StoreDamaged(path, 0, 'it does not begin as a snapshot');
  const entries: StoreEntry<V>[] = [];
  for (;;) {
    const { offset } = reader;
    const records = await reader.next();
    if (records === 'broken') throw new StoreDamaged(path, offset, 'its checksum does not match');
    if (records === 'end') throw new StoreDamaged(path, offset, 'its end is missing');
    for (const record of records) {
      if (record.type === 'end') {
        if (record.createRevision !== entries.length) throw new StoreDamaged(path, offset, 'entries are missing');
        return { revision: header.revision, entries };
      }
      entries.push(new Entry(record, codec, { bytes: record.value }));
    }
  }
}
