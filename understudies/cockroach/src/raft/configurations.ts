// Which configuration holds at which place in the log: one takes effect when it is appended, and not only when it is committed (section 4.1).
import { type Configuration, decodeConfiguration, type Entry, type SnapshotMark } from './messages.ts';

interface Change {
  readonly index: number;
  readonly configuration: Configuration;
}

export class Configurations {
  /** In order of their indexes; the first is that of the snapshot. */
  #changes: Change[];

  constructor(mark: SnapshotMark, entries: readonly Entry[]) {
    this.#changes = [{ index: mark.index, configuration: mark.configuration }];
    for (const entry of entries) this.append(entry);
  }

  get latest(): Configuration {
    return this.#changes.at(-1)!.configuration;
  }

  /** Index of the entry that holds the latest configuration. */
  get latestIndex(): number {
    return this.#changes.at(-1)!.index;
  }

  /** The configuration as of that index. */
  at(index: number): Configuration {
    return this.#changes.findLast((change) => change.index <= index)!.configuration;
  }

  append(entry: Entry): void {
    if (entry.kind === 'configuration') this.#changes.push({ index: entry.index, configuration: decodeConfiguration(entry.data) });
  }

  /** Forgets what entries from `index` on said. */
  truncate(index: number): void {
    this.#changes = this.#changes.filter((change, position) => position === 0 || change.index < index);
  }

  compact(index: number): void {
    const base = { index, configuration: this.at(index) };
    this.#changes = [base, ...this.#changes.filter((change) => change.index > index)];
  }

  reset(mark: SnapshotMark): void {
    this.#changes = [{ index: mark.index, configuration: mark.configuration }];
  }
}
