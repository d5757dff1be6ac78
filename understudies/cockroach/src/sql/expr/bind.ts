// Looks up the names in an expression and works out its types.
import { SqlError, typeMismatch, undefinedColumn, unsupported } from '../errors.ts';
import type { CallExpr, Expr } from '../parse/ast.ts';
import { compareDatums } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';
import { parseDecimal } from '../values/decimal.ts';
import { parseText } from '../values/format.ts';
import { asText } from '../values/text.ts';
import { BOOL, BYTES, DECIMAL, familyName, INT, JSONB, type SqlType, STRING, UNKNOWN } from '../values/types.ts';
import { isAggregate } from './aggregates.ts';
import { type Bound, constant } from './bound.ts';
import { assignable, checkCast, convert } from './casts.ts';
import { scalarFunction } from './functions.ts';
import { arithmetic, isNumeric } from './numbers.ts';
import { bindBinary, inType, truth, unify } from './operators.ts';
import { keyOfExpr, resolveColumn, type Scope } from './scope.ts';

/** `expected`: the type that the context wants, for literals and placeholders; what is bound may have another. */
export function bind(expr: Expr, scope: Scope, expected?: SqlType): Bound {
  if (scope.grouping?.keys.has(keyOfExpr(expr))) return bind(expr, withoutGrouping(scope), expected);
  switch (expr.node) {
    case 'null':
      return constant(null, expected ?? UNKNOWN);
    case 'bool':
      return constant(expr.value, BOOL);
    case 'number':
      return bindNumber(expr.text, expected);
    case 'string':
      return constant(
        expected && literalFits(expected) ? parseText(expr.value, expected) : expr.value,
        expected && literalFits(expected) ? expected : STRING,
      );
    case 'bytes':
      return constant(new Uint8Array(Buffer.from(expr.value, 'latin1')), BYTES);
    case 'param':
      return bindParam(expr.index, scope, expected);
    case 'column':
      return bindColumn(expr.path, scope);
    case 'default':
      throw new SqlError('42601', 'DEFAULT can only appear in a VALUES list within INSERT or on the right side of a SET');
    case 'unary':
      return bindUnary(expr.op, bind(expr.operand, scope, expr.op === 'not' ? BOOL : expected));
    case 'binary': {
      const [left, right] =
        expr.op === '->' || expr.op === '->>'
          ? [bind(expr.left, scope, JSONB), bind(expr.right, scope)]
          : bindSides(expr.left, expr.right, scope, sideType(expr.op, expected));
      return bindBinary(expr.op, left, right);
    }
    case 'isNull': {
      const operand = bind(expr.operand, scope, STRING);
      return { type: BOOL, evaluate: (env) => (operand.evaluate(env) === null) !== expr.negated };
    }
    case 'isBool': {
      const operand = bindBool(expr.operand, scope);
      return { type: BOOL, evaluate: (env) => (operand.evaluate(env) === expr.value) !== expr.negated };
    }
    case 'in':
      return bindIn(expr, scope);
    case 'between': {
      const [value, low] = bindSides(expr.operand, expr.low, scope);
      const [again, high] = bindSides(expr.operand, expr.high, scope);
      const within = bindBinary('and', bindBinary('>=', value, low), bindBinary('<=', again, high));
      return expr.negated ? bindUnary('not', within) : within;
    }
    case 'case':
      return bindCase(expr, scope, expected);
    case 'cast': {
      const operand = bind(expr.operand, scope, expr.type);
      checkCast(operand.type, expr.type);
      return { type: expr.type, evaluate: (env) => convert(operand.evaluate(env), operand.type, expr.type) };
    }
    case 'call':
      return bindCall(expr, scope, expected);
  }
}

/** A value for a place of that type. Throws 42804 where it can never fit. */
export function bindAs(expr: Expr, scope: Scope, type: SqlType, what: string): Bound {
  const bound = bind(expr, scope, type);
  if (!assignable(bound.type, type))
    throw typeMismatch(`value type ${familyName(bound.type)} doesn't match type ${familyName(type)} of ${what}`);
  return inType(bound, type);
}

/** A condition. Throws 42804 where it is none. */
export function bindBool(expr: Expr, scope: Scope): Bound {
  const bound = bind(expr, scope, BOOL);
  if (bound.type.kind !== 'bool' && bound.type.kind !== 'unknown')
    throw typeMismatch(`argument of ${scope.place} must be type bool, not type ${familyName(bound.type)}`);
  return bound;
}

function withoutGrouping({ columns, params, excluded, place }: Scope): Scope {
  return { columns, params, place, ...(excluded ? { excluded } : {}) };
}

/** The type that the sides of an operator should have when its result should have `expected`. */
function sideType(op: string, expected: SqlType | undefined): SqlType | undefined {
  if (op === 'and' || op === 'or') return BOOL;
  if (op === '||' || op.endsWith('like') || op.includes('~')) return STRING;
  return expected && isNumeric(expected) && ['+', '-', '*', '/', '%', '//', '^'].includes(op) ? expected : undefined;
}

/** A side that has a type of its own gives it to a literal or a placeholder on the other side. */
function bindSides(left: Expr, right: Expr, scope: Scope, expected?: SqlType): readonly [Bound, Bound] {
  const open = (expr: Expr): boolean => ['param', 'string', 'number', 'null'].includes(expr.node);
  if (open(left) && !open(right)) {
    const second = bind(right, scope, expected);
    return [bind(left, scope, hint(second.type, left, expected)), second];
  }
  const first = bind(left, scope, expected);
  return [first, bind(right, scope, hint(first.type, right, expected))];
}

/** A fraction keeps its digits beside an integer. */
function hint(type: SqlType, expr: Expr, expected: SqlType | undefined): SqlType | undefined {
  if (type.kind === 'unknown') return expected;
  if (expr.node === 'number') return type.kind === 'int' ? undefined : type;
  return { kind: type.kind };
}

function literalFits(type: SqlType): boolean {
  return type.kind !== 'unknown' && type.kind !== 'interval';
}

function bindNumber(text: string, expected: SqlType | undefined): Bound {
  if (expected?.kind === 'float') return constant(Number(text), { kind: 'float' });
  const whole = /^\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
  return whole && expected?.kind !== 'decimal' ? constant(BigInt(text), INT) : constant(parseDecimal(text), DECIMAL);
}

function bindParam(index: number, scope: Scope, expected: SqlType | undefined): Bound {
  const wanted = expected && { kind: expected.kind, ...(expected.bits === undefined ? {} : { bits: expected.bits }) };
  const type = scope.params.type(index, wanted) ?? UNKNOWN;
  return { type, evaluate: ({ params }) => params[index - 1] ?? null };
}

function bindColumn(path: readonly string[], scope: Scope): Bound {
  if (scope.columns.length === 0 && !scope.excluded) throw undefinedColumn(path.slice(-2).join('.'));
  const { position, column, excluded } = resolveColumn(scope, path);
  if (excluded) return { type: column.type, evaluate: (env) => env.excluded?.[position] ?? null };
  if (scope.grouping && !scope.grouping.determined.has(column.name))
    throw new SqlError('42803', `column "${column.name}" must appear in the GROUP BY clause or be used in an aggregate function`);
  return { type: column.type, evaluate: ({ row }) => row[position] ?? null };
}

function bindUnary(op: '-' | '+' | 'not' | '~', operand: Bound): Bound {
  const { type, evaluate } = operand;
  const refuse = (): SqlError => new SqlError('22023', `unsupported unary operator: ${op} <${familyName(type)}>`);
  if (op === 'not') {
    if (type.kind !== 'bool' && type.kind !== 'unknown') throw refuse();
    return {
      type: BOOL,
      evaluate: (env) => {
        const value = truth(evaluate(env));
        return value === null ? null : !value;
      },
    };
  }
  if (op === '~') {
    if (type.kind !== 'int') throw refuse();
    return {
      type,
      evaluate: (env) => {
        const value = evaluate(env);
        return typeof value === 'bigint' ? ~value : null;
      },
    };
  }
  if (!isNumeric(type)) throw refuse();
  if (op === '+') return operand;
  const zero = type.kind === 'float' ? -0 : type.kind === 'int' ? 0n : { unscaled: 0n, scale: 0 };
  return { type, evaluate: (env) => arithmetic('-', zero, evaluate(env), type) };
}

function bindIn(expr: Extract<Expr, { node: 'in' }>, scope: Scope): Bound {
  const list = expr.list.map((item) => {
    const [operand, value] = bindSides(expr.operand, item, scope);
    return unify('IN', operand, value);
  });
  return {
    type: BOOL,
    evaluate: (env) => {
      let unknown = false;
      for (const [operand, item] of list) {
        const [a, b] = [operand.evaluate(env), item.evaluate(env)];
        if (a === null || b === null) unknown = true;
        else if (compareDatums(a, b) === 0) return !expr.negated;
      }
      return unknown ? null : expr.negated;
    },
  };
}

function bindCase(expr: Extract<Expr, { node: 'case' }>, scope: Scope, expected: SqlType | undefined): Bound {
  const operand = expr.operand;
  const conditions = expr.whens.map(({ when }) => (operand ? bindBinary('=', ...bindSides(operand, when, scope)) : bindBool(when, scope)));
  const results = [...expr.whens.map(({ result }) => result), expr.otherwise ?? { node: 'null' as const }];
  const values = sameType(
    'CASE',
    results.map((result) => bind(result, scope, expected)),
  );
  return {
    type: values[0]!.type,
    evaluate: (env) => {
      const chosen = conditions.findIndex((condition) => condition.evaluate(env) === true);
      return (values[chosen] ?? values.at(-1)!).evaluate(env);
    },
  };
}

/** All in the type of the first that has one. */
function sameType(what: string, values: readonly Bound[]): readonly Bound[] {
  let common = values.find(({ type }) => type.kind !== 'unknown') ?? values[0]!;
  for (const value of values) if (value.type.kind !== 'unknown') common = unify(what, common, value)[0];
  return values.map((value) => inType(value, { kind: common.type.kind }));
}

function bindCall(expr: CallExpr, scope: Scope, expected: SqlType | undefined): Bound {
  const { name, args } = expr;
  if (isAggregate(name)) {
    if (!scope.grouping) throw new SqlError('42803', `aggregate functions are not allowed in ${scope.place}`);
    return scope.grouping.aggregate(expr);
  }
  if (expr.distinct || expr.filter || expr.star)
    throw new SqlError('42809', `${name}() is no aggregate: DISTINCT, FILTER and * have no meaning for it`);
  if (name === 'coalesce' || name === 'greatest' || name === 'least' || name === 'nullif' || name === 'concat')
    return bindVariadic(name, args, scope, expected);
  const known = scalarFunction(name);
  if (!known) throw name.startsWith('crdb_internal.') ? unsupported(`${name}()`) : new SqlError('42883', `unknown function: ${name}()`);
  const bound = args.map((arg, index) => bind(arg, scope, known.wants[index] ?? known.wants.at(-1)));
  const types = bound.map(({ type }) => type);
  const type = args.length >= known.args[0] && args.length <= known.args[1] ? known.result(types) : undefined;
  if (!type) throw new SqlError('42883', `unknown signature: ${name}(${types.map(familyName).join(', ')})`);
  return {
    type,
    evaluate: (env) => {
      const values = bound.map(({ evaluate }) => evaluate(env));
      return values.includes(null) ? null : known.call(values, env, types);
    },
  };
}

function bindVariadic(name: string, args: readonly Expr[], scope: Scope, expected: SqlType | undefined): Bound {
  if (args.length === 0 || (name === 'nullif' && args.length !== 2)) throw new SqlError('42883', `unknown signature: ${name}()`);
  const bound = args.map((arg) => bind(arg, scope, name === 'concat' ? STRING : expected));
  if (name === 'concat') {
    const texts = bound.map((value) => inType(value, STRING));
    return { type: STRING, evaluate: (env) => texts.map(({ evaluate }) => asText(evaluate(env) ?? '')).join('') };
  }
  const values = sameType(name.toUpperCase(), bound);
  const all = (env: Parameters<Bound['evaluate']>[0]): readonly Datum[] => values.map(({ evaluate }) => evaluate(env));
  const best =
    (wanted: number) =>
    (env: Parameters<Bound['evaluate']>[0]): Datum =>
      all(env).reduce((a, b) => (a === null || (b !== null && compareDatums(b, a) * wanted > 0) ? b : a), null);
  const { type } = values[0]!;
  switch (name) {
    case 'coalesce':
      return {
        type,
        evaluate: (env) => {
          for (const { evaluate } of values) {
            const value = evaluate(env);
            if (value !== null) return value;
          }
          return null;
        },
      };
    case 'nullif':
      return {
        type,
        evaluate: (env) => {
          const [a = null, b = null] = all(env);
          return a !== null && b !== null && compareDatums(a, b) === 0 ? null : a;
        },
      };
    default:
      return { type, evaluate: best(name === 'greatest' ? 1 : -1) };
  }
}
