// What a name in a statement means.
import { SqlError, undefinedDatabase } from '../errors.ts';
import type { NamePath, TableRef } from '../parse/ast.ts';
import type { ScopeColumn } from '../expr/scope.ts';
import type { Table } from '../state/catalog.ts';
import type { PlanContext } from './plan.ts';

export interface QualifiedName {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
}

/** `table`, `database.table`, `schema.table` or `database.schema.table`. Throws 3F000 where the schema is none. */
export function qualify(path: NamePath, { database, transaction }: Pick<PlanContext, 'database' | 'transaction'>): QualifiedName {
  const name = path.at(-1)!;
  if (path.length === 3) return checked({ database: path[0]!, schema: path[1]!, name });
  const first = path.length === 2 ? path[0]! : undefined;
  if (first === undefined) return { database, schema: 'public', name };
  // A database of that name comes first only where there is no schema of that name.
  if (SCHEMAS.has(first)) return { database, schema: first, name };
  if (transaction.catalog.databases.includes(first)) return { database: first, schema: 'public', name };
  throw undefinedDatabase(first);
}

/** A table of the catalogue. */
export function findTable(path: NamePath, context: Pick<PlanContext, 'database' | 'transaction'>): Table {
  const { database, schema, name } = qualify(path, context);
  if (schema !== 'public') throw new SqlError('42501', `${schema}.${name} cannot be changed: it shows what the database knows of itself`);
  return context.transaction.table(database, name, path.join('.'));
}

export function scopeColumns(table: Table, { alias }: TableRef): readonly ScopeColumn[] {
  return table.columns.map(({ name, type, hidden }) => ({ table: alias ?? table.name, name, type, ...(hidden ? { hidden } : {}) }));
}

const SCHEMAS = new Set(['public', 'information_schema', 'pg_catalog', 'crdb_internal']);

function checked(name: QualifiedName): QualifiedName {
  if (!SCHEMAS.has(name.schema)) throw new SqlError('3F000', `unknown schema "${name.schema}"`);
  return name;
}
