// One transaction's view: the database as it is, with the transaction's own writes over it, and a record of what was seen.
import { undefinedDatabase, undefinedTable } from '../errors.ts';
import { compareTuples, keyOf } from '../values/compare.ts';
import { type Catalog, findTable, primaryKeyOf, type Row, type Table } from './catalog.ts';
import { encodeCommand, type Expectations, type Write } from './command.ts';
import type { Database } from './database.ts';
import { uniqueValues } from './table-data.ts';

interface Seen {
  readonly definition: number;
  lastWrite: number | undefined;
}

interface Own {
  cleared: boolean;
  /** By key; null: deleted. */
  readonly rows: Map<string, { readonly row: Row | null; readonly fresh: boolean }>;
}

export class Transaction {
  readonly #database: Database;
  #catalog: Catalog | undefined;
  #catalogVersion: number | undefined;
  #tables = new Map<number, Seen>();
  #rows = new Map<string, { readonly table: number; readonly key: string; readonly version: number }>();
  #own = new Map<number, Own>();

  constructor(database: Database) {
    this.#database = database;
  }

  get catalog(): Catalog {
    return this.#catalog ?? this.#database.catalog;
  }

  /** Whether there is anything to commit. */
  get writes(): boolean {
    return this.#catalog !== undefined || [...this.#own.values()].some((own) => own.cleared || own.rows.size > 0);
  }

  /** Whether what was seen so far is still so: without that, what is seen next belongs to another time. */
  get valid(): boolean {
    return this.#database.holds(this.#expectations);
  }

  /** The table of that name. Throws 3D000 and 42P01. */
  table(database: string, name: string, written: string): Table {
    if (!this.catalog.databases.includes(database)) throw undefinedDatabase(database);
    const table = findTable(this.catalog, database, name);
    if (!table) throw undefinedTable(written);
    return table;
  }

  /** Replaces the catalogue; tables are the caller's to keep consistent. */
  define(catalog: Catalog): void {
    this.#catalogVersion ??= this.#database.catalogVersion;
    this.#catalog = catalog;
  }

  /** All rows in the order of the primary key. */
  scan(table: Table): readonly (readonly [key: string, row: Row])[] {
    const seen = this.#see(table);
    const own = this.#own.get(table.id);
    const stored = this.#database.data(table.id);
    if (seen && stored) seen.lastWrite ??= stored.lastWrite;
    const rows: (readonly [string, Row])[] = [];
    if (stored && !own?.cleared) {
      for (const [key, { row }] of stored.scan()) if (!own?.rows.has(key)) rows.push([key, row]);
    }
    if (!own || own.rows.size === 0) return rows;
    for (const [key, { row }] of own.rows) if (row) rows.push([key, row]);
    return rows
      .map((entry) => ({ entry, primaryKey: primaryKeyOf(table, entry[1]) }))
      .toSorted((a, b) => compareTuples(a.primaryKey, b.primaryKey))
      .map(({ entry }) => entry);
  }

  /** The row of that primary key. */
  get(table: Table, primaryKey: Row): readonly [key: string, row: Row] | undefined {
    const key = keyOf(primaryKey);
    const own = this.#own.get(table.id);
    const ownRow = own?.rows.get(key);
    if (ownRow) return ownRow.row ? [key, ownRow.row] : undefined;
    this.#see(table);
    const stored = this.#database.data(table.id);
    if (!stored || own?.cleared) return undefined;
    const found = stored.get(key);
    this.#rows.set(`${table.id} ${key}`, { table: table.id, key, version: found?.version ?? 0 });
    return found && [key, found.row];
  }

  /** The row, other than that of `key`, with which this one shares a unique value, and in which index. */
  clash(table: Table, key: string, row: Row): { readonly index: string; readonly key: string; readonly row: Row } | undefined {
    const own = this.#own.get(table.id);
    const stored = this.#database.data(table.id);
    for (const [index, values] of uniqueValues(table, row)) {
      for (const [otherKey, other] of own?.rows ?? []) {
        if (otherKey === key || !other.row) continue;
        for (const [otherIndex, otherValues] of uniqueValues(table, other.row))
          if (otherIndex === index && otherValues === values) return { index, key: otherKey, row: other.row };
      }
      const holder = stored && !own?.cleared ? stored.holder(index, values) : undefined;
      if (stored && holder !== undefined && holder !== key && !own?.rows.has(holder))
        return { index, key: holder, row: stored.get(holder)!.row };
    }
    return undefined;
  }

  /** Writes a row under its primary key. `fresh`: the transaction has found no row there. */
  put(table: Table, row: Row, fresh: boolean): void {
    this.#see(table);
    const { rows } = this.#ownOf(table);
    const key = keyOf(primaryKeyOf(table, row));
    const before = rows.get(key);
    // Deleted and written again: there is a row to be replaced.
    rows.set(key, { row, fresh: before ? before.fresh : fresh });
  }

  delete(table: Table, key: string): void {
    this.#see(table);
    const { rows } = this.#ownOf(table);
    if (rows.get(key)?.fresh) rows.delete(key);
    else rows.set(key, { row: null, fresh: false });
  }

  clear(table: Table): void {
    this.#see(table);
    const own = this.#ownOf(table);
    own.cleared = true;
    own.rows.clear();
  }

  command(): Uint8Array {
    const ids = new Set(this.catalog.tables.map((table) => table.id));
    const own = [...this.#own].filter(([id]) => ids.has(id));
    const writes = own.flatMap(([table, { rows }]) =>
      [...rows].map(([key, { row, fresh }]): Write => ({ table, key, row, ...(fresh ? { fresh } : {}) })),
    );
    return encodeCommand({
      expect: this.#expectations,
      ...(this.#catalog ? { catalog: this.#catalog } : {}),
      clear: own.filter(([, { cleared }]) => cleared).map(([id]) => id),
      writes,
    });
  }

  /** What can be gone back to. */
  savepoint(): () => void {
    const catalog = this.#catalog;
    const own = new Map([...this.#own].map(([id, { cleared, rows }]) => [id, { cleared, rows: new Map(rows) }]));
    // What was seen stays seen.
    return () => {
      this.#catalog = catalog;
      this.#own = new Map([...own].map(([id, { cleared, rows }]) => [id, { cleared, rows: new Map(rows) }]));
    };
  }

  get #expectations(): Expectations {
    return {
      ...(this.#catalogVersion === undefined ? {} : { catalog: this.#catalogVersion }),
      tables: [...this.#tables].map(([id, { definition, lastWrite }]) => ({
        id,
        definition,
        ...(lastWrite === undefined ? {} : { lastWrite }),
      })),
      rows: [...this.#rows.values()],
    };
  }

  /** Notes which definition is relied on; undefined for a table that only this transaction knows. */
  #see(table: Table): Seen | undefined {
    const known = this.#tables.get(table.id);
    if (known) return known;
    const stored = this.#database.data(table.id);
    if (!stored) return undefined;
    const seen = { definition: stored.table.version, lastWrite: undefined };
    this.#tables.set(table.id, seen);
    return seen;
  }

  #ownOf(table: Table): Own {
    const known = this.#own.get(table.id);
    if (known) return known;
    const own = { cleared: false, rows: new Map() };
    this.#own.set(table.id, own);
    return own;
  }
}
