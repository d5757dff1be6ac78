// Reads whole statements.
import { SqlError } from '../errors.ts';
import type { Expr, ParsedStatement, Statement } from './ast.ts';
import { Cursor } from './cursor.ts';
import { parseAlter, parseCreate, parseDrop, parseTruncate } from './definition.ts';
import { parseExpr } from './expression.ts';
import { nextToken, type Token, tokenize } from './lexer.ts';
import { parseDelete, parseInsert, parseSelect, parseUpdate, parseValues } from './query.ts';
import {
  parseBegin,
  parseCommit,
  parseDeallocate,
  parseDiscard,
  parseReset,
  parseRollback,
  parseSavepoint,
  parseSet,
  parseShow,
  parseUse,
} from './session-statement.ts';

type Parser = (cursor: Cursor) => Statement;

const BY_FIRST_WORD: Readonly<Record<string, Parser>> = {
  select: parseSelect,
  values: parseValues,
  insert: parseInsert,
  upsert: parseInsert,
  update: parseUpdate,
  delete: parseDelete,
  create: parseCreate,
  alter: parseAlter,
  drop: parseDrop,
  truncate: parseTruncate,
  begin: parseBegin,
  start: parseBegin,
  commit: parseCommit,
  end: parseCommit,
  rollback: parseRollback,
  abort: parseRollback,
  savepoint: parseSavepoint,
  release: parseSavepoint,
  use: parseUse,
  set: parseSet,
  reset: parseReset,
  show: parseShow,
  discard: parseDiscard,
  deallocate: parseDeallocate,
};

/** Statements of SQL that are understood and refused. */
const REFUSED = new Set(
  'with explain copy grant revoke prepare execute analyze vacuum import export backup restore declare fetch close listen notify call do lock comment table merge reassign pause resume cancel'.split(
    ' ',
  ),
);

/** The statements of the text, in order; empty ones are left out. Throws 42601. */
export function parseStatements(text: string): readonly ParsedStatement[] {
  const statements: ParsedStatement[] = [];
  let tokens: Token[] = [];
  for (const token of tokenize(text)) {
    const ends = token.kind === 'end' || (token.kind === 'op' && token.text === ';');
    if (!ends) {
      tokens.push(token);
      continue;
    }
    if (tokens.length > 0) statements.push(parseOne(text, tokens, token.start));
    tokens = [];
  }
  return statements;
}

function parseOne(text: string, tokens: readonly Token[], end: number): ParsedStatement {
  const cursor = new Cursor(text, [...tokens, { kind: 'end', text: '', start: end, end }]);
  const first = cursor.token;
  if (cursor.isOp('(')) throw cursor.unsupported('a statement in parentheses');
  if (first.kind !== 'word') throw cursor.syntaxError();
  if (REFUSED.has(first.text))
    throw cursor.unsupported(first.text === 'with' ? 'WITH (a common table expression)' : first.text.toUpperCase());
  const parse = Object.hasOwn(BY_FIRST_WORD, first.text) ? BY_FIRST_WORD[first.text] : undefined;
  if (!parse) throw cursor.syntaxError();
  const ast = parse(cursor);
  if (cursor.token.kind !== 'end') throw cursor.syntaxError();
  return { ast, text: text.slice(first.start, end).trimEnd(), params: cursor.params };
}

/** An expression on its own, as defaults and checks are kept. */
export function parseExpression(text: string): Expr {
  const cursor = new Cursor(text, tokenize(text));
  const expr = parseExpr(cursor);
  if (cursor.token.kind !== 'end') throw cursor.syntaxError();
  if (cursor.params > 0) throw new SqlError('42P02', 'a placeholder cannot be used here');
  return expr;
}

/** The statements of a whole script; the last one needs no semicolon. */
export function scriptStatements(text: string): readonly string[] {
  const { statements, rest } = splitStatements(text);
  return rest.trim() === '' ? statements : [...statements, rest];
}

export interface SplitText {
  /** Complete statements, each with its semicolon. */
  readonly statements: readonly string[];
  /** What follows the last semicolon, perhaps unfinished. */
  readonly rest: string;
}

/** Cuts text at semicolons that are outside of strings, names and comments. */
export function splitStatements(text: string): SplitText {
  const statements: string[] = [];
  let start = 0;
  let hasContent = false;
  for (let position = 0; ; ) {
    const token = nextToken(text, position);
    if (token.kind === 'end') return { statements, rest: hasContent ? text.slice(start) : '' };
    if (token.kind === 'bad') return { statements, rest: text.slice(start) };
    position = token.end;
    if (token.kind !== 'op' || token.text !== ';') {
      hasContent = true;
      continue;
    }
    if (hasContent) statements.push(text.slice(start, position).trim());
    start = position;
    hasContent = false;
  }
}
