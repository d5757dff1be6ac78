// What a row must satisfy before it is written, and what its missing values are.
import { SqlError } from '../errors.ts';
import { bind, bindAs } from '../expr/bind.ts';
import type { Bound } from '../expr/bound.ts';
import { Parameters } from '../expr/scope.ts';
import { parseExpression } from '../parse/statement.ts';
import { positions, primaryKeyOf, type Row, type Table } from '../state/catalog.ts';
import type { Transaction } from '../state/transaction.ts';
import type { Datum } from '../values/datum.ts';
import { formatText } from '../values/format.ts';
import { keyOf } from '../values/compare.ts';
import { scopeColumns } from './names.ts';
import type { RunContext } from './plan.ts';

/** A column's default; NULL where it has none. */
export function defaultOf(column: Table['columns'][number]): Bound {
  if (column.defaultText === undefined) return { type: column.type, evaluate: () => null };
  const scope = { columns: [], params: new Parameters(0, []), place: 'DEFAULT' };
  return bindAs(parseExpression(column.defaultText), scope, column.type, `column "${column.name}"`);
}

/** Checks NULLs and CHECK constraints. The returned function throws 23502 and 23514. */
export function rowChecker(table: Table): (row: Row, run: RunContext) => void {
  const scope = { columns: scopeColumns(table, { name: [table.name] }), params: new Parameters(0, []), place: 'CHECK' };
  const checks = table.checks.map(({ name, text }) => ({ name, text, bound: bind(parseExpression(text), scope) }));
  return (row, { session }) => {
    for (const [index, { name, nullable }] of table.columns.entries())
      if (!nullable && (row[index] ?? null) === null)
        throw new SqlError('23502', `null value in column "${name}" violates not-null constraint`);
    for (const { name, text, bound } of checks)
      if (bound.evaluate({ row, params: [], session }) === false)
        throw new SqlError('23514', `failed to satisfy CHECK constraint (${text})`, { constraint: name });
  };
}

/** Another row with the same key, or with the same unique values. */
export interface Clash {
  readonly constraint: string;
  readonly columns: readonly string[];
  readonly key: string;
  readonly row: Row;
}

/** The first row that stands in the way of `row`; `self` is the key of the row that it replaces. What is found counts as seen. */
export function findClash(transaction: Transaction, table: Table, row: Row, self?: string): Clash | undefined {
  const primaryKey = primaryKeyOf(table, row);
  const key = keyOf(primaryKey);
  if (key !== self) {
    const found = transaction.get(table, primaryKey);
    if (found) return { constraint: table.primaryKey.name, columns: table.primaryKey.columns, key: found[0], row: found[1] };
  }
  const other = transaction.clash(table, self ?? key, row);
  if (!other) return undefined;
  transaction.get(table, primaryKeyOf(table, other.row));
  const columns = table.indexes.find((index) => index.name === other.index)?.columns ?? [];
  return { constraint: other.index, columns, key: other.key, row: other.row };
}

/** PostgreSQL's words for it. */
export function uniqueViolation(table: Table, { constraint, columns, row }: Clash): SqlError {
  const values = positions(table, columns).map((position) => shown(row[position] ?? null, table, position));
  return new SqlError('23505', `duplicate key value violates unique constraint "${constraint}"`, {
    detail: `Key (${columns.join(', ')})=(${values.join(', ')}) already exists.`,
    constraint,
  });
}

function shown(value: Datum, table: Table, position: number): string {
  if (value === null) return 'NULL';
  const text = formatText(value, table.columns[position]!.type);
  return typeof value === 'string' ? `'${text.replaceAll("'", "''")}'` : text;
}
