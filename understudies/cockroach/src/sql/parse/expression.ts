// Reads expressions, by operator precedence as PostgreSQL has it.
import { typeByName } from '../values/types.ts';
import type { BinaryOp, CallExpr, Expr, When } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseType } from './type-name.ts';

const OR = 1;
const AND = 2;
const NOT = 3;
const IS = 4;
const COMPARE = 5;
const MATCH = 6;
const OTHER = 7;
const ADD = 8;
const MULTIPLY = 9;
const POWER = 10;

const INFIX: Readonly<Record<string, readonly [BinaryOp, number]>> = {
  '=': ['=', COMPARE],
  '<>': ['<>', COMPARE],
  '!=': ['<>', COMPARE],
  '<': ['<', COMPARE],
  '<=': ['<=', COMPARE],
  '>': ['>', COMPARE],
  '>=': ['>=', COMPARE],
  '~': ['~', OTHER],
  '~*': ['~*', OTHER],
  '!~': ['!~', OTHER],
  '!~*': ['!~*', OTHER],
  '||': ['||', OTHER],
  '->': ['->', POWER],
  '->>': ['->>', POWER],
  '+': ['+', ADD],
  '-': ['-', ADD],
  '*': ['*', MULTIPLY],
  '/': ['/', MULTIPLY],
  '//': ['//', MULTIPLY],
  '%': ['%', MULTIPLY],
  '^': ['^', POWER],
};

/** Functions that are written without parentheses. */
const BARE_FUNCTIONS = new Set([
  'current_timestamp',
  'current_date',
  'current_user',
  'current_role',
  'session_user',
  'user',
  'current_catalog',
  'current_schema',
  'localtimestamp',
]);

export function parseExpr(cursor: Cursor): Expr {
  return cursor.nested(() => binary(cursor, 0));
}

function binary(cursor: Cursor, minimum: number): Expr {
  let left = prefix(cursor);
  for (;;) {
    const extended = step(cursor, left, minimum);
    if (extended === undefined) return left;
    left = extended;
  }
}

/** The expression with one more operator of at least that precedence behind it, or undefined. */
function step(cursor: Cursor, left: Expr, minimum: number): Expr | undefined {
  const { kind, text } = cursor.token;
  if (kind === 'op') return Object.hasOwn(INFIX, text) ? infix(cursor, left, minimum) : undefined;
  if (kind !== 'word') return undefined;
  if (text === 'or' && minimum < OR) return logical(cursor, left, 'or', OR);
  if (text === 'and' && minimum < AND) return logical(cursor, left, 'and', AND);
  if (text === 'is' && minimum < IS) return is(cursor, left);
  if ((text === 'isnull' || text === 'notnull') && minimum < IS) {
    cursor.next();
    return { node: 'isNull', operand: left, negated: text === 'notnull' };
  }
  return minimum < MATCH ? match(cursor, left) : undefined;
}

function infix(cursor: Cursor, left: Expr, minimum: number): Expr | undefined {
  const [op, precedence] = INFIX[cursor.token.text]!;
  if (precedence <= minimum) return undefined;
  cursor.next();
  if (cursor.isWord('any') || cursor.isWord('all') || cursor.isWord('some')) throw cursor.unsupported('ANY, SOME and ALL');
  return { node: 'binary', op, left, right: cursor.nested(() => binary(cursor, precedence)) };
}

function logical(cursor: Cursor, left: Expr, op: 'and' | 'or', precedence: number): Expr {
  cursor.next();
  return { node: 'binary', op, left, right: cursor.nested(() => binary(cursor, precedence)) };
}

function is(cursor: Cursor, operand: Expr): Expr {
  cursor.next();
  const negated = cursor.word('not');
  if (cursor.word('null') || cursor.word('unknown')) return { node: 'isNull', operand, negated };
  if (cursor.word('true')) return { node: 'isBool', operand, value: true, negated };
  if (cursor.word('false')) return { node: 'isBool', operand, value: false, negated };
  if (cursor.word('distinct', 'from')) {
    const op = negated ? 'is not distinct from' : 'is distinct from';
    return { node: 'binary', op, left: operand, right: cursor.nested(() => binary(cursor, IS)) };
  }
  throw cursor.syntaxError();
}

/** IN, BETWEEN and LIKE, each also with NOT before it. */
function match(cursor: Cursor, operand: Expr): Expr | undefined {
  const negated = cursor.isWord('not') && ['in', 'between', 'like', 'ilike'].includes(cursor.peek().text);
  if (negated) cursor.next();
  if (cursor.word('in')) {
    const list = cursor.parenthesized(() => {
      if (cursor.isWord('select') || cursor.isWord('with')) throw cursor.unsupported('a subquery');
      return cursor.isOp(')') ? [] : cursor.list(() => parseExpr(cursor));
    });
    return { node: 'in', operand, list, negated };
  }
  if (cursor.word('between')) {
    const symmetric = cursor.word('symmetric');
    if (symmetric) throw cursor.unsupported('BETWEEN SYMMETRIC');
    const low = cursor.nested(() => binary(cursor, MATCH));
    cursor.expectWord('and');
    return { node: 'between', operand, low, high: cursor.nested(() => binary(cursor, MATCH)), negated };
  }
  for (const op of ['like', 'ilike'] as const) {
    if (!cursor.word(op)) continue;
    const right = cursor.nested(() => binary(cursor, MATCH));
    if (cursor.isWord('escape')) throw cursor.unsupported('ESCAPE');
    return { node: 'binary', op: negated ? `not ${op}` : op, left: operand, right };
  }
  if (cursor.isWord('similar')) throw cursor.unsupported('SIMILAR TO');
  if (cursor.isWord('collate')) throw cursor.unsupported('COLLATE');
  return undefined;
}

function prefix(cursor: Cursor): Expr {
  if (cursor.word('not')) return { node: 'unary', op: 'not', operand: cursor.nested(() => binary(cursor, NOT)) };
  if (cursor.op('-')) return negative(cursor);
  if (cursor.op('+')) return { node: 'unary', op: '+', operand: cursor.nested(() => prefix(cursor)) };
  if (cursor.op('~')) return { node: 'unary', op: '~', operand: cursor.nested(() => prefix(cursor)) };
  return postfix(cursor, primary(cursor));
}

/** A minus that is directly before a number is part of it, so that the smallest integer can be written. */
function negative(cursor: Cursor): Expr {
  if (cursor.token.kind === 'number' && cursor.peek().text !== '^') {
    return postfix(cursor, { node: 'number', text: `-${cursor.next().text}` });
  }
  return { node: 'unary', op: '-', operand: cursor.nested(() => prefix(cursor)) };
}

function postfix(cursor: Cursor, start: Expr): Expr {
  let expr = start;
  while (cursor.op('::')) expr = { node: 'cast', operand: expr, type: parseType(cursor) };
  if (cursor.isOp('[')) throw cursor.unsupported('an array');
  return expr;
}

function primary(cursor: Cursor): Expr {
  const { kind, text } = cursor.token;
  switch (kind) {
    case 'number':
      cursor.next();
      return { node: 'number', text };
    case 'string':
      cursor.next();
      return { node: 'string', value: text };
    case 'bytes':
      cursor.next();
      return { node: 'bytes', value: text };
    case 'param':
      cursor.next();
      cursor.noteParam(Number(text));
      return { node: 'param', index: Number(text) };
    case 'name':
      return named(cursor);
    case 'word':
      return keyword(cursor, text);
    default:
      if (cursor.isOp('(')) return inParentheses(cursor);
      throw cursor.syntaxError();
  }
}

function inParentheses(cursor: Cursor): Expr {
  return cursor.parenthesized(() => {
    if (cursor.isWord('select') || cursor.isWord('with')) throw cursor.unsupported('a subquery');
    const expr = parseExpr(cursor);
    if (cursor.isOp(',')) throw cursor.unsupported('a row of several values');
    return expr;
  });
}

function keyword(cursor: Cursor, word: string): Expr {
  switch (word) {
    case 'null':
      cursor.next();
      return { node: 'null' };
    case 'true':
    case 'false':
      cursor.next();
      return { node: 'bool', value: word === 'true' };
    case 'default':
      cursor.next();
      return { node: 'default' };
    case 'case':
      return caseExpr(cursor);
    case 'cast':
      cursor.next();
      return cursor.parenthesized(() => {
        const operand = parseExpr(cursor);
        cursor.expectWord('as');
        return { node: 'cast', operand, type: parseType(cursor) };
      });
    case 'exists':
    case 'array':
    case 'row':
      if (cursor.peek().text === '(' || cursor.peek().text === '[') throw cursor.unsupported(word.toUpperCase());
      return named(cursor);
    case 'extract':
      if (cursor.peek().text === '(') return extract(cursor);
      return named(cursor);
    default:
      if (BARE_FUNCTIONS.has(word)) return bareFunction(cursor, word);
      return typedLiteral(cursor, word) ?? named(cursor);
  }
}

function bareFunction(cursor: Cursor, name: string): Expr {
  cursor.next();
  if (cursor.op('(')) cursor.expectOp(')');
  return { node: 'call', name, args: [], star: false, distinct: false };
}

/** `INTERVAL '1 hour'`, `DATE '2024-01-01'` and the like. */
function typedLiteral(cursor: Cursor, word: string): Expr | undefined {
  if (cursor.peek().kind !== 'string' || !typeByName(word)) return undefined;
  const type = parseType(cursor);
  return { node: 'cast', operand: { node: 'string', value: cursor.string() }, type };
}

/** `extract(part FROM value)` is a function of two arguments. */
function extract(cursor: Cursor): Expr {
  cursor.next();
  return cursor.parenthesized(() => {
    const part = cursor.token.kind === 'string' ? cursor.string() : cursor.label();
    cursor.expectWord('from');
    return { node: 'call', name: 'extract', args: [{ node: 'string', value: part }, parseExpr(cursor)], star: false, distinct: false };
  });
}

function caseExpr(cursor: Cursor): Expr {
  cursor.next();
  const operand = cursor.isWord('when') ? undefined : parseExpr(cursor);
  const whens: When[] = [];
  while (cursor.word('when')) {
    const when = parseExpr(cursor);
    cursor.expectWord('then');
    whens.push({ when, result: parseExpr(cursor) });
  }
  if (whens.length === 0) throw cursor.syntaxError();
  const otherwise = cursor.word('else') ? parseExpr(cursor) : undefined;
  cursor.expectWord('end');
  return { node: 'case', whens, ...(operand && { operand }), ...(otherwise && { otherwise }) };
}

function named(cursor: Cursor): Expr {
  const isCall = cursor.peek().kind === 'op' && cursor.peek().text === '(';
  if (isCall) return call(cursor, cursor.label());
  const path = [cursor.name()];
  while (cursor.isOp('.') && cursor.peek().text !== '*') {
    cursor.next();
    if (cursor.peek().kind === 'op' && cursor.peek().text === '(') return call(cursor, cursor.label());
    path.push(cursor.label());
  }
  return { node: 'column', path };
}

function call(cursor: Cursor, name: string): CallExpr {
  cursor.expectOp('(');
  if (cursor.op('*')) {
    cursor.expectOp(')');
    return withFilter(cursor, { node: 'call', name, args: [], star: true, distinct: false });
  }
  const distinct = cursor.word('distinct');
  if (!distinct) cursor.word('all');
  if (cursor.isWord('select')) throw cursor.unsupported('a subquery');
  const args = cursor.isOp(')') ? [] : cursor.list(() => parseExpr(cursor));
  if (cursor.isWord('order')) throw cursor.unsupported('ORDER BY within an aggregate');
  cursor.expectOp(')');
  return withFilter(cursor, { node: 'call', name, args, star: false, distinct });
}

function withFilter(cursor: Cursor, expr: CallExpr): CallExpr {
  if (cursor.isWord('over')) throw cursor.unsupported('a window function');
  if (!cursor.word('filter')) return expr;
  const filter = cursor.parenthesized(() => {
    cursor.expectWord('where');
    return parseExpr(cursor);
  });
  return { ...expr, filter };
}
