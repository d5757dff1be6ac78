// INSERT and UPSERT.
import { SqlError, undefinedColumn } from '../errors.ts';
import { bindAs, bindBool } from '../expr/bind.ts';
import type { Bound, Env } from '../expr/bound.ts';
import { assignable } from '../expr/casts.ts';
import { inType } from '../expr/operators.ts';
import type { Scope } from '../expr/scope.ts';
import type { Expr, Insert } from '../parse/ast.ts';
import type { Row, Table } from '../state/catalog.ts';
import { familyName } from '../values/types.ts';
import { findTable, scopeColumns } from './names.ts';
import type { Plan, PlanContext, RunContext } from './plan.ts';
import { type Clash, defaultOf, findClash, rowChecker, uniqueViolation } from './row-rules.ts';
import { checkTypes, outputColumns, planOutputs, planSelect } from './select.ts';

/** What to do with a row that stands in the way; undefined: leave it as it is. Throws where that is an error. */
type OnClash = (clash: Clash, wanted: Row, run: RunContext) => Row | undefined;

export function planInsert(insert: Insert, context: PlanContext): Plan {
  const table = findTable(insert.table.name, context);
  const targets = targetColumns(table, insert.columns);
  const rows = planRows(insert, table, targets, context);
  const check = rowChecker(table);
  const onClash = planOnClash(insert, table, context);
  const columns = scopeColumns(table, insert.table);
  const outputs = insert.returning && planOutputs(insert.returning, { columns }, { columns, params: context.params, place: 'RETURNING' });
  return {
    ...(outputs ? { columns: outputColumns(outputs) } : {}),
    run: (run) => {
      const { transaction, params, session } = run;
      const written: Row[] = [];
      for (const row of rows(run)) {
        check(row, run);
        const clash = findClash(transaction, table, row);
        if (!clash) {
          transaction.put(table, row, true);
          written.push(row);
          continue;
        }
        const replaced = onClash(clash, row, run);
        if (!replaced) continue;
        writeChanged(table, replaced, check, run, clash.key);
        written.push(replaced);
      }
      const tag = `INSERT 0 ${written.length}`;
      return outputs ? { tag, rows: written.map((row) => outputs.map(({ bound }) => bound.evaluate({ row, params, session }))) } : { tag };
    },
  };
}

/** Writes a changed row. `oldKey` is that of the row whose place it takes, where that is still there. Throws where another row is in the way. */
export function writeChanged(table: Table, row: Row, check: ReturnType<typeof rowChecker>, run: RunContext, oldKey?: string): void {
  check(row, run);
  const clash = findClash(run.transaction, table, row, oldKey);
  if (clash) throw uniqueViolation(table, clash);
  if (oldKey !== undefined) run.transaction.delete(table, oldKey);
  run.transaction.put(table, row, false);
}

function targetColumns(table: Table, names: readonly string[] | undefined): readonly number[] {
  const shown = table.columns.flatMap(({ hidden }, index) => (hidden ? [] : [index]));
  if (!names) return shown;
  const targets = names.map((name) => {
    const index = table.columns.findIndex((column) => column.name === name);
    if (index < 0) throw undefinedColumn(name);
    return index;
  });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new SqlError('42701', `multiple assignments to the same column "${twice}"`);
  return targets;
}

/** Whole rows, values that are not given being the defaults. */
function planRows(insert: Insert, table: Table, targets: readonly number[], context: PlanContext): (run: RunContext) => Iterable<Row> {
  const defaults = table.columns.map(defaultOf);
  const complete = (given: ReadonlyMap<number, Bound>, env: Env): Row =>
    table.columns.map((_, index) => (given.get(index) ?? defaults[index]!).evaluate(env));
  const nothing = ({ params, session }: RunContext): Env => ({ row: [], params, session });
  if (insert.select) {
    const { columns = [], run: select } = planSelect(insert.select, context);
    checkTypes(columns, insert.columns ? targets.length : Math.min(columns.length, targets.length));
    const given = new Map(
      columns.map(({ type }, position) => [targets[position]!, readFrom(position, type, table.columns[targets[position]!]!)]),
    );
    return (run) => (select(run).rows ?? []).map((row) => complete(given, { ...nothing(run), row }));
  }
  if (!insert.rows) return (run) => [complete(new Map(), nothing(run))];
  const scope: Scope = { columns: [], params: context.params, place: 'VALUES' };
  const bound = insert.rows.map((row) => bindRow(row, table, targets, insert.columns !== undefined, scope));
  return (run) => bound.map((given) => complete(given, nothing(run)));
}

function bindRow(row: readonly Expr[], table: Table, targets: readonly number[], named: boolean, scope: Scope): ReadonlyMap<number, Bound> {
  // Without names, columns at the end may be left out.
  if (row.length > targets.length || (named && row.length < targets.length))
    throw new SqlError(
      '42601',
      `INSERT has ${row.length > targets.length ? 'more expressions than target columns' : 'more target columns than expressions'}, ${row.length} expressions for ${targets.length} targets`,
    );
  return new Map(
    row.map((expr, position): [number, Bound] => {
      const index = targets[position]!;
      const column = table.columns[index]!;
      return [index, expr.node === 'default' ? defaultOf(column) : bindAs(expr, scope, column.type, `column "${column.name}"`)];
    }),
  );
}

function readFrom(position: number, type: Bound['type'], column: Table['columns'][number]): Bound {
  if (!assignable(type, column.type))
    throw new SqlError('42804', `value type ${familyName(type)} doesn't match type ${familyName(column.type)} of column "${column.name}"`);
  return inType({ type, evaluate: ({ row }) => row[position] ?? null }, column.type);
}

function planOnClash({ upsert, onConflict, table: ref }: Insert, table: Table, { params }: PlanContext): OnClash {
  if (upsert) {
    return (clash, wanted) => {
      if (clash.constraint !== table.primaryKey.name) throw uniqueViolation(table, clash);
      return wanted;
    };
  }
  if (!onConflict) {
    return (clash) => {
      throw uniqueViolation(table, clash);
    };
  }
  const { columns: arbiter, set, where } = onConflict;
  if (arbiter && !hasConstraint(table, arbiter))
    throw new SqlError('42P10', 'there is no unique or exclusion constraint matching the ON CONFLICT specification');
  const columns = scopeColumns(table, ref);
  const scope: Scope = { columns, params, excluded: columns.map((column) => ({ ...column, table: 'excluded' })), place: 'ON CONFLICT' };
  const assignments = set && planAssignments(set, table, scope);
  const condition = where && bindBool(where, scope);
  return (clash, wanted, run) => {
    if (arbiter && !sameColumns(arbiter, clash.columns)) throw uniqueViolation(table, clash);
    if (!assignments) return undefined;
    const env: Env = { row: clash.row, excluded: wanted, params: run.params, session: run.session };
    return condition && condition.evaluate(env) !== true ? undefined : assignments(env);
  };
}

/** Makes the changed row. */
export function planAssignments(
  set: readonly { readonly column: string; readonly value: Expr }[],
  table: Table,
  scope: Scope,
): (env: Env) => Row {
  const changes = set.map(({ column: name, value }): [number, Bound] => {
    const index = table.columns.findIndex((column) => column.name === name);
    const column = table.columns[index];
    if (!column) throw undefinedColumn(name);
    return [index, value.node === 'default' ? defaultOf(column) : bindAs(value, scope, column.type, `column "${name}"`)];
  });
  const byIndex = new Map(changes);
  if (byIndex.size < changes.length) throw new SqlError('42701', 'multiple assignments to the same column');
  return (env) => env.row.map((old, index) => byIndex.get(index)?.evaluate(env) ?? (byIndex.has(index) ? null : old));
}

function hasConstraint(table: Table, columns: readonly string[]): boolean {
  return [{ ...table.primaryKey, unique: true }, ...table.indexes].some((index) => index.unique && sameColumns(index.columns, columns));
}

function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
