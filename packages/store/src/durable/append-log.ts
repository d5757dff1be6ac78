// The log that changes are appended to: one file, one frame per append, each on disk before it counts.
import type { FileSystem, OpenFile } from './file-system.ts';
import { PART, storeFile } from './file-names.ts';
import { headerRecord } from './frame-reader.ts';
import type { LogEnd } from './recovery.ts';
import { encodeFrame, type StoredRecord } from './record.ts';

/** An append failed and nothing of it is left in the file: the disk is full, and later appends may work. */
export class LogFull extends Error {
  override readonly name = 'LogFull';
}

/** A log file that is being written to. */
export class AppendLog {
  readonly path: string;
  readonly #file: OpenFile;
  readonly #salt: number;
  #size: number;

  /** `size`: where the next frame goes; all before it is on disk. */
  constructor(options: { readonly path: string; readonly file: OpenFile; readonly salt: number; readonly size: number }) {
    this.path = options.path;
    this.#file = options.file;
    this.#salt = options.salt;
    this.#size = options.size;
  }

  /** Makes an empty log, on disk when this resolves. */
  static async create(fileSystem: FileSystem, folder: string, first: number, salt: number): Promise<AppendLog> {
    return (await AppendLog.prepare(fileSystem, folder, first, salt))();
  }

  /**
   * The first half of `create`, which may fail without harm. Resolves with the second half; when that fails it is open whether the
   * new log is there, so that no other may be written to any more.
   */
  static async prepare(fileSystem: FileSystem, folder: string, first: number, salt: number): Promise<() => Promise<AppendLog>> {
    const { path } = storeFile(folder, 'log', first);
    const part = `${path}${PART}`;
    const header = encodeFrame([headerRecord({ kind: 'log', revision: first, salt })], 0);
    const file = await fileSystem.open(part, { create: true });
    try {
      await file.write(header, 0);
      await file.sync();
    } catch (error) {
      await file.close();
      await fileSystem.remove(part);
      throw error;
    }
    return async () => {
      await fileSystem.rename(part, path);
      await fileSystem.syncFolder(folder);
      return new AppendLog({ path, file, salt, size: header.length });
    };
  }

  /**
   * Goes on with a log that was read. What was read may have been in the kernel's memory only, and after a sync that failed the kernel
   * takes it for written; so the last frame, the only one that can be meant, is written again.
   */
  static async goOn(fileSystem: FileSystem, { path, salt, size, lastFrame }: LogEnd): Promise<AppendLog> {
    const file = await fileSystem.open(path);
    await file.truncate(size);
    await file.write(lastFrame, size - lastFrame.length);
    await file.sync();
    return new AppendLog({ path, file, salt, size });
  }

  get size(): number {
    return this.#size;
  }

  /** On disk when it resolves. Throws LogFull, after which the log can go on; after any other error it must not be used again. */
  async append(records: readonly StoredRecord[]): Promise<void> {
    const frame = encodeFrame(records, this.#salt);
    try {
      await this.#file.write(frame, this.#size);
    } catch (error) {
      if (!isFull(error)) throw error;
      // What is there of the frame must not meet the next one.
      await this.#file.truncate(this.#size);
      throw new LogFull((error as Error).message, { cause: error });
    }
    // A sync that failed once says nothing when it succeeds later: the kernel has dropped the pages. So no second try.
    await this.#file.sync();
    this.#size += frame.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** No room on the disk, or none left for this user. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
