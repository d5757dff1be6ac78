// Which databases and tables there are. Immutable: a change makes a new catalogue.
import type { Datum } from '../values/datum.ts';
import type { SqlType } from '../values/types.ts';

export interface Column {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  /** SQL text. */
  readonly defaultText?: string;
  /** Not shown by `*`. */
  readonly hidden?: boolean;
}

/** Names of columns whose values no two rows share. */
export interface Index {
  readonly name: string;
  readonly unique: boolean;
  readonly columns: readonly string[];
}

export interface Check {
  readonly name: string;
  /** SQL text. */
  readonly text: string;
}

export interface Table {
  /** Never used twice. */
  readonly id: number;
  /** Grows with every change of the definition: a row is written against the definition that it was made for. */
  readonly version: number;
  readonly database: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey: { readonly name: string; readonly columns: readonly string[] };
  readonly indexes: readonly Index[];
  readonly checks: readonly Check[];
}

/** A row's values in the order of the table's columns. */
export type Row = readonly Datum[];

export interface Catalog {
  readonly databases: readonly string[];
  readonly tables: readonly Table[];
  readonly nextTableId: number;
}

export const EMPTY_CATALOG: Catalog = { databases: ['defaultdb', 'postgres', 'system'], tables: [], nextTableId: 100 };

export function findTable(catalog: Catalog, database: string, name: string): Table | undefined {
  return catalog.tables.find((table) => table.database === database && table.name === name);
}

/** Where each named column stands. */
export function positions(table: Table, names: readonly string[]): readonly number[] {
  return names.map((name) => table.columns.findIndex((column) => column.name === name));
}

/** The values that identify a row. */
export function primaryKeyOf(table: Table, row: Row): Row {
  return positions(table, table.primaryKey.columns).map((position) => row[position] ?? null);
}
