// Where a statement's rows come from: a table by key or as a whole, or what the database knows of itself.
import type { Bound, Env } from '../expr/bound.ts';
import { bind, bindBool } from '../expr/bind.ts';
import { resolveColumn, type Scope, type ScopeColumn } from '../expr/scope.ts';
import type { Expr, TableRef } from '../parse/ast.ts';
import type { Row, Table } from '../state/catalog.ts';
import { compareDatums } from '../values/compare.ts';
import { findTable, qualify, scopeColumns } from './names.ts';
import type { PlanContext, RunContext } from './plan.ts';
import { virtualTable } from './virtual.ts';

export interface Source {
  readonly columns: readonly ScopeColumn[];
  /** The primary key's columns; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** Rows for which the condition holds, each with its key. */
  readonly rows: (context: RunContext) => Iterable<readonly [key: string, row: Row]>;
}

/** One row without columns: what a SELECT without FROM reads. */
const NOTHING: Source = { columns: [], primaryKey: [], rows: () => [['', []]] };

/** The rows of the table, or none, for which `where` holds. */
export function planSource(from: TableRef | undefined, where: Expr | undefined, context: PlanContext): Source {
  if (!from) return filtered(NOTHING, where, context);
  const name = qualify(from.name, context);
  if (name.schema === 'public') return planTable(findTable(from.name, context), from, where, context);
  const { columns, rows } = virtualTable(name);
  const source: Source = {
    columns: columns.map((column) => ({ ...column, table: from.alias ?? name.name })),
    primaryKey: [],
    rows: ({ transaction }) => rows(transaction.catalog, name.database).map((row) => ['', row] as const),
  };
  return filtered(source, where, context);
}

/** A table that may be written to. */
export function planTable(table: Table, ref: TableRef, where: Expr | undefined, context: PlanContext): Source {
  const columns = scopeColumns(table, ref);
  const scope = { columns, params: context.params, place: 'WHERE' };
  const lookup = where && keyLookup(table, where, scope);
  const source: Source = {
    columns,
    primaryKey: table.primaryKey.columns,
    rows: ({ transaction, params, session }) => {
      if (!lookup) return transaction.scan(table);
      const key = lookup.map(({ evaluate }) => evaluate({ row: [], params, session }));
      // Nothing equals NULL.
      const found = key.includes(null) ? undefined : transaction.get(table, key);
      return found ? [found] : [];
    },
  };
  return filtered(source, where, context);
}

function filtered(source: Source, where: Expr | undefined, { params }: PlanContext): Source {
  if (!where) return source;
  const condition = bindBool(where, { columns: source.columns, params, place: 'WHERE' });
  return {
    ...source,
    rows: function* (context) {
      const { session, params: values } = context;
      for (const entry of source.rows(context)) {
        const env: Env = { row: entry[1], params: values, session };
        if (condition.evaluate(env) === true) yield entry;
      }
    },
  };
}

/** What the condition says the primary key's columns equal, where it says so of all of them and of values that depend on no row. */
function keyLookup(table: Table, where: Expr, scope: Scope): readonly Bound[] | undefined {
  const equal = new Map<string, Bound>();
  for (const conjunct of conjuncts(where)) {
    if (conjunct.node !== 'binary' || conjunct.op !== '=') continue;
    for (const [side, other] of [
      [conjunct.left, conjunct.right],
      [conjunct.right, conjunct.left],
    ] as const) {
      if (side.node !== 'column' || !isIndependent(other)) continue;
      const { column } = resolveColumn(scope, side.path);
      const value = bind(other, { ...scope, columns: [] }, column.type);
      if (value.type.kind === column.type.kind) equal.set(column.name, value);
    }
  }
  const key = table.primaryKey.columns.map((name) => equal.get(name));
  return key.every((value) => value !== undefined) ? key : undefined;
}

function conjuncts(expr: Expr): readonly Expr[] {
  return expr.node === 'binary' && expr.op === 'and' ? [...conjuncts(expr.left), ...conjuncts(expr.right)] : [expr];
}

/** Literals, placeholders and casts of them. */
function isIndependent(expr: Expr): boolean {
  if (expr.node === 'cast') return isIndependent(expr.operand);
  if (expr.node === 'unary') return isIndependent(expr.operand);
  return ['number', 'string', 'bool', 'bytes', 'param'].includes(expr.node);
}

/** Sorts by keys that were computed with each item. */
export function sortedBy<T extends { readonly keys: Row }>(
  items: readonly T[],
  orders: readonly { readonly descending: boolean; readonly nullsFirst: boolean }[],
): readonly T[] {
  if (orders.length === 0) return items;
  return items.toSorted((a, b) => {
    for (const [index, { descending, nullsFirst }] of orders.entries()) {
      const x = a.keys[index] ?? null;
      const y = b.keys[index] ?? null;
      if (x === null || y === null) {
        if (x === y) continue;
        return (x === null) === nullsFirst ? -1 : 1;
      }
      const order = compareDatums(x, y);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
}
