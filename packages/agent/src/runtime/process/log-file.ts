// The log of one run of a container: lines as the CRI writes them, in files that rotate, with readers that follow.
import { closeSync, existsSync, mkdirSync, openSync, read, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '@holdfast/clock';
import type { LogOptions } from '@holdfast/schema';
import type { ContainerLog } from '../runtime.ts';
import { LogLineFilter } from './log-lines.ts';

/** The kubelet's defaults: containerLogMaxSize and containerLogMaxFiles. */
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 5;
/** Longer lines are cut into parts, as CRI runtimes do. */
const MAX_LINE = 16 * 1024;
const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;

const readAsync = promisify(read);

type StreamName = 'stdout' | 'stderr';

/**
 * Writes are synchronous appends, so what a reader finds in the files is always whole entries and exactly what was written.
 * Readers keep a file and a position and are woken in process; a rotation only makes them move on to the next file.
 */
export class LogFile implements ContainerLog {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  readonly #rest = new Map<StreamName, Buffer>();
  readonly #waiters = new Set<() => void>();
  /** Number of the current file; earlier ones are at `<path>.<number>`. */
  #generation = 0;
  #size = 0;
  #fd: number | undefined;

  constructor(
    path: string,
    clock: Clock,
    { maxBytes = MAX_BYTES, maxFiles = MAX_FILES }: { readonly maxBytes?: number; readonly maxFiles?: number } = {},
  ) {
    this.#path = path;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#maxFiles = maxFiles;
    mkdirSync(dirname(path), { recursive: true });
    this.#fd = openSync(path, 'a', 0o600);
    this.#size = statSync(path).size;
  }

  /** Appends what a stream has produced. Ignored after close. */
  write(stream: StreamName, chunk: Uint8Array): void {
    if (this.#fd === undefined) return;
    const before = this.#rest.get(stream);
    let bytes = before ? Buffer.concat([before, chunk]) : Buffer.from(chunk);
    const entries: Buffer[] = [];
    for (;;) {
      const end = bytes.indexOf(NEWLINE);
      if (end >= 0 && end <= MAX_LINE) {
        entries.push(this.#entry(stream, 'F', bytes.subarray(0, end)));
        bytes = bytes.subarray(end + 1);
      } else if (bytes.length > MAX_LINE) {
        entries.push(this.#entry(stream, 'P', bytes.subarray(0, MAX_LINE)));
        bytes = bytes.subarray(MAX_LINE);
      } else break;
    }
    this.#rest.set(stream, Buffer.from(bytes));
    if (entries.length > 0) this.#append(Buffer.concat(entries));
  }

  /** Ends the log: followers finish. */
  close(): void {
    if (this.#fd === undefined) return;
    for (const [stream, bytes] of this.#rest) if (bytes.length > 0) this.#append(this.#entry(stream, 'P', bytes));
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#wake();
  }

  async *read(options: LogOptions, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const filter = new LogLineFilter(options, this.#clock.now());
    let { generation, offset } =
      options.tailLines === undefined ? { generation: this.#oldest(), offset: 0 } : this.#tail(options.tailLines);
    let fd = this.#open(generation);
    try {
      const block = Buffer.alloc(BLOCK);
      while (!signal.aborted) {
        // As it was before: what is written and rotated away while the file is read is still to be read from it.
        const current = this.#generation;
        const { bytesRead } = fd === undefined ? { bytesRead: 0 } : await readAsync(fd, block, 0, BLOCK, offset);
        offset += bytesRead;
        if (bytesRead > 0) {
          const out = filter.push(block.subarray(0, bytesRead));
          if (out.length > 0) yield out;
          if (filter.done) return;
        } else if (generation < current) {
          if (fd !== undefined) closeSync(fd);
          generation = Math.max(generation + 1, this.#oldest());
          offset = 0;
          fd = this.#open(generation);
        } else if (generation === this.#generation) {
          // Removed with its pod.
          if (fd === undefined) return;
          if (offset < this.#size) continue;
          if (!options.follow || this.#fd === undefined) return;
          await this.#changed(signal);
        }
      }
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  #entry(stream: StreamName, tag: 'F' | 'P', line: Buffer): Buffer {
    const time = new Date(this.#clock.now()).toISOString().replace('Z', '000000Z');
    return Buffer.concat([Buffer.from(`${time} ${stream} ${tag} `), line, Buffer.from('\n')]);
  }

  #append(bytes: Buffer): void {
    if (this.#fd === undefined) return;
    if (this.#size > 0 && this.#size + bytes.length > this.#maxBytes) this.#rotate();
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#fd, bytes, written);
    this.#size += bytes.length;
    this.#wake();
  }

  #rotate(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    renameSync(this.#path, `${this.#path}.${this.#generation}`);
    this.#generation += 1;
    rmSync(`${this.#path}.${this.#generation - this.#maxFiles}`, { force: true });
    this.#fd = openSync(this.#path, 'a', 0o600);
    this.#size = 0;
  }

  #wake(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }

  #changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#waiters.delete(wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #oldest(): number {
    return Math.max(0, this.#generation - this.#maxFiles + 1);
  }

  #fileOf(generation: number): string {
    return generation === this.#generation ? this.#path : `${this.#path}.${generation}`;
  }

  /** Undefined when the file is gone: rotated away by the time a slow reader came to it, or removed with its pod. */
  #open(generation: number): number | undefined {
    const file = this.#fileOf(generation);
    return existsSync(file) ? openSync(file, 'r') : undefined;
  }

  /** Where the last `lines` lines begin. */
  #tail(lines: number): { readonly generation: number; readonly offset: number } {
    let left = lines;
    for (let generation = this.#generation; generation >= this.#oldest(); generation--) {
      const found = offsetOfLast(this.#fileOf(generation), left);
      if (found.lines >= left) return { generation, offset: found.offset };
      left -= found.lines;
    }
    return { generation: this.#oldest(), offset: 0 };
  }
}

/** Offset at which the last `wanted` lines of the file begin, and how many lines lie behind it. */
function offsetOfLast(file: string, wanted: number): { readonly lines: number; readonly offset: number } {
  if (!existsSync(file)) return { lines: 0, offset: 0 };
  const fd = openSync(file, 'r');
  try {
    const block = Buffer.alloc(BLOCK);
    let end = statSync(file).size;
    const size = end;
    if (wanted === 0) return { lines: 0, offset: size };
    let lines = 0;
    while (end > 0) {
      const start = Math.max(0, end - BLOCK);
      readSync(fd, block, 0, end - start, start);
      for (let i = end - start - 1; i >= 0; i--) {
        // The newline that ends the file ends the last line and begins none.
        if (block[i] !== NEWLINE || start + i === size - 1) continue;
        lines += 1;
        if (lines === wanted) return { lines, offset: start + i + 1 };
      }
      end = start;
    }
    return { lines: size > 0 ? lines + 1 : 0, offset: 0 };
  } finally {
    closeSync(fd);
  }
}
