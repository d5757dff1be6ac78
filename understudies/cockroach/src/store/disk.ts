// The few things that the database asks of its disk. When a call resolves, what it did survives a loss of power.
import { mkdir, open, readFile, rename, truncate } from 'node:fs/promises';
import { join } from 'node:path';

export interface Disk {
  /** The whole file; undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Puts `bytes` in the place of the file: afterwards there is the old one or the new one, never a part. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  /** Adds to the end; a crash may leave any part of `bytes` there. */
  append(name: string, bytes: Uint8Array): Promise<void>;
  /** Cuts the file to its first `length` bytes. */
  truncate(name: string, length: number): Promise<void>;
}

/** Files in a folder, which is made if it is missing. */
export async function folderDisk(folder: string): Promise<Disk> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    async read(name) {
      try {
        return await readFile(join(folder, name));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async replace(name, bytes) {
      const temporary = join(folder, `${name}.new`);
      await synced(temporary, 'w', bytes);
      await rename(temporary, join(folder, name));
      await syncFolder(folder);
    },
    async append(name, bytes) {
      await synced(join(folder, name), 'a', bytes);
    },
    async truncate(name, length) {
      await truncate(join(folder, name), length);
      await synced(join(folder, name), 'a', new Uint8Array());
    },
  };
}

async function synced(path: string, flags: 'a' | 'w', bytes: Uint8Array): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A new name in a folder is safe only once the folder itself is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
