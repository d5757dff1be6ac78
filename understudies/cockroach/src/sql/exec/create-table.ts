// CREATE TABLE: from what was written to a table's definition.
import { SqlError, undefinedColumn } from '../errors.ts';
import type { ColumnDef, CreateTable, IndexDef } from '../parse/ast.ts';
import type { Check, Column, Index, Table } from '../state/catalog.ts';
import { INT } from '../values/types.ts';
import { defaultOf, rowChecker } from './row-rules.ts';

/** Columns that a table without a primary key is given, as CockroachDB does. */
const ROWID: Column = { name: 'rowid', type: INT, nullable: false, defaultText: 'unique_rowid()', hidden: true };

/** Throws 42701, 42703, 42P16 where the definition makes no sense. */
export function defineTable(statement: CreateTable, database: string, name: string, id: number): Table {
  const inline = statement.columns.filter((column) => column.primaryKey).map((column) => column.name);
  if (inline.length > 1 || (inline.length === 1 && statement.primaryKey))
    throw new SqlError('42P16', `multiple primary keys for table "${name}" are not allowed`);
  const keyColumns = statement.primaryKey?.columns ?? inline;
  const columns = [
    ...statement.columns.map((column) => ({ ...columnOf(column), nullable: column.nullable && !keyColumns.includes(column.name) })),
    ...(keyColumns.length === 0 ? [ROWID] : []),
  ];
  const table: Table = {
    id,
    version: 1,
    database,
    name,
    columns,
    primaryKey: { name: statement.primaryKey?.name ?? `${name}_pkey`, columns: keyColumns.length === 0 ? [ROWID.name] : keyColumns },
    indexes: [],
    checks: [],
  };
  const indexes = [
    ...statement.columns.filter((column) => column.unique).map((column): IndexDef => ({ unique: true, columns: [column.name] })),
    ...statement.indexes,
  ];
  const checks = [...statement.columns.flatMap((column) => column.checks), ...statement.checks];
  return validated(checks.reduce(withCheck, indexes.reduce(withIndex, table)));
}

export function columnOf({ name, type, nullable, defaultText }: ColumnDef): Column {
  return { name, type, nullable, ...(defaultText === undefined ? {} : { defaultText }) };
}

export function withIndex(table: Table, { name, unique, columns }: IndexDef): Table {
  const index: Index = { name: name ?? freeName(table, `${table.name}_${columns.join('_')}_${unique ? 'key' : 'idx'}`), unique, columns };
  if (names(table).includes(index.name)) throw new SqlError('42P07', `index with name "${index.name}" already exists`);
  return { ...table, indexes: [...table.indexes, index] };
}

export function withCheck(table: Table, { name, text }: { readonly name?: string; readonly text: string }): Table {
  const check: Check = { name: name ?? freeName(table, `check_${text.toLowerCase().match(/[a-z_][a-z0-9_]*/)?.[0] ?? 'row'}`), text };
  if (names(table).includes(check.name)) throw new SqlError('42710', `duplicate constraint name: "${check.name}"`);
  return { ...table, checks: [...table.checks, check] };
}

/** Throws where a column is named that is not there, or an expression cannot be computed. */
export function validated(table: Table): Table {
  const known = table.columns.map((column) => column.name);
  const twice = known.find((name, index) => known.indexOf(name) !== index);
  if (twice !== undefined) throw new SqlError('42701', `duplicate column name: "${twice}"`);
  for (const { columns } of [table.primaryKey, ...table.indexes]) {
    const missing = columns.find((name) => !known.includes(name));
    if (missing !== undefined) throw undefinedColumn(missing);
  }
  for (const column of table.columns) defaultOf(column);
  rowChecker(table);
  return table;
}

function names(table: Table): readonly string[] {
  return [table.primaryKey.name, ...table.indexes.map((index) => index.name), ...table.checks.map((check) => check.name)];
}

function freeName(table: Table, base: string): string {
  const taken = new Set(names(table));
  for (let count = 0; ; count++) {
    const name = count === 0 ? base : `${base}${count}`;
    if (!taken.has(name)) return name;
  }
}
