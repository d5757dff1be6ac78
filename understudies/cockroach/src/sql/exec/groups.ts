// GROUP BY and aggregates: many rows become one.
import { SqlError } from '../errors.ts';
import { type Accumulator, aggregate, distinct, isAggregate } from '../expr/aggregates.ts';
import { bind, bindBool } from '../expr/bind.ts';
import type { Bound, Env } from '../expr/bound.ts';
import { type Grouping, keyOfExpr, type Scope } from '../expr/scope.ts';
import type { CallExpr, Expr, Select } from '../parse/ast.ts';
import type { Row } from '../state/catalog.ts';
import { keyOf } from '../values/compare.ts';
import { BOOL } from '../values/types.ts';
import type { RunContext } from './plan.ts';
import type { Source } from './source.ts';

interface PlannedAggregate {
  /** Undefined: every row counts. */
  readonly argument: Bound | undefined;
  readonly filter: Bound | undefined;
  readonly start: () => Accumulator;
}

export interface Groups {
  readonly grouping: Grouping;
  /** One environment for each group: its first row, and the results of its aggregates. */
  readonly run: (rows: Iterable<readonly [string, Row]>, context: RunContext) => Iterable<Env>;
}

/** Undefined where the query neither groups nor aggregates. */
export function planGroups(select: Select, source: Source, scope: Scope): Groups | undefined {
  const aggregates = [...select.items.map((item) => item.expr), select.having, ...select.orderBy.map((item) => item.expr)].some(
    mentionsAggregate,
  );
  if (select.groupBy.length === 0 && !aggregates && !select.having) return undefined;
  const exprs = select.groupBy.map((expr) => namedItem(expr, select));
  const keys = exprs.map((expr) => bind(expr, { ...scope, place: 'GROUP BY' }));
  const planned: PlannedAggregate[] = [];
  const grouping: Grouping = {
    keys: new Set(exprs.map(keyOfExpr)),
    determined: determined(exprs, source),
    aggregate: (call) => {
      const { argument, filter, start, type } = planAggregate(call, scope);
      const index = planned.push({ argument, filter, start }) - 1;
      return { type, evaluate: (env) => env.aggregates?.[index] ?? null };
    },
  };
  return { grouping, run: (rows, context) => runGroups(rows, context, keys, planned, scope.columns.length) };
}

function planAggregate(
  { name, args, star, distinct: once, filter }: CallExpr,
  scope: Scope,
): PlannedAggregate & { readonly type: Bound['type'] } {
  const inner = { ...scope, place: `the argument of ${name}()` };
  const [first, separator] = args;
  const count = star ? 0 : name === 'string_agg' ? 2 : name === 'count_rows' ? 0 : 1;
  if (args.length !== count || (star && name !== 'count'))
    throw new SqlError('42883', `unknown signature: ${name}(${star ? '*' : `${args.length} arguments`})`);
  if (separator && separator.node !== 'string') throw new SqlError('42883', 'string_agg() takes a literal as its separator here');
  const argument = first && bind(first, inner);
  const { type, start } = aggregate(name, argument?.type ?? BOOL, separator?.node === 'string' ? separator.value : '');
  return {
    type,
    argument,
    filter: filter && bindBool(filter, { ...scope, place: 'FILTER' }),
    start: once ? () => distinct(start()) : start,
  };
}

function* runGroups(
  rows: Iterable<readonly [string, Row]>,
  { params, session }: RunContext,
  keys: readonly Bound[],
  planned: readonly PlannedAggregate[],
  width: number,
): Generator<Env> {
  const groups = new Map<string, { readonly row: Row; readonly accumulators: readonly Accumulator[] }>();
  const start = (row: Row): { readonly row: Row; readonly accumulators: readonly Accumulator[] } => ({
    row,
    accumulators: planned.map((one) => one.start()),
  });
  // Without GROUP BY there is one group, of no rows perhaps.
  if (keys.length === 0) groups.set('[]', start(Array.from({ length: width }, () => null)));
  for (const [, row] of rows) {
    const env = { row, params, session };
    const key = keyOf(keys.map(({ evaluate }) => evaluate(env)));
    let group = groups.get(key);
    if (!group) {
      group = start(row);
      groups.set(key, group);
    }
    for (const [index, { argument, filter }] of planned.entries()) {
      if (filter && filter.evaluate(env) !== true) continue;
      const value = argument ? argument.evaluate(env) : true;
      if (value !== null) group.accumulators[index]!.add(value);
    }
  }
  for (const { row, accumulators } of groups.values()) yield { row, params, session, aggregates: accumulators.map(({ result }) => result) };
}

/** Columns that are the same for all rows of a group: those grouped by, and all where the primary key is. */
function determined(exprs: readonly Expr[], { columns, primaryKey }: Source): ReadonlySet<string> {
  const names = new Set(exprs.flatMap((expr) => (expr.node === 'column' ? [expr.path.at(-1)!] : [])));
  const whole = primaryKey.length > 0 && primaryKey.every((name) => names.has(name));
  return whole ? new Set(columns.map((column) => column.name)) : names;
}

/** GROUP BY may name an item of the list, or give its number. */
function namedItem(expr: Expr, { items }: Select): Expr {
  if (expr.node === 'number') {
    const item = items[Number(expr.text) - 1];
    if (!item || item.expr.node === 'star') throw new SqlError('42P10', `GROUP BY position ${expr.text} is not in select list`);
    return item.expr;
  }
  const alias = expr.node === 'column' && expr.path.length === 1 ? items.find((item) => item.alias === expr.path[0]) : undefined;
  return alias && alias.expr.node !== 'star' ? alias.expr : expr;
}

function mentionsAggregate(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('node' in value && value.node === 'call' && 'name' in value && isAggregate(String(value.name))) return true;
  return Object.values(value).some(mentionsAggregate);
}
