// The rows of one table: by key, in the order of their primary key, and by their unique indexes.
import { compareTuples, keyOf } from '../values/compare.ts';
import { positions, primaryKeyOf, type Row, type Table } from './catalog.ts';

export interface StoredRow {
  readonly row: Row;
  /** Number of the command that wrote it. */
  readonly version: number;
}

export class TableData {
  #table: Table;
  readonly #rows = new Map<string, StoredRow>();
  /** By index name: which row has the values. */
  #unique = new Map<string, Map<string, string>>();
  #ordered: readonly string[] | undefined;
  /** Number of the last command that wrote here. */
  lastWrite: number;

  constructor(table: Table, lastWrite: number) {
    this.#table = table;
    this.lastWrite = lastWrite;
    this.define(table);
  }

  get table(): Table {
    return this.#table;
  }

  get(key: string): StoredRow | undefined {
    return this.#rows.get(key);
  }

  /** In the order of the primary key. */
  *scan(): Generator<readonly [key: string, stored: StoredRow]> {
    this.#ordered ??= [...this.#rows]
      .map(([key, { row }]) => ({ key, primaryKey: primaryKeyOf(this.#table, row) }))
      .toSorted((a, b) => compareTuples(a.primaryKey, b.primaryKey))
      .map(({ key }) => key);
    for (const key of this.#ordered) yield [key, this.#rows.get(key)!];
  }

  /** The key of the row that has these values in that index. */
  holder(index: string, values: string): string | undefined {
    return this.#unique.get(index)?.get(values);
  }

  /** Takes another definition of the same table; rows are the caller's concern. */
  define(table: Table): void {
    this.#table = table;
    this.#ordered = undefined;
    this.#unique = new Map(table.indexes.filter((index) => index.unique).map((index) => [index.name, new Map()]));
    for (const [key, { row }] of this.#rows) this.#index(key, row);
  }

  clear(): void {
    this.#rows.clear();
    this.#ordered = undefined;
    for (const index of this.#unique.values()) index.clear();
  }

  delete(key: string): void {
    const stored = this.#rows.get(key);
    if (!stored) return;
    for (const [name, values] of uniqueValues(this.#table, stored.row)) {
      const index = this.#unique.get(name);
      if (index?.get(values) === key) index.delete(values);
    }
    this.#rows.delete(key);
    this.#ordered = undefined;
  }

  put(key: string, row: Row, version: number): void {
    const known = this.#rows.has(key);
    const order = this.#ordered;
    if (known) this.delete(key);
    // A row that stays in its place does not change the order.
    this.#ordered = known ? order : undefined;
    this.#rows.set(key, { row, version });
    this.#index(key, row);
  }

  #index(key: string, row: Row): void {
    for (const [name, values] of uniqueValues(this.#table, row)) this.#unique.get(name)?.set(values, key);
  }
}

/** What the row's unique indexes hold of it; rows with a NULL there are not compared. */
export function* uniqueValues(table: Table, row: Row): Generator<readonly [index: string, values: string]> {
  for (const { name, unique, columns } of table.indexes) {
    if (!unique) continue;
    const values = positions(table, columns).map((position) => row[position] ?? null);
    if (!values.includes(null)) yield [name, keyOf(values)];
  }
}
