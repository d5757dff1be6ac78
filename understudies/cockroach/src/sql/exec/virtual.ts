// Tables that show what the database knows of itself, as far as drivers and tools ask.
import { undefinedTable } from '../errors.ts';
import type { Catalog, Row, Table } from '../state/catalog.ts';
import { INT, type SqlType, STRING, typeName, typeOid } from '../values/types.ts';
import type { QualifiedName } from './names.ts';

interface VirtualTable {
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  readonly rows: (catalog: Catalog, database: string) => readonly Row[];
}

/** Throws 42P01 where there is none of that name. */
export function virtualTable({ schema, name }: QualifiedName): VirtualTable {
  const key = `${schema}.${name}`;
  const table = Object.hasOwn(TABLES, key) ? TABLES[key] : undefined;
  if (!table) throw undefinedTable(key);
  return table;
}

const text = (...names: readonly string[]): VirtualTable['columns'] => names.map((name) => ({ name, type: STRING }));

const TABLES: Readonly<Record<string, VirtualTable>> = {
  'information_schema.tables': {
    columns: text('table_catalog', 'table_schema', 'table_name', 'table_type', 'is_insertable_into'),
    rows: (catalog, database) => tablesOf(catalog, database).map(({ name }) => [database, 'public', name, 'BASE TABLE', 'YES']),
  },
  'information_schema.schemata': {
    columns: text('catalog_name', 'schema_name'),
    rows: (_, database) => ['information_schema', 'pg_catalog', 'public'].map((schema) => [database, schema]),
  },
  'information_schema.columns': {
    columns: [
      ...text('table_catalog', 'table_schema', 'table_name', 'column_name'),
      { name: 'ordinal_position', type: INT },
      ...text('column_default', 'is_nullable', 'data_type', 'is_hidden'),
    ],
    rows: (catalog, database) =>
      tablesOf(catalog, database).flatMap((table) =>
        table.columns.map(({ name, type, nullable, defaultText, hidden }, index) => [
          database,
          'public',
          table.name,
          name,
          BigInt(index + 1),
          defaultText ?? null,
          nullable ? 'YES' : 'NO',
          typeName(type).toLowerCase(),
          hidden ? 'YES' : 'NO',
        ]),
      ),
  },
  'pg_catalog.pg_database': {
    columns: text('datname'),
    rows: (catalog) => catalog.databases.map((name) => [name]),
  },
  'pg_catalog.pg_type': {
    columns: [{ name: 'oid', type: INT }, ...text('typname')],
    rows: () => KINDS.map((kind) => [BigInt(typeOid({ kind })), kind]),
  },
};

const KINDS: readonly SqlType['kind'][] = [
  'bool',
  'bytes',
  'int',
  'string',
  'float',
  'date',
  'timestamp',
  'timestamptz',
  'decimal',
  'uuid',
  'jsonb',
];

function tablesOf(catalog: Catalog, database: string): readonly Table[] {
  return catalog.tables.filter((table) => table.database === database).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
