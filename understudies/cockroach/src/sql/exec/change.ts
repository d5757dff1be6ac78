// UPDATE, DELETE and TRUNCATE.
import { bind } from '../expr/bind.ts';
import type { Scope } from '../expr/scope.ts';
import type { Delete, NamePath, OrderItem, Update } from '../parse/ast.ts';
import type { Row, Table } from '../state/catalog.ts';
import { planAssignments, writeChanged } from './insert.ts';
import { findTable, scopeColumns } from './names.ts';
import type { Plan, PlanContext, RunContext } from './plan.ts';
import { rowChecker } from './row-rules.ts';
import { outputColumns, planOutputs, planWindow } from './select.ts';
import { planTable, sortedBy } from './source.ts';

interface Found {
  readonly key: string;
  readonly row: Row;
}

export function planUpdate(update: Update, context: PlanContext): Plan {
  const table = findTable(update.table.name, context);
  const scope: Scope = { columns: scopeColumns(table, update.table), params: context.params, place: 'SET' };
  const change = planAssignments(update.set, table, scope);
  const check = rowChecker(table);
  return planChange(update, table, context, 'UPDATE', (found, run) => {
    const changed = found.map(({ key, row }) => ({ key, row: change({ row, params: run.params, session: run.session }) }));
    // All rows leave before the first comes back: keys may move along a chain.
    for (const { key } of changed) run.transaction.delete(table, key);
    for (const { row } of changed) writeChanged(table, row, check, run);
    return changed.map(({ row }) => row);
  });
}

export function planDelete(statement: Delete, context: PlanContext): Plan {
  const table = findTable(statement.table.name, context);
  return planChange(statement, table, context, 'DELETE', (found, { transaction }) => {
    for (const { key } of found) transaction.delete(table, key);
    return found.map(({ row }) => row);
  });
}

export function planTruncate(names: readonly NamePath[], context: PlanContext): Plan {
  const tables = names.map((name) => findTable(name, context));
  return {
    run: ({ transaction }) => {
      for (const table of tables) transaction.clear(table);
      return { tag: 'TRUNCATE' };
    },
  };
}

function planChange(
  { table: ref, where, orderBy, limit, returning }: Update | Delete,
  table: Table,
  context: PlanContext,
  tag: string,
  change: (found: readonly Found[], run: RunContext) => readonly Row[],
): Plan {
  const source = planTable(table, ref, where, context);
  const scope: Scope = { columns: source.columns, params: context.params, place: 'ORDER BY' };
  const orders = orderBy.map(({ expr }: OrderItem) => bind(expr, scope));
  const window = planWindow(limit ? { limit } : {}, context.params);
  const outputs = returning && planOutputs(returning, source, { ...scope, place: 'RETURNING' });
  return {
    ...(outputs ? { columns: outputColumns(outputs) } : {}),
    run: (run) => {
      const { params, session } = run;
      const found = [...source.rows(run)].map(([key, row]) => ({
        key,
        row,
        keys: orders.map(({ evaluate }) => evaluate({ row, params, session })),
      }));
      const rows = change(window(sortedBy(found, orderBy), run), run);
      const done = { tag: `${tag} ${rows.length}` };
      return outputs ? { ...done, rows: rows.map((row) => outputs.map(({ bound }) => bound.evaluate({ row, params, session }))) } : done;
    },
  };
}
