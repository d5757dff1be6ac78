// SELECT from one table or none, and VALUES.
import { SqlError, typeMismatch } from '../errors.ts';
import { bind, bindAs, bindBool } from '../expr/bind.ts';
import type { Bound, Env } from '../expr/bound.ts';
import type { Parameters, Scope } from '../expr/scope.ts';
import type { Expr, OrderItem, Select, SelectItem, Values } from '../parse/ast.ts';
import type { ResultColumn } from '../session.ts';
import type { Row } from '../state/catalog.ts';
import { keyOf } from '../values/compare.ts';
import { familyName, INT, STRING } from '../values/types.ts';
import { type Groups, planGroups } from './groups.ts';
import type { Plan, PlanContext, RunContext } from './plan.ts';
import { planSource, type Source, sortedBy } from './source.ts';

interface Output {
  readonly name: string;
  readonly bound: Bound;
}

export function planSelect(select: Select, context: PlanContext): Plan {
  const source = planSource(select.from, select.where, context);
  const base: Scope = { columns: source.columns, params: context.params, place: 'SELECT' };
  const groups = planGroups(select, source, base);
  const scope = groups ? { ...base, grouping: groups.grouping } : base;
  const outputs = planOutputs(select.items, source, scope);
  const having = select.having && bindBool(select.having, { ...scope, place: 'HAVING' });
  const orders = select.orderBy.map((item) => planOrder(item, outputs, select.items, scope));
  if (select.distinct && orders.some(({ evaluate }) => !outputs.some(({ bound }) => bound.evaluate === evaluate)))
    throw new SqlError('42P10', 'for SELECT DISTINCT, ORDER BY expressions must appear in select list');
  const window = planWindow(select, context.params);
  return {
    columns: outputColumns(outputs),
    run: (run) => {
      let items: { readonly row: Row; readonly keys: Row }[] = [];
      for (const env of environments(source, groups, run)) {
        if (having && having.evaluate(env) !== true) continue;
        items.push({ row: outputs.map(({ bound }) => bound.evaluate(env)), keys: orders.map(({ evaluate }) => evaluate(env)) });
      }
      if (select.distinct) items = withoutRepetition(items);
      const rows = window(sortedBy(items, select.orderBy), run).map(({ row }) => row);
      return { tag: `SELECT ${rows.length}`, rows };
    },
  };
}

/** VALUES as a statement of its own. */
export function planValues({ rows }: Values, context: PlanContext): Plan {
  const scope: Scope = { columns: [], params: context.params, place: 'VALUES' };
  const first = (rows[0] ?? []).map((expr) => bind(expr, scope));
  const bound = rows.map((row) => {
    if (row.length !== first.length)
      throw new SqlError('42601', `VALUES lists must all be the same length, expected ${first.length} columns, found ${row.length}`);
    return row.map((expr, index) => bindAs(expr, scope, first[index]!.type, `column${index + 1}`));
  });
  return {
    columns: first.map(({ type }, index) => ({ name: `column${index + 1}`, type: type.kind === 'unknown' ? STRING : type })),
    run: ({ params, session }) => {
      const result = bound.map((row) => row.map(({ evaluate }) => evaluate({ row: [], params, session })));
      return { tag: `SELECT ${result.length}`, rows: result };
    },
  };
}

/** The items of a list with names and types, `*` being all columns that are shown. */
export function planOutputs(items: readonly SelectItem[], { columns }: Pick<Source, 'columns'>, scope: Scope): readonly Output[] {
  return items.flatMap(({ expr, alias }): readonly Output[] => {
    if (expr.node !== 'star') return [{ name: alias ?? nameOf(expr), bound: bind(expr, scope) }];
    if (columns.length === 0) throw new SqlError('42602', '"*" must have a table to show: name one with FROM');
    const shown = columns.filter(({ hidden }) => !hidden);
    return shown.map(({ table, name }) => ({ name, bound: bind({ node: 'column', path: [table, name] }, scope) }));
  });
}

export function outputColumns(outputs: readonly Output[]): readonly ResultColumn[] {
  return outputs.map(({ name, bound }) => ({ name, type: bound.type.kind === 'unknown' ? STRING : bound.type }));
}

export type RowWindow = <T>(rows: readonly T[], run: RunContext) => readonly T[];

/** LIMIT and OFFSET. */
export function planWindow({ limit, offset }: { readonly limit?: Expr; readonly offset?: Expr }, params: Parameters): RowWindow {
  const scope: Scope = { columns: [], params, place: 'LIMIT' };
  const most = limit && bindAs(limit, scope, INT, 'LIMIT');
  const skip = offset && bindAs(offset, { ...scope, place: 'OFFSET' }, INT, 'OFFSET');
  const count = (bound: Bound | undefined, name: string, { params: values, session }: RunContext): number | undefined => {
    const value = bound?.evaluate({ row: [], params: values, session });
    if (value === undefined || value === null) return undefined;
    if (Number(value) < 0) throw new SqlError('2201W', `negative value for ${name}`);
    return Number(value);
  };
  return (rows, run) => {
    const from = count(skip, 'OFFSET', run) ?? 0;
    const length = count(most, 'LIMIT', run);
    return rows.slice(from, length === undefined ? undefined : from + length);
  };
}

/** An expression, the name of an output, or its number. */
function planOrder({ expr }: OrderItem, outputs: readonly Output[], items: readonly SelectItem[], scope: Scope): Bound {
  if (expr.node === 'number') {
    const output = outputs[Number(expr.text) - 1];
    if (!output || !/^\d+$/.test(expr.text)) throw new SqlError('42P10', `ORDER BY position ${expr.text} is not in select list`);
    return output.bound;
  }
  if (expr.node === 'column' && expr.path.length === 1) {
    const named = outputs.find(({ name }) => name === expr.path[0]);
    if (named) return named.bound;
  }
  const text = JSON.stringify(expr);
  const same = items.findIndex((item) => JSON.stringify(item.expr) === text);
  return same >= 0 && !items.some((item) => item.expr.node === 'star') ? outputs[same]!.bound : bind(expr, { ...scope, place: 'ORDER BY' });
}

function* environments(source: Source, groups: Groups | undefined, run: RunContext): Generator<Env> {
  const { params, session } = run;
  if (groups) {
    yield* groups.run(source.rows(run), run);
    return;
  }
  for (const [, row] of source.rows(run)) yield { row, params, session };
}

function withoutRepetition<T extends { readonly row: Row }>(items: readonly T[]): T[] {
  const seen = new Set<string>();
  return items.filter(({ row }) => {
    const key = keyOf(row);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The name that an expression has by itself. */
function nameOf(expr: Expr): string {
  switch (expr.node) {
    case 'column':
      return expr.path.at(-1)!;
    case 'call':
      return expr.name;
    case 'case':
      return 'case';
    case 'cast':
      return expr.operand.node === 'column' ? nameOf(expr.operand) : familyName(expr.type);
    case 'bool':
      return 'bool';
    default:
      return '?column?';
  }
}

/** Whether the types of a query fit where its rows go. */
export function checkTypes(columns: readonly ResultColumn[], count: number): void {
  if (columns.length !== count)
    throw typeMismatch(
      `INSERT has ${columns.length > count ? 'more' : 'fewer'} expressions than target columns, ${columns.length} expressions for ${count} targets`,
    );
}
