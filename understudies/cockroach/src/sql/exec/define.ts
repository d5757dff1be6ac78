// Changes of the catalogue: databases, tables, indexes.
import { SqlError, undefinedColumn, undefinedDatabase, undefinedTable, unsupported } from '../errors.ts';
import type { AlterAction, CreateTable, IndexDef, NamePath, Statement } from '../parse/ast.ts';
import { type Catalog, findTable as inCatalog, type Row, type Table } from '../state/catalog.ts';
import type { Transaction } from '../state/transaction.ts';
import { columnOf, defineTable, validated, withCheck, withIndex } from './create-table.ts';
import { findTable, qualify } from './names.ts';
import type { Plan, PlanContext, RunContext } from './plan.ts';
import { defaultOf, findClash, rowChecker, uniqueViolation } from './row-rules.ts';

const SYSTEM_DATABASES = new Set(['system', 'postgres']);

type Of<Kind extends Statement['kind']> = Extract<Statement, { readonly kind: Kind }>;

export function planCreateDatabase({ name, ifNotExists }: Of<'createDatabase'>): Plan {
  return definition('CREATE DATABASE', ({ transaction }) => {
    const { catalog } = transaction;
    if (!catalog.databases.includes(name)) return { ...catalog, databases: [...catalog.databases, name].toSorted() };
    if (ifNotExists) return undefined;
    throw new SqlError('42P04', `database "${name}" already exists`);
  });
}

export function planDropDatabase({ name, ifExists, restrict }: Of<'dropDatabase'>): Plan {
  return definition('DROP DATABASE', ({ transaction }) => {
    const { catalog } = transaction;
    if (!catalog.databases.includes(name)) {
      if (ifExists) return undefined;
      throw undefinedDatabase(name);
    }
    if (SYSTEM_DATABASES.has(name)) throw new SqlError('42501', `database "${name}" cannot be dropped`);
    const tables = catalog.tables.filter((table) => table.database !== name);
    if (restrict && tables.length < catalog.tables.length)
      throw new SqlError('2BP01', `database "${name}" is not empty and RESTRICT was specified`);
    return { ...catalog, databases: catalog.databases.filter((database) => database !== name), tables };
  });
}

export function planRenameDatabase({ from, to }: Of<'renameDatabase'>): Plan {
  return definition('RENAME DATABASE', ({ transaction }) => {
    const { catalog } = transaction;
    if (!catalog.databases.includes(from)) throw undefinedDatabase(from);
    if (catalog.databases.includes(to)) throw new SqlError('42P04', `database "${to}" already exists`);
    return {
      ...catalog,
      databases: catalog.databases.map((database) => (database === from ? to : database)).toSorted(),
      tables: catalog.tables.map((table) => (table.database === from ? { ...table, database: to, version: table.version + 1 } : table)),
    };
  });
}

export function planCreateTable(statement: CreateTable, context: PlanContext): Plan {
  const { database, name } = qualify(statement.name, context);
  return definition('CREATE TABLE', ({ transaction }) => {
    const { catalog } = transaction;
    if (!catalog.databases.includes(database)) throw undefinedDatabase(database);
    if (inCatalog(catalog, database, name)) {
      if (statement.ifNotExists) return undefined;
      throw new SqlError('42P07', `relation "${database}.public.${name}" already exists`);
    }
    const table = defineTable(statement, database, name, catalog.nextTableId);
    return { ...catalog, tables: [...catalog.tables, table], nextTableId: catalog.nextTableId + 1 };
  });
}

export function planDropTable({ names, ifExists }: Of<'dropTable'>, context: PlanContext): Plan {
  return definition('DROP TABLE', ({ transaction }) => {
    const { catalog } = transaction;
    const ids = new Set(names.map((path) => existing(path, context, transaction, ifExists)?.id));
    return { ...catalog, tables: catalog.tables.filter((table) => !ids.has(table.id)) };
  });
}

export function planCreateIndex({ table: path, index, ifNotExists }: Of<'createIndex'>, context: PlanContext): Plan {
  return definition('CREATE INDEX', (run) => {
    const table = findTable(path, { ...context, transaction: run.transaction });
    if (ifNotExists && table.indexes.some((known) => known.name === index.name)) return undefined;
    return addIndex(table, index, run);
  });
}

export function planDropIndex({ table: path, name, ifExists }: Of<'dropIndex'>, context: PlanContext): Plan {
  return definition('DROP INDEX', ({ transaction }) => {
    const inner = { ...context, transaction };
    const tables = path ? [findTable(path, inner)] : transaction.catalog.tables.filter((table) => table.database === context.database);
    const table = tables.find((candidate) => candidate.indexes.some((index) => index.name === name));
    if (table) return replaced(transaction.catalog, { ...table, indexes: table.indexes.filter((index) => index.name !== name) });
    if (ifExists) return undefined;
    throw new SqlError('42704', `index "${name}" does not exist`);
  });
}

export function planAlterTable({ name: path, ifExists, actions }: Of<'alterTable'>, context: PlanContext): Plan {
  return definition('ALTER TABLE', (run) => {
    for (const action of actions) {
      const table = existing(path, context, run.transaction, ifExists);
      const catalog = table && alter(table, action, run);
      if (catalog) run.transaction.define(catalog);
    }
    return undefined;
  });
}

function alter(table: Table, action: AlterAction, run: RunContext): Catalog | undefined {
  const { catalog } = run.transaction;
  switch (action.action) {
    case 'addColumn':
      return addColumn(table, action, run);
    case 'dropColumn':
      return dropColumn(table, action, run);
    case 'renameColumn':
      return renameColumn(table, action.from, action.to, catalog);
    case 'renameTable':
      if (inCatalog(catalog, table.database, action.to)) throw new SqlError('42P07', `relation "${action.to}" already exists`);
      return replaced(catalog, { ...table, name: action.to });
    case 'addUnique':
      return addIndex(table, { ...action.index, unique: true }, run);
    case 'addCheck':
      return checkRows(validated(withCheck(table, action.check)), table, run);
    case 'dropConstraint':
      return dropConstraint(table, action, catalog);
    default: {
      const column = table.columns.find(({ name }) => name === action.column);
      if (!column) throw undefinedColumn(action.column);
      if (action.action === 'dropNotNull' && table.primaryKey.columns.includes(column.name))
        throw new SqlError('42P16', `column "${column.name}" is in a primary index`);
      const { defaultText, ...bare } = column;
      const kept = defaultText === undefined ? bare : column;
      const changed =
        action.action === 'setNotNull'
          ? { ...kept, nullable: false }
          : action.action === 'dropNotNull'
            ? { ...kept, nullable: true }
            : action.action === 'setDefault'
              ? { ...bare, defaultText: action.defaultText }
              : bare;
      const next = validated({ ...table, columns: table.columns.map((known) => (known === column ? changed : known)) });
      return action.action === 'setNotNull' ? checkRows(next, table, run) : replaced(catalog, next);
    }
  }
}

function addColumn(
  table: Table,
  { column, ifNotExists }: Extract<AlterAction, { action: 'addColumn' }>,
  run: RunContext,
): Catalog | undefined {
  if (table.columns.some(({ name }) => name === column.name)) {
    if (ifNotExists) return undefined;
    throw new SqlError('42701', `column "${column.name}" of relation "${table.name}" already exists`);
  }
  if (column.primaryKey) throw new SqlError('42P16', `multiple primary keys for table "${table.name}" are not allowed`);
  const added = columnOf(column);
  let next: Table = { ...table, columns: [...table.columns, added] };
  if (column.unique) next = withIndex(next, { unique: true, columns: [column.name] });
  next = validated(column.checks.reduce(withCheck, next));
  const value = defaultOf(added);
  return rewrite(table, next, (row) => [...row, value.evaluate({ row, params: [], session: run.session })], run);
}

function dropColumn(
  table: Table,
  { column: name, ifExists }: Extract<AlterAction, { action: 'dropColumn' }>,
  run: RunContext,
): Catalog | undefined {
  const index = table.columns.findIndex((column) => column.name === name);
  if (index < 0) {
    if (ifExists) return undefined;
    throw undefinedColumn(name);
  }
  if (table.primaryKey.columns.includes(name)) throw new SqlError('42P10', `column "${name}" is referenced by the primary key`);
  const next: Table = {
    ...table,
    columns: table.columns.filter((_, position) => position !== index),
    indexes: table.indexes.filter(({ columns }) => !columns.includes(name)),
  };
  return rewrite(table, validated(next), (row) => row.filter((_, position) => position !== index), run);
}

function renameColumn(table: Table, from: string, to: string, catalog: Catalog): Catalog {
  if (!table.columns.some(({ name }) => name === from)) throw undefinedColumn(from);
  // The text of a constraint would still name the column as it was.
  if (table.checks.some(({ text }) => new RegExp(`\\b${from}\\b`).test(text)))
    throw unsupported(`renaming column "${from}", which a CHECK constraint names,`);
  const rename = (name: string): string => (name === from ? to : name);
  return replaced(
    catalog,
    validated({
      ...table,
      columns: table.columns.map((column) => ({ ...column, name: rename(column.name) })),
      primaryKey: { ...table.primaryKey, columns: table.primaryKey.columns.map(rename) },
      indexes: table.indexes.map((index) => ({ ...index, columns: index.columns.map(rename) })),
    }),
  );
}

function dropConstraint(
  table: Table,
  { name, ifExists }: Extract<AlterAction, { action: 'dropConstraint' }>,
  catalog: Catalog,
): Catalog | undefined {
  const unique = table.indexes.some((index) => index.name === name && index.unique);
  if (!unique && !table.checks.some((check) => check.name === name)) {
    if (ifExists) return undefined;
    if (name === table.primaryKey.name) throw unsupported('dropping a primary key');
    throw new SqlError('42704', `constraint "${name}" of relation "${table.name}" does not exist`);
  }
  return replaced(catalog, {
    ...table,
    indexes: table.indexes.filter((index) => index.name !== name),
    checks: table.checks.filter((check) => check.name !== name),
  });
}

function addIndex(table: Table, index: IndexDef, run: RunContext): Catalog {
  const next = validated(withIndex(table, index));
  return index.unique ? checkRows(next, table, run) : replaced(run.transaction.catalog, next);
}

/** Takes the definition if all rows that are there satisfy it. */
function checkRows(next: Table, table: Table, run: RunContext): Catalog {
  return rewrite(table, next, (row) => row, run);
}

/** Writes all rows anew, for another definition. */
function rewrite(table: Table, next: Table, change: (row: Row) => Row, run: RunContext): Catalog {
  const { transaction } = run;
  const rows = transaction.scan(table).map(([, row]) => change(row));
  const catalog = replaced(transaction.catalog, next);
  const check = rowChecker(next);
  transaction.clear(table);
  transaction.define(catalog);
  for (const row of rows) {
    check(row, run);
    const clash = findClash(transaction, next, row);
    if (clash) throw uniqueViolation(next, clash);
    transaction.put(next, row, true);
  }
  return catalog;
}

function replaced(catalog: Catalog, table: Table): Catalog {
  return { ...catalog, tables: catalog.tables.map((known) => (known.id === table.id ? { ...table, version: known.version + 1 } : known)) };
}

function existing(path: NamePath, context: PlanContext, transaction: Transaction, ifExists: boolean): Table | undefined {
  const { database, name } = qualify(path, { ...context, transaction });
  const table = inCatalog(transaction.catalog, database, name);
  if (!table && !ifExists) throw undefinedTable(path.join('.'));
  return table;
}

function definition(tag: string, change: (run: RunContext) => Catalog | undefined): Plan {
  return {
    run: (run) => {
      const catalog = change(run);
      if (catalog) run.transaction.define(catalog);
      return { tag };
    },
  };
}
