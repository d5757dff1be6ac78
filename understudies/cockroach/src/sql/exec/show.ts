// SHOW: what there is, as tables.
import { SqlError, undefinedDatabase } from '../errors.ts';
import type { Statement } from '../parse/ast.ts';
import type { Row, Table } from '../state/catalog.ts';
import { BOOL, INT, type SqlType, STRING, typeName } from '../values/types.ts';
import { findTable } from './names.ts';
import type { Plan, PlanContext } from './plan.ts';

type Show = Extract<Statement, { readonly kind: 'show' }>;

/** `setting`: the value of a setting of the session; undefined where there is none of that name. */
export function planShow({ what, name }: Show, context: PlanContext, settings: ReadonlyMap<string, string>): Plan {
  switch (what) {
    case 'databases':
      return list({ database_name: STRING, owner: STRING }, ({ databases }) =>
        databases.map((database) => [database, database === 'system' ? 'node' : 'root']),
      );
    case 'schemas':
      return list({ schema_name: STRING, owner: STRING }, () => [
        ['information_schema', 'node'],
        ['pg_catalog', 'node'],
        ['public', 'admin'],
      ]);
    case 'tables':
      return showTables(name.at(0) ?? context.database, context);
    case 'columns':
      return showColumns(findTable(name, context));
    case 'indexes':
      return showIndexes(findTable(name, context));
    case 'create': {
      const table = findTable(name, context);
      return list({ table_name: STRING, create_statement: STRING }, () => [[table.name, createStatement(table)]]);
    }
    case 'all':
      return list({ variable: STRING, value: STRING }, () => [...settings].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    case 'setting': {
      const [key = ''] = name;
      const value = settings.get(key);
      if (value === undefined) throw new SqlError('42704', `unrecognized configuration parameter ${JSON.stringify(key)}`);
      return list({ [key]: STRING }, () => [[value]]);
    }
  }
}

function list(columns: Readonly<Record<string, SqlType>>, rows: (catalog: PlanContext['transaction']['catalog']) => readonly Row[]): Plan {
  return {
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    run: ({ transaction }) => {
      const result = rows(transaction.catalog);
      return { tag: `SHOW ${result.length}`, rows: result };
    },
  };
}

function showTables(database: string, context: PlanContext): Plan {
  if (!context.transaction.catalog.databases.includes(database)) throw undefinedDatabase(database);
  return {
    columns: [
      { name: 'schema_name', type: STRING },
      { name: 'table_name', type: STRING },
      { name: 'type', type: STRING },
      { name: 'owner', type: STRING },
      { name: 'estimated_row_count', type: INT },
      { name: 'locality', type: STRING },
    ],
    run: ({ transaction }) => {
      const tables = transaction.catalog.tables
        .filter((table) => table.database === database)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const rows = tables.map((table) => ['public', table.name, 'table', 'root', BigInt(transaction.scan(table).length), null]);
      return { tag: `SHOW TABLES ${rows.length}`, rows };
    },
  };
}

function showColumns(table: Table): Plan {
  const columns = {
    column_name: STRING,
    data_type: STRING,
    is_nullable: BOOL,
    column_default: STRING,
    generation_expression: STRING,
    indices: STRING,
    is_hidden: BOOL,
  };
  const indices = (name: string): string => {
    const used = table.indexes.filter((index) => index.columns.includes(name)).map((index) => index.name);
    return `{${[...used, table.primaryKey.name].toSorted().join(',')}}`;
  };
  return list(columns, () =>
    table.columns.map(({ name, type, nullable, defaultText, hidden }) => [
      name,
      typeName(type),
      nullable,
      defaultText ?? null,
      '',
      indices(name),
      hidden === true,
    ]),
  );
}

function showIndexes(table: Table): Plan {
  const columns = { table_name: STRING, index_name: STRING, non_unique: BOOL, seq_in_index: INT, column_name: STRING, direction: STRING };
  const all = [{ ...table.primaryKey, unique: true }, ...table.indexes];
  return list(columns, () =>
    all.flatMap(({ name, unique, columns: of }) =>
      of.map((column, index) => [table.name, name, !unique, BigInt(index + 1), column, 'ASC']),
    ),
  );
}

/** The table as a statement that would make it. */
function createStatement(table: Table): string {
  const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
  const names = (columns: readonly string[]): string => columns.map((name) => `${quoted(name)} ASC`).join(', ');
  const lines = [
    ...table.columns.map(({ name, type, nullable, defaultText, hidden }) =>
      [
        quoted(name),
        typeName(type),
        ...(hidden ? ['NOT VISIBLE'] : []),
        nullable ? 'NULL' : 'NOT NULL',
        ...(defaultText === undefined ? [] : [`DEFAULT ${defaultText}`]),
      ].join(' '),
    ),
    `CONSTRAINT ${quoted(table.primaryKey.name)} PRIMARY KEY (${names(table.primaryKey.columns)})`,
    ...table.indexes.map(({ name, unique, columns }) => `${unique ? 'UNIQUE ' : ''}INDEX ${quoted(name)} (${names(columns)})`),
    ...table.checks.map(({ name, text }) => `CONSTRAINT ${quoted(name)} CHECK (${text})`),
  ];
  return `CREATE TABLE public.${quoted(table.name)} (\n\t${lines.join(',\n\t')}\n)`;
}
