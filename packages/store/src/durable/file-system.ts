// The few file operations that a durable store needs, passed in so that crashes and failing disks can be simulated.

/** A file opened for reading and writing. Positions and lengths are bytes. Errors carry the system's `code` (ENOSPC, EIO, …). */
export interface OpenFile {
  size(): Promise<number>;
  /** Up to `length` bytes from `position`; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Writes all bytes or fails; after a failure any part of them may be there. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Resolves when everything written to the file survives a crash of the machine (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file system. Names made, changed and removed in a folder survive a crash once `syncFolder` has resolved. */
export interface FileSystem {
  /** Makes the folder and those above it; no error when it is there. */
  makeFolder(path: string): Promise<void>;
  /** Names in the folder, in no order. */
  list(folder: string): Promise<readonly string[]>;
  /** Opens an existing file, or makes an empty one with `create`. */
  open(path: string, options?: { readonly create?: boolean }): Promise<OpenFile>;
  /** Takes the place of whatever is at `to`. */
  rename(from: string, to: string): Promise<void>;
  /** No error when there is no such file. */
  remove(path: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
  /** Takes the folder for this process; the lock ends with the process at the latest. Throws FolderInUse. Resolves with its release. */
  lock(folder: string): Promise<() => Promise<void>>;
}

/** Another process has the folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';

  constructor(folder: string) {
    super(`${folder} is in use by another process: stop that one first`);
  }
}
