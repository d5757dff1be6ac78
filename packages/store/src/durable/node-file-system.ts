// The machine's file system.
import { close, fdatasync, fstat, fsync, ftruncate, open, read, write } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { type FileSystem, FolderInUse, type OpenFile } from './file-system.ts';

// Plain descriptors rather than file handles: an append is the hot path, and a handle doubles its cost.
const openFile = promisify(open);
const closeFile = promisify(close);
const sync = promisify(fsync);
const syncData = promisify(fdatasync);
const truncate = promisify(ftruncate);
const status = promisify(fstat);
const OWNER_ONLY = 0o600;

/** Files are made for their owner alone. Needs Linux for its locks. */
export function nodeFileSystem(): FileSystem {
  return {
    makeFolder: async (path) => {
      await mkdir(path, { recursive: true, mode: 0o700 });
    },
    list: (folder) => readdir(folder),
    open: async (path, { create = false } = {}) => new NodeFile(await openFile(path, create ? 'w+' : 'r+', OWNER_ONLY)),
    rename,
    remove: (path) => rm(path, { force: true }),
    syncFolder: async (path) => {
      const descriptor = await openFile(path, 'r');
      try {
        await sync(descriptor);
      } finally {
        await closeFile(descriptor);
      }
    },
    lock,
  };
}

class NodeFile implements OpenFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async size(): Promise<number> {
    return (await status(this.#descriptor)).size;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const count = await readSome(this.#descriptor, bytes, done, position + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) done += await writeSome(this.#descriptor, bytes, done, position + done);
  }

  truncate(length: number): Promise<void> {
    return truncate(this.#descriptor, length);
  }

  sync(): Promise<void> {
    return syncData(this.#descriptor);
  }

  close(): Promise<void> {
    return closeFile(this.#descriptor);
  }
}

function readSome(descriptor: number, bytes: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, bytes, offset, bytes.length - offset, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

function writeSome(descriptor: number, bytes: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, offset, bytes.length - offset, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

/**
 * The kernel keeps the lock: a name in the abstract socket namespace, which goes with the process however it ends. Named after the
 * folder's inode, so that every path to the folder is the same lock.
 */
async function lock(folder: string): Promise<() => Promise<void>> {
  const { dev, ino } = await stat(folder);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new FolderInUse(folder) : error));
    server.listen({ path: `\0holdfast-store-${dev}-${ino}` }, () => resolve());
  });
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}
