// Reads what concerns the session: transactions, settings and SHOW.
import type { SettingScope, Statement } from './ast.ts';
import type { Cursor } from './cursor.ts';

export function parseBegin(cursor: Cursor): Statement {
  if (cursor.word('begin')) {
    if (!cursor.word('transaction')) cursor.word('work');
  } else cursor.expectWord('start', 'transaction');
  return { kind: 'begin', readOnly: transactionModes(cursor) };
}

/** Modes of a transaction; all isolation levels are served by serializable. True for READ ONLY. */
function transactionModes(cursor: Cursor): boolean {
  let readOnly = false;
  for (;;) {
    if (cursor.word('isolation', 'level')) {
      if (
        !cursor.word('serializable') &&
        !cursor.word('snapshot') &&
        !cursor.word('repeatable', 'read') &&
        !cursor.word('read', 'committed')
      )
        cursor.expectWord('read', 'uncommitted');
    } else if (cursor.word('read', 'only')) readOnly = true;
    else if (cursor.word('read', 'write')) readOnly = false;
    else if (cursor.word('priority')) cursor.name();
    else if (cursor.word('not', 'deferrable') || cursor.word('deferrable')) continue;
    else if (cursor.isWord('as')) throw cursor.unsupported('AS OF SYSTEM TIME');
    else return readOnly;
    cursor.op(',');
  }
}

export function parseCommit(cursor: Cursor): Statement {
  cursor.next();
  if (!cursor.word('transaction')) cursor.word('work');
  return { kind: 'commit' };
}

export function parseRollback(cursor: Cursor): Statement {
  cursor.next();
  if (!cursor.word('transaction')) cursor.word('work');
  if (!cursor.word('to')) return { kind: 'rollback' };
  cursor.word('savepoint');
  return { kind: 'rollbackTo', name: cursor.name() };
}

export function parseSavepoint(cursor: Cursor): Statement {
  if (cursor.word('savepoint')) return { kind: 'savepoint', name: cursor.name() };
  cursor.expectWord('release');
  cursor.word('savepoint');
  return { kind: 'release', name: cursor.name() };
}

export function parseUse(cursor: Cursor): Statement {
  cursor.expectWord('use');
  return { kind: 'set', scope: 'session', name: 'database', value: settingValue(cursor), tag: 'SET' };
}

export function parseSet(cursor: Cursor): Statement {
  cursor.expectWord('set');
  if (cursor.word('cluster', 'setting')) return assignment(cursor, 'cluster');
  if (cursor.word('session', 'characteristics', 'as', 'transaction') || cursor.word('transaction')) {
    transactionModes(cursor);
    return { kind: 'set', scope: 'session', name: 'default_transaction_isolation', value: 'serializable', tag: 'SET' };
  }
  const scope = cursor.word('local') ? 'local' : 'session';
  if (scope === 'session') cursor.word('session');
  if (cursor.word('time', 'zone')) {
    const value = cursor.word('local') || cursor.word('default') ? undefined : settingValue(cursor);
    return { kind: 'set', scope, name: 'timezone', value, tag: 'SET' };
  }
  if (cursor.word('names')) return { kind: 'set', scope, name: 'client_encoding', value: settingValue(cursor), tag: 'SET' };
  return assignment(cursor, scope);
}

function assignment(cursor: Cursor, scope: SettingScope): Statement {
  const name = dotted(cursor);
  if (!cursor.op('=')) cursor.expectWord('to');
  const value = cursor.word('default') ? undefined : cursor.list(() => settingValue(cursor)).join(', ');
  return { kind: 'set', scope, name, value, tag: 'SET' };
}

/** A value of a setting: a literal or a bare word. */
function settingValue(cursor: Cursor): string {
  const negative = cursor.op('-');
  const { kind, text } = cursor.token;
  if (kind !== 'string' && kind !== 'number' && kind !== 'word' && kind !== 'name') throw cursor.syntaxError();
  cursor.next();
  return negative ? `-${text}` : text;
}

function dotted(cursor: Cursor): string {
  let name = cursor.label();
  while (cursor.op('.')) name += `.${cursor.label()}`;
  return name;
}

export function parseReset(cursor: Cursor): Statement {
  cursor.expectWord('reset');
  const scope = cursor.word('cluster', 'setting') ? 'cluster' : 'session';
  return { kind: 'set', scope, name: dotted(cursor), value: undefined, tag: 'RESET' };
}

export function parseShow(cursor: Cursor): Statement {
  cursor.expectWord('show');
  if (cursor.word('databases')) return { kind: 'show', what: 'databases', name: [] };
  if (cursor.word('schemas')) return { kind: 'show', what: 'schemas', name: fromName(cursor) };
  if (cursor.word('tables')) return { kind: 'show', what: 'tables', name: fromName(cursor) };
  if (cursor.word('columns')) return { kind: 'show', what: 'columns', name: requiredName(cursor) };
  if (cursor.word('index') || cursor.word('indexes') || cursor.word('keys'))
    return { kind: 'show', what: 'indexes', name: requiredName(cursor) };
  if (cursor.word('create')) {
    cursor.word('table');
    return { kind: 'show', what: 'create', name: cursor.path() };
  }
  if (cursor.word('all')) return { kind: 'show', what: 'all', name: [] };
  if (cursor.word('time', 'zone')) return { kind: 'show', what: 'setting', name: ['timezone'] };
  if (cursor.word('transaction', 'isolation', 'level')) return { kind: 'show', what: 'setting', name: ['transaction_isolation'] };
  if (cursor.word('transaction', 'status')) return { kind: 'show', what: 'setting', name: ['transaction_status'] };
  if (cursor.word('cluster', 'setting')) return { kind: 'show', what: 'setting', name: [dotted(cursor)] };
  for (const what of [
    'users',
    'roles',
    'ranges',
    'jobs',
    'sessions',
    'queries',
    'grants',
    'statistics',
    'constraints',
    'zone',
    'statements',
  ])
    if (cursor.isWord(what)) throw cursor.unsupported(`SHOW ${what.toUpperCase()}`);
  cursor.word('session');
  return { kind: 'show', what: 'setting', name: [dotted(cursor)] };
}

function fromName(cursor: Cursor): readonly string[] {
  return cursor.word('from') || cursor.word('in') ? cursor.path() : [];
}

function requiredName(cursor: Cursor): readonly string[] {
  if (!cursor.word('from')) cursor.expectWord('in');
  return cursor.path();
}

export function parseDiscard(cursor: Cursor): Statement {
  cursor.expectWord('discard');
  cursor.expectWord('all');
  return { kind: 'discard' };
}

export function parseDeallocate(cursor: Cursor): Statement {
  cursor.expectWord('deallocate');
  cursor.word('prepare');
  return { kind: 'deallocate', name: cursor.word('all') ? undefined : cursor.name() };
}
