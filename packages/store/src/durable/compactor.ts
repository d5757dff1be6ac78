// Keeps the logs short: when they have grown, a new one is begun, a snapshot takes the place of the old ones, and those are removed.
import type { StoreState } from '../store-state.ts';
import { AppendLog } from './append-log.ts';
import { storeFile, storeFiles } from './file-names.ts';
import type { FileSystem } from './file-system.ts';
import { writeSnapshot } from './snapshot-file.ts';

export interface CompactorOptions {
  readonly fileSystem: FileSystem;
  readonly folder: string;
  readonly salt: () => number;
  readonly compactAfter: number;
  readonly onNotice: (notice: string) => void;
  /** Bytes of the logs that are there at the start, without the one being written. */
  readonly logBytes: number;
}

/** Decides when, and does it beside the writes. */
export class Compactor<V> {
  readonly #options: CompactorOptions;
  /** Bytes of logs that a snapshot would replace, without the one being written. */
  #before = 0;
  /** Compact when the logs have so many bytes. */
  #threshold: number;
  #running: Promise<void> | undefined;

  constructor(options: CompactorOptions) {
    this.#options = options;
    this.#threshold = options.compactAfter;
    this.#before = options.logBytes;
  }

  /** Resolves when no snapshot is being written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /**
   * To be called between appends, with everything in `state` on disk. Resolves with the log that goes on; when it fails, none may.
   */
  async after(log: AppendLog, state: StoreState<V>): Promise<AppendLog> {
    if (this.#running || this.#before + log.size < this.#threshold) return log;
    const { fileSystem, folder, salt, onNotice } = this.#options;
    const { revision } = state;
    let begin: () => Promise<AppendLog>;
    try {
      begin = await AppendLog.prepare(fileSystem, folder, revision + 1, salt());
    } catch (error) {
      this.#postpone(log.size);
      onNotice(`could not begin a new log: ${(error as Error).message}; the old one goes on`);
      return log;
    }
    const next = await begin();
    await log.close();
    this.#before += log.size;
    const { entries } = state.list('');
    this.#running = this.#snapshot({ revision, entries }).finally(() => {
      this.#running = undefined;
    });
    return next;
  }

  async #snapshot(snapshot: { readonly revision: number; readonly entries: ReturnType<StoreState<V>['list']>['entries'] }): Promise<void> {
    const { fileSystem, folder, salt, compactAfter, onNotice } = this.#options;
    const target = storeFile(folder, 'snapshot', snapshot.revision);
    try {
      await writeSnapshot(fileSystem, { folder, target, salt: salt() }, snapshot);
      for (const file of storeFiles(folder, await fileSystem.list(folder))) {
        const replaced = file.kind === 'snapshot' ? file.revision < snapshot.revision : file.revision <= snapshot.revision;
        if (replaced) await fileSystem.remove(file.path);
      }
      this.#before = 0;
      this.#threshold = Math.max(compactAfter, sizeOf(snapshot.entries));
    } catch (error) {
      this.#postpone(0);
      onNotice(`could not write a snapshot: ${(error as Error).message}; the logs stay`);
    }
  }

  /** Tries again when the logs have grown by another threshold. */
  #postpone(current: number): void {
    this.#threshold = this.#before + current + this.#options.compactAfter;
  }
}

function sizeOf(entries: readonly { encoded(): Uint8Array }[]): number {
  return entries.reduce((sum, entry) => sum + entry.encoded().length, 0);
}
