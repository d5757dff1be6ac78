// A store's state as one stream of bytes: taken out of its folder, also while a process writes there, and put into an empty one.
import { jsonCodec } from '../entry.ts';
import type { FileSystem } from './file-system.ts';
import { PART, storeFile, storeFiles } from './file-names.ts';
import { recover } from './recovery.ts';
import { readSnapshot, snapshotFrames } from './snapshot-file.ts';
import { StoreDamaged } from './store-damaged.ts';

/** Tries of reading a folder while another process appends to its files and replaces them. */
const ATTEMPTS = 5;

/** The state at one revision. */
export interface SavedState {
  readonly revision: number;
  readonly count: number;
  /** The bytes, in pieces. */
  readonly chunks: Iterable<Uint8Array>;
}

/** Reads the state of the store in `folder` as of now. `salt`: any number below 2^32. Changes nothing. Throws StoreDamaged. */
export async function readState(fileSystem: FileSystem, folder: string, salt: number): Promise<SavedState> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { state } = await recover<unknown>(fileSystem, folder, { codec: jsonCodec(), limits: { historyLimit: 0 } });
      const { revision, entries } = state.list('');
      return { revision, count: entries.length, chunks: snapshotFrames({ revision, entries }, salt) };
    } catch (error) {
      // What looks like damage may be a file that was being written or replaced at that moment.
      const passing = error instanceof StoreDamaged || (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!passing || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Makes `bytes` the state of the store in `folder`, which must not hold one. Resolves with its revision. Throws StoreDamaged. */
export async function writeState(fileSystem: FileSystem, folder: string, bytes: Uint8Array): Promise<number> {
  await fileSystem.makeFolder(folder);
  const unlock = await fileSystem.lock(folder);
  const part = `${folder}/restored${PART}`;
  try {
    if (storeFiles(folder, await fileSystem.list(folder)).length > 0) throw new Error(`${folder} already holds a state: remove it first`);
    const file = await fileSystem.open(part, { create: true });
    let revision: number;
    try {
      await file.write(bytes, 0);
      ({ revision } = await readSnapshot(file, 'the saved state', jsonCodec()));
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(part, storeFile(folder, 'snapshot', revision).path);
    await fileSystem.syncFolder(folder);
    return revision;
  } catch (error) {
    await fileSystem.remove(part);
    throw error;
  } finally {
    await unlock();
  }
}
