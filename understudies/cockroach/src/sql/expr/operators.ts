// Operators between two values: three-valued logic, comparison, text, JSON.
import { SqlError } from '../errors.ts';
import type { BinaryOp, CompareOp } from '../parse/ast.ts';
import { compareDatums } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';
import { jsonMember, jsonText } from '../values/json.ts';
import { BOOL, familyName, JSONB, type SqlType, STRING } from '../values/types.ts';
import type { Bound } from './bound.ts';
import { assignable, convert } from './casts.ts';
import { type ArithmeticOp, arithmetic, arithmeticType, isNumeric, widerNumber } from './numbers.ts';
import { compileRegex, matchesLike } from './patterns.ts';

const ARITHMETIC: ReadonlySet<BinaryOp> = new Set<ArithmeticOp>(['+', '-', '*', '/', '//', '%', '^']);
const COMPARE: ReadonlySet<BinaryOp> = new Set<CompareOp>(['=', '<>', '<', '<=', '>', '>=']);

/** Joins two bound sides. Throws 22023 where the operator does not take their types. */
export function bindBinary(op: BinaryOp, left: Bound, right: Bound): Bound {
  if (op === 'and' || op === 'or') return bindLogic(op, left, right);
  if (isArithmetic(op)) return bindArithmetic(op, left, right);
  if (isCompare(op) || op === 'is distinct from' || op === 'is not distinct from') return bindCompare(op, left, right);
  if (op === '||') return bindConcat(left, right);
  if (op === '->' || op === '->>') return bindJson(op, left, right);
  return bindPattern(op, left, right);
}

/** The sides in one type, in which they can be compared. Throws 22023. */
export function unify(what: string, left: Bound, right: Bound): readonly [Bound, Bound] {
  if (isNumeric(left.type) && isNumeric(right.type)) {
    const wider = widerNumber(left.type, right.type);
    return [inType(left, wider), inType(right, wider)];
  }
  if (assignable(right.type, left.type)) return [left, inType(right, left.type)];
  if (assignable(left.type, right.type)) return [inType(left, right.type), right];
  throw mismatch(what, left.type, right.type);
}

/** The expression's value turned into `type`. */
export function inType(bound: Bound, type: SqlType): Bound {
  const { evaluate, type: from } = bound;
  if (from.kind === type.kind && type.bits === undefined && type.length === undefined && type.precision === undefined) return bound;
  return { type, evaluate: (env) => convert(evaluate(env), from, type) };
}

export function truth(value: Datum): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

function bindLogic(op: 'and' | 'or', left: Bound, right: Bound): Bound {
  for (const { type } of [left, right])
    if (type.kind !== 'bool' && type.kind !== 'unknown')
      throw new SqlError('42804', `argument of ${op.toUpperCase()} must be type bool, not type ${familyName(type)}`);
  const decides = op === 'or';
  return {
    type: BOOL,
    evaluate: (env) => {
      const first = truth(left.evaluate(env));
      if (first === decides) return decides;
      const second = truth(right.evaluate(env));
      if (second === decides) return decides;
      return first === null || second === null ? null : !decides;
    },
  };
}

function bindArithmetic(op: ArithmeticOp, left: Bound, right: Bound): Bound {
  const known = left.type.kind === 'unknown' ? right.type : left.type;
  const [a, b] = [left.type.kind === 'unknown' ? known : left.type, right.type.kind === 'unknown' ? known : right.type];
  if (!isNumeric(a) || !isNumeric(b)) throw mismatch(op, left.type, right.type);
  const type = widerNumber(a, b);
  return { type: arithmeticType(op, type), evaluate: (env) => arithmetic(op, left.evaluate(env), right.evaluate(env), type) };
}

function bindCompare(op: CompareOp | 'is distinct from' | 'is not distinct from', left: Bound, right: Bound): Bound {
  const [a, b] = unify(op, left, right);
  if (op === 'is distinct from' || op === 'is not distinct from') {
    const wanted = op === 'is not distinct from';
    return { type: BOOL, evaluate: (env) => (compareDatums(a.evaluate(env), b.evaluate(env)) === 0) === wanted };
  }
  return {
    type: BOOL,
    evaluate: (env) => {
      const x = a.evaluate(env);
      const y = b.evaluate(env);
      return x === null || y === null ? null : holds(op, compareDatums(x, y));
    },
  };
}

function holds(op: CompareOp, order: number): boolean {
  switch (op) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function bindConcat(left: Bound, right: Bound): Bound {
  if (left.type.kind !== 'string' && right.type.kind !== 'string') throw mismatch('||', left.type, right.type);
  const [a, b] = [inType(left, STRING), inType(right, STRING)];
  return {
    type: STRING,
    evaluate: (env) => {
      const x = a.evaluate(env);
      const y = b.evaluate(env);
      return typeof x === 'string' && typeof y === 'string' ? x + y : null;
    },
  };
}

function bindJson(op: '->' | '->>', left: Bound, right: Bound): Bound {
  if (left.type.kind !== 'jsonb' || (right.type.kind !== 'string' && right.type.kind !== 'int')) throw mismatch(op, left.type, right.type);
  return {
    type: op === '->' ? JSONB : STRING,
    evaluate: (env) => {
      const json = left.evaluate(env);
      const key = right.evaluate(env);
      if (typeof json !== 'string' || (typeof key !== 'string' && typeof key !== 'bigint')) return null;
      const member = jsonMember(json, key);
      if (member === undefined) return null;
      return op === '->' ? member : jsonText(member);
    },
  };
}

type PatternOp = Exclude<
  BinaryOp,
  ArithmeticOp | CompareOp | 'and' | 'or' | '||' | '->' | '->>' | 'is distinct from' | 'is not distinct from'
>;

function bindPattern(op: PatternOp, left: Bound, right: Bound): Bound {
  for (const { type } of [left, right])
    if (type.kind !== 'string' && type.kind !== 'unknown') throw mismatch(op.toUpperCase(), left.type, right.type);
  const negated = op.startsWith('not ') || op.startsWith('!');
  const ignoreCase = op.endsWith('ilike') || op.endsWith('*');
  const like = op.endsWith('like');
  // Most patterns are the same for every row.
  let compiled: { readonly pattern: string; readonly matches: (subject: string) => boolean } | undefined;
  const matcher = (pattern: string): ((subject: string) => boolean) => {
    if (compiled?.pattern !== pattern) {
      const matches = like ? (subject: string) => matchesLike(subject, pattern, ignoreCase) : compileRegex(pattern, ignoreCase);
      compiled = { pattern, matches };
    }
    return compiled.matches;
  };
  return {
    type: BOOL,
    evaluate: (env) => {
      const subject = left.evaluate(env);
      const pattern = right.evaluate(env);
      if (typeof subject !== 'string' || typeof pattern !== 'string') return null;
      return matcher(pattern)(subject) !== negated;
    },
  };
}

function isArithmetic(op: BinaryOp): op is ArithmeticOp {
  return ARITHMETIC.has(op);
}

function isCompare(op: BinaryOp): op is CompareOp {
  return COMPARE.has(op);
}

function mismatch(op: string, left: SqlType, right: SqlType): SqlError {
  const kind = ['=', '<>', '<', '<=', '>', '>='].includes(op) ? 'comparison' : 'binary';
  return new SqlError('22023', `unsupported ${kind} operator: <${familyName(left)}> ${op} <${familyName(right)}>`);
}
