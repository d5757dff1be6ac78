// The replicated database: changed by committed transactions only, in the same way on every node.
import type { StateMachine } from '../../replica.ts';
import { type Catalog, EMPTY_CATALOG } from './catalog.ts';
import { decodeCommand, decodeRow, encodeRow, type Expectations, type Outcome, type TransactionCommand } from './command.ts';
import { TableData, uniqueValues } from './table-data.ts';

interface SnapshotContent {
  readonly commands: number;
  readonly catalog: Catalog;
  readonly catalogVersion: number;
  readonly tables: readonly {
    readonly id: number;
    readonly lastWrite: number;
    readonly rows: readonly (readonly [key: string, row: unknown, version: number])[];
  }[];
}

export class Database implements StateMachine {
  #catalog: Catalog = EMPTY_CATALOG;
  #catalogVersion = 0;
  /** Commands applied so far. */
  #commands = 0;
  #tables = new Map<number, TableData>();

  get catalog(): Catalog {
    return this.#catalog;
  }

  get catalogVersion(): number {
    return this.#catalogVersion;
  }

  /** The rows and the definition of a table of the catalogue. */
  data(tableId: number): TableData | undefined {
    return this.#tables.get(tableId);
  }

  apply(bytes: Uint8Array): Outcome {
    const command = decodeCommand(bytes);
    this.#commands++;
    if (!this.holds(command.expect) || !this.#writable(command)) return 'conflict';
    if (command.catalog) this.#define(command.catalog);
    for (const id of command.clear) this.#written(id)?.clear();
    // What gives way goes first: a row may take over the unique value of another.
    for (const write of command.writes) if (write.row === null) this.#written(write.table)?.delete(write.key);
    for (const write of command.writes) if (write.row) this.#written(write.table)?.put(write.key, write.row, this.#commands);
    return 'committed';
  }

  /** Whether all that a transaction has seen is still so. */
  holds({ catalog, tables, rows }: Expectations): boolean {
    if (catalog !== undefined && catalog !== this.#catalogVersion) return false;
    for (const { id, definition, lastWrite } of tables) {
      const data = this.#tables.get(id);
      if (data?.table.version !== definition) return false;
      if (lastWrite !== undefined && data.lastWrite !== lastWrite) return false;
    }
    return rows.every(({ table, key, version }) => (this.#tables.get(table)?.get(key)?.version ?? 0) === version);
  }

  snapshot(): Uint8Array {
    const content: SnapshotContent = {
      commands: this.#commands,
      catalog: this.#catalog,
      catalogVersion: this.#catalogVersion,
      tables: [...this.#tables].map(([id, data]) => ({
        id,
        lastWrite: data.lastWrite,
        rows: [...data.scan()].map(([key, { row, version }]) => [key, encodeRow(row), version] as const),
      })),
    };
    return Buffer.from(JSON.stringify(content));
  }

  restore(snapshot: Uint8Array): void {
    const content: SnapshotContent = JSON.parse(Buffer.from(snapshot).toString());
    this.#commands = content.commands;
    this.#catalog = content.catalog;
    this.#catalogVersion = content.catalogVersion;
    this.#tables = new Map();
    for (const table of content.catalog.tables) {
      const stored = content.tables.find(({ id }) => id === table.id);
      const data = new TableData(table, stored?.lastWrite ?? 0);
      for (const [key, row, version] of stored?.rows ?? []) data.put(key, decodeRow(row), version);
      this.#tables.set(table.id, data);
    }
  }

  /** Whether the writes leave every key and every unique value with one row. */
  #writable({ catalog, clear, writes }: TransactionCommand): boolean {
    const cleared = new Set(clear);
    const leaving = new Set(writes.map((write) => `${write.table} ${write.key}`));
    const taken = new Set<string>();
    for (const { table: id, key, row, fresh } of writes) {
      const data = this.#tables.get(id);
      const table = catalog?.tables.find((candidate) => candidate.id === id) ?? data?.table;
      if (!table) return false;
      if (fresh && data?.get(key) && !cleared.has(id)) return false;
      if (!row) continue;
      for (const [index, values] of uniqueValues(table, row)) {
        const holder = cleared.has(id) ? undefined : data?.holder(index, values);
        if (holder !== undefined && holder !== key && !leaving.has(`${id} ${holder}`)) return false;
        const place = `${id} ${index} ${values}`;
        if (taken.has(place)) return false;
        taken.add(place);
      }
    }
    return true;
  }

  #define(catalog: Catalog): void {
    this.#catalog = catalog;
    this.#catalogVersion++;
    const ids = new Set(catalog.tables.map((table) => table.id));
    for (const id of this.#tables.keys()) if (!ids.has(id)) this.#tables.delete(id);
    for (const table of catalog.tables) {
      const data = this.#tables.get(table.id);
      if (!data) this.#tables.set(table.id, new TableData(table, this.#commands));
      else if (data.table.version !== table.version) data.define(table);
    }
  }

  #written(id: number): TableData | undefined {
    const data = this.#tables.get(id);
    if (data) data.lastWrite = this.#commands;
    return data;
  }
}
