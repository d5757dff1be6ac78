// Reads SELECT, VALUES, INSERT, UPSERT, UPDATE and DELETE.
import type { Assignment, Delete, Expr, Insert, OnConflict, OrderItem, Select, SelectItem, TableRef, Update, Values } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpr } from './expression.ts';

export function parseSelect(cursor: Cursor): Select {
  cursor.expectWord('select');
  const distinct = cursor.word('distinct');
  if (distinct && cursor.isWord('on')) throw cursor.unsupported('DISTINCT ON');
  if (!distinct) cursor.word('all');
  const items = cursor.isWord('from') || cursor.token.kind === 'end' ? [] : cursor.list(() => selectItem(cursor));
  const from = cursor.word('from') ? fromTable(cursor) : undefined;
  const where = cursor.word('where') ? parseExpr(cursor) : undefined;
  const groupBy = cursor.word('group', 'by') ? cursor.list(() => parseExpr(cursor)) : [];
  const having = cursor.word('having') ? parseExpr(cursor) : undefined;
  for (const word of ['union', 'intersect', 'except', 'window']) if (cursor.isWord(word)) throw cursor.unsupported(word.toUpperCase());
  const orderBy = parseOrderBy(cursor);
  const { limit, offset } = limits(cursor);
  if (cursor.word('for')) lockingClause(cursor);
  return {
    kind: 'select',
    distinct,
    items,
    groupBy,
    orderBy,
    ...(from && { from }),
    ...(where && { where }),
    ...(having && { having }),
    ...(limit && { limit }),
    ...(offset && { offset }),
  };
}

export function parseValues(cursor: Cursor): Values {
  cursor.expectWord('values');
  return { kind: 'values', rows: cursor.list(() => row(cursor)) };
}

/** Transactions are serializable without locks, so that a wish for one is granted by doing nothing. */
function lockingClause(cursor: Cursor): void {
  if (!cursor.word('update') && !cursor.word('share')) throw cursor.syntaxError();
  cursor.word('nowait');
}

function selectItem(cursor: Cursor): SelectItem {
  if (cursor.op('*')) return { expr: { node: 'star' } };
  if (cursor.isName() && cursor.peek(1).text === '.' && cursor.peek(2).kind === 'op' && cursor.peek(2).text === '*') {
    for (let i = 0; i < 3; i++) cursor.next();
    return { expr: { node: 'star' } };
  }
  const expr = parseExpr(cursor);
  if (cursor.word('as')) return { expr, alias: cursor.label() };
  return cursor.isName() ? { expr, alias: cursor.name() } : { expr };
}

function fromTable(cursor: Cursor): TableRef {
  if (cursor.isOp('(')) throw cursor.unsupported('a subquery');
  const table = parseTableRef(cursor);
  if (cursor.isOp('(')) throw cursor.unsupported('a function as a table');
  if (cursor.isOp(',') || ['join', 'inner', 'left', 'right', 'full', 'cross', 'natural'].some((word) => cursor.isWord(word)))
    throw cursor.unsupported('a join');
  return table;
}

/** A table with an alias, which may not be a word that continues the statement. */
export function parseTableRef(cursor: Cursor): TableRef {
  const name = cursor.path();
  if (cursor.word('as')) {
    if (cursor.isWord('of')) throw cursor.unsupported('AS OF SYSTEM TIME');
    return { name, alias: cursor.name() };
  }
  return cursor.isName() && !cursor.isWord('set') && !cursor.isWord('values') ? { name, alias: cursor.name() } : { name };
}

export function parseOrderBy(cursor: Cursor): readonly OrderItem[] {
  if (!cursor.word('order', 'by')) return [];
  return cursor.list(() => {
    const expr = parseExpr(cursor);
    const descending = cursor.word('desc');
    if (!descending) cursor.word('asc');
    // CockroachDB holds NULL for the smallest value.
    const nullsFirst = cursor.word('nulls', 'first') || (!cursor.word('nulls', 'last') && !descending);
    return { expr, descending, nullsFirst };
  });
}

function limits(cursor: Cursor): { limit?: Expr; offset?: Expr } {
  let limit: Expr | undefined;
  let offset: Expr | undefined;
  for (;;) {
    if (limit === undefined && cursor.word('limit')) {
      if (!cursor.word('all')) limit = parseExpr(cursor);
    } else if (offset === undefined && cursor.word('offset')) {
      offset = parseExpr(cursor);
      if (!cursor.word('rows')) cursor.word('row');
    } else if (limit === undefined && cursor.word('fetch')) {
      if (!cursor.word('first')) cursor.expectWord('next');
      limit = cursor.isWord('row') || cursor.isWord('rows') ? { node: 'number', text: '1' } : parseExpr(cursor);
      if (!cursor.word('rows')) cursor.expectWord('row');
      cursor.expectWord('only');
    } else return { ...(limit && { limit }), ...(offset && { offset }) };
  }
}

export function parseInsert(cursor: Cursor): Insert {
  const upsert = cursor.word('upsert');
  if (!upsert) cursor.expectWord('insert');
  cursor.expectWord('into');
  const name = cursor.path();
  const table = cursor.word('as') ? { name, alias: cursor.name() } : { name };
  const columns = cursor.isOp('(') ? cursor.parenthesized(() => cursor.list(() => cursor.name())) : undefined;
  const source = insertSource(cursor);
  const onConflict = cursor.word('on', 'conflict') ? conflictClause(cursor) : undefined;
  const returning = parseReturning(cursor);
  return {
    kind: 'insert',
    table,
    upsert,
    ...source,
    ...(columns && { columns }),
    ...(onConflict && { onConflict }),
    ...(returning && { returning }),
  };
}

function insertSource(cursor: Cursor): Pick<Insert, 'rows' | 'select'> {
  if (cursor.word('default', 'values')) return {};
  if (cursor.isWord('select')) return { select: parseSelect(cursor) };
  return { rows: parseValues(cursor).rows };
}

function row(cursor: Cursor): readonly Expr[] {
  return cursor.parenthesized(() => cursor.list(() => parseExpr(cursor)));
}

function conflictClause(cursor: Cursor): OnConflict {
  if (cursor.isWord('on', 'constraint')) throw cursor.unsupported('ON CONFLICT ON CONSTRAINT');
  const columns = cursor.isOp('(') ? cursor.parenthesized(() => cursor.list(() => cursor.name())) : undefined;
  cursor.expectWord('do');
  if (cursor.word('nothing')) return { ...(columns && { columns }) };
  cursor.expectWord('update', 'set');
  if (!columns) throw cursor.syntaxError();
  const set = assignments(cursor);
  const where = cursor.word('where') ? parseExpr(cursor) : undefined;
  return { columns, set, ...(where && { where }) };
}

function assignments(cursor: Cursor): readonly Assignment[] {
  return cursor.list(() => {
    if (cursor.isOp('(')) throw cursor.unsupported('an assignment to several columns at once');
    const column = cursor.name();
    cursor.expectOp('=');
    return { column, value: parseExpr(cursor) };
  });
}

export function parseUpdate(cursor: Cursor): Update {
  cursor.expectWord('update');
  const table = parseTableRef(cursor);
  cursor.expectWord('set');
  const set = assignments(cursor);
  if (cursor.isWord('from')) throw cursor.unsupported('UPDATE … FROM (a join)');
  return { kind: 'update', table, set, ...tail(cursor) };
}

export function parseDelete(cursor: Cursor): Delete {
  cursor.expectWord('delete', 'from');
  const table = parseTableRef(cursor);
  if (cursor.isWord('using')) throw cursor.unsupported('DELETE … USING (a join)');
  return { kind: 'delete', table, ...tail(cursor) };
}

function tail(cursor: Cursor): Pick<Update, 'where' | 'orderBy' | 'limit' | 'returning'> {
  const where = cursor.word('where') ? parseExpr(cursor) : undefined;
  const orderBy = parseOrderBy(cursor);
  const limit = cursor.word('limit') ? parseExpr(cursor) : undefined;
  const returning = parseReturning(cursor);
  return { orderBy, ...(where && { where }), ...(limit && { limit }), ...(returning && { returning }) };
}

function parseReturning(cursor: Cursor): readonly SelectItem[] | undefined {
  if (!cursor.word('returning') || cursor.word('nothing')) return undefined;
  return cursor.list(() => selectItem(cursor));
}
