// A disk that loses, tears and reorders what was not synced when the machine stops: as bad as POSIX allows.
import type { Random } from '@holdfast/clock';

const SECTOR = 512;

type FileChange = { readonly position: number; readonly bytes: Uint8Array } | { readonly length: number };

/** One file's content, as programs see it and as it is certain to survive. */
export class SimulatedInode {
  #now: Uint8Array = new Uint8Array(0);
  #durable: Uint8Array = new Uint8Array(0);
  #pending: FileChange[] = [];

  get content(): Uint8Array {
    return this.#now;
  }

  change(change: FileChange): void {
    this.#now = changed(this.#now, change);
    this.#pending.push(change);
  }

  sync(): void {
    for (const change of this.#pending) this.#durable = changed(this.#durable, change);
    this.#pending = [];
  }

  /** A sync that failed: some of what was pending got there, the rest never will, though reads still show it. */
  failSync(random: Random): void {
    for (const change of this.#pending) if (random.int(2) === 0) this.#durable = changed(this.#durable, change);
    this.#pending = [];
  }

  /** The machine stops: each change that was not synced is there, is gone, or is there in part. */
  crash(random: Random): void {
    for (const change of this.#pending) {
      const fate = random.int(4);
      if (fate === 0) continue;
      if (fate === 1 || 'length' in change) this.#durable = changed(this.#durable, change);
      else if (fate === 2)
        this.#durable = changed(this.#durable, { ...change, bytes: change.bytes.subarray(0, random.int(change.bytes.length)) });
      else for (const part of sectors(change)) if (random.int(2) === 0) this.#durable = changed(this.#durable, part);
    }
    this.#pending = [];
    this.#now = this.#durable;
  }
}

type FolderChange =
  | { readonly type: 'link'; readonly name: string; readonly inode: SimulatedInode }
  | { readonly type: 'unlink'; readonly name: string }
  | { readonly type: 'rename'; readonly from: string; readonly name: string; readonly inode: SimulatedInode };

/** All files of one disk by their paths; the names survive once they were synced, like the content. */
export class SimulatedDisk {
  #now = new Map<string, SimulatedInode>();
  #durable = new Map<string, SimulatedInode>();
  #pending: FolderChange[] = [];
  /** Folders that a process has locked. */
  readonly locks = new Set<string>();

  paths(): readonly string[] {
    return [...this.#now.keys()];
  }

  find(path: string): SimulatedInode | undefined {
    return this.#now.get(path);
  }

  change(change: FolderChange): void {
    relink(this.#now, change);
    this.#pending.push(change);
  }

  syncNames(): void {
    this.#durable = new Map(this.#now);
    this.#pending = [];
  }

  /** The machine stops and starts again. Changes of names that were not synced are kept or lost one by one. */
  crash(random: Random): void {
    for (const change of this.#pending) if (random.int(2) === 0) relink(this.#durable, change);
    this.#pending = [];
    this.#now = new Map(this.#durable);
    for (const inode of new Set(this.#now.values())) inode.crash(random);
    this.locks.clear();
  }
}

function relink(names: Map<string, SimulatedInode>, change: FolderChange): void {
  if (change.type === 'rename') names.delete(change.from);
  if (change.type === 'unlink') names.delete(change.name);
  else names.set(change.name, change.inode);
}

function changed(content: Uint8Array, change: FileChange): Uint8Array {
  const length = 'length' in change ? change.length : Math.max(content.length, change.position + change.bytes.length);
  const next = new Uint8Array(length);
  next.set(content.subarray(0, length));
  if ('bytes' in change) next.set(change.bytes, change.position);
  return next;
}

function* sectors({ position, bytes }: { readonly position: number; readonly bytes: Uint8Array }): Generator<FileChange> {
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + SECTOR - ((position + at) % SECTOR));
    yield { position: position + at, bytes: bytes.subarray(at, end) };
    at = end;
  }
}
