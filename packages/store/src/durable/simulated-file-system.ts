// The file system of a machine that can be stopped at any operation, and whose disk can fail.
import type { Random } from '@holdfast/clock';
import { type FileSystem, FolderInUse, type OpenFile } from './file-system.ts';
import { SimulatedDisk, SimulatedInode } from './simulated-disk.ts';

export type Operation = 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'syncFolder';

/** What the machine does to its programs. */
export interface SimulatedFileSystemOptions {
  readonly disk: SimulatedDisk;
  readonly random: Random;
  /** The machine stops in the middle of this operation, counted from 1: it and all later ones never come back. Default: never. */
  readonly stopAt?: number;
  /** Makes an operation fail. A write that fails has written some of its bytes; a sync that fails has lost some. */
  readonly fault?: (operation: Operation, path: string) => 'EIO' | 'ENOSPC' | undefined;
}

/** A file system and the moment at which its machine stops. */
export interface SimulatedFileSystem extends FileSystem {
  /** Resolves when the machine has stopped. Start it again with `disk.crash`, and a new file system on the disk. */
  readonly stopped: Promise<void>;
  /** Stops the machine now. */
  stop(): void;
}

/** Mounts the disk. */
export function simulatedFileSystem({ disk, random, stopAt = Infinity, fault }: SimulatedFileSystemOptions): SimulatedFileSystem {
  let operations = 0;
  let last = stopAt;
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });

  /** Runs `effect`, whole or failing; `partly` is what is left of it when it fails. */
  async function run<T>(operation: Operation, path: string, effect: () => T, partly: () => void = () => undefined): Promise<T> {
    for (let turns = random.int(3); turns > 0; turns--) await Promise.resolve();
    operations += 1;
    if (operations >= last) {
      // In the middle of it: done, or not, as far as the disk is concerned.
      if (operations === last && random.int(2) === 0) effect();
      stop();
      return new Promise<T>(() => undefined);
    }
    const code = fault?.(operation, path);
    if (code) {
      partly();
      throw Object.assign(new Error(`${code}: ${operation} '${path}'`), { code });
    }
    const result = effect();
    await Promise.resolve();
    return result;
  }

  function opened(path: string, inode: SimulatedInode): OpenFile {
    return {
      size: async () => inode.content.length,
      read: (position, length) => run('read', path, () => Uint8Array.from(inode.content.subarray(position, position + length))),
      write: (bytes, position) => {
        const copy = Uint8Array.from(bytes);
        const part = copy.subarray(0, random.int(copy.length));
        return run(
          'write',
          path,
          () => inode.change({ position, bytes: copy }),
          () => inode.change({ position, bytes: part }),
        );
      },
      truncate: (length) => run('truncate', path, () => inode.change({ length })),
      sync: () =>
        run(
          'sync',
          path,
          () => inode.sync(),
          () => inode.failSync(random),
        ),
      close: async () => undefined,
    };
  }

  return {
    stopped,
    stop: () => {
      last = 0;
      stop();
    },
    makeFolder: async () => undefined,
    list: async (folder) =>
      disk
        .paths()
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1)),
    open: (path, { create = false } = {}) =>
      run('open', path, () => {
        const found = disk.find(path);
        if (found && !create) return opened(path, found);
        if (!create) throw Object.assign(new Error(`ENOENT: open '${path}'`), { code: 'ENOENT' });
        const inode = found ?? new SimulatedInode();
        if (found) inode.change({ length: 0 });
        else disk.change({ type: 'link', name: path, inode });
        return opened(path, inode);
      }),
    rename: (from, to) =>
      run('rename', from, () => {
        const inode = disk.find(from);
        if (!inode) throw Object.assign(new Error(`ENOENT: rename '${from}'`), { code: 'ENOENT' });
        disk.change({ type: 'rename', from, name: to, inode });
      }),
    remove: (path) =>
      run('remove', path, () => {
        if (disk.find(path)) disk.change({ type: 'unlink', name: path });
      }),
    syncFolder: (path) => run('syncFolder', path, () => disk.syncNames()),
    lock: async (folder) => {
      if (disk.locks.has(folder)) throw new FolderInUse(folder);
      disk.locks.add(folder);
      return async () => {
        disk.locks.delete(folder);
      };
    },
  };
}
