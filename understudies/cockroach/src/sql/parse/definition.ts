// Reads CREATE, ALTER, DROP and TRUNCATE.
import { SqlError } from '../errors.ts';
import type { AlterAction, CheckDef, ColumnDef, CreateTable, IndexDef, Statement } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpr } from './expression.ts';
import { parseSerial, parseType } from './type-name.ts';

export function parseCreate(cursor: Cursor): Statement {
  cursor.expectWord('create');
  if (cursor.word('database')) return createDatabase(cursor);
  if (cursor.word('table')) return createTable(cursor);
  const unique = cursor.word('unique');
  if (cursor.word('index')) return createIndex(cursor, unique);
  for (const what of [
    'user',
    'role',
    'view',
    'sequence',
    'schema',
    'type',
    'function',
    'inverted',
    'trigger',
    'extension',
    'temp',
    'temporary',
  ])
    if (cursor.isWord(what)) throw cursor.unsupported(`CREATE ${what.toUpperCase()}`);
  throw cursor.syntaxError();
}

function createDatabase(cursor: Cursor): Statement {
  const ifNotExists = cursor.ifNotExists();
  const name = cursor.name();
  // The encoding is always UTF8; other wishes (owner, regions) have no meaning here.
  if (cursor.word('with') || cursor.isWord('encoding') || cursor.isWord('owner')) {
    if (!cursor.word('encoding')) throw cursor.unsupported('an option of CREATE DATABASE');
    cursor.op('=');
    if (!/^utf-?8$/i.test(cursor.string())) throw cursor.unsupported('an encoding other than UTF8');
  }
  return { kind: 'createDatabase', name, ifNotExists };
}

function createTable(cursor: Cursor): CreateTable {
  const ifNotExists = cursor.ifNotExists();
  const name = cursor.path();
  if (cursor.isWord('as')) throw cursor.unsupported('CREATE TABLE … AS');
  const table = new TableBody();
  cursor.parenthesized(() => cursor.isOp(')') || cursor.list(() => table.element(cursor)));
  if (cursor.isWord('with') || cursor.isWord('locality') || cursor.isWord('partition') || cursor.isWord('interleave'))
    throw cursor.unsupported(`${cursor.token.text.toUpperCase()} in CREATE TABLE`);
  return { kind: 'createTable', name, ifNotExists, ...table.parts() };
}

/** Columns and constraints as they are read. */
class TableBody {
  readonly #columns: ColumnDef[] = [];
  readonly #indexes: IndexDef[] = [];
  readonly #checks: CheckDef[] = [];
  #primaryKey: { name?: string; columns: readonly string[] } | undefined;

  parts(): Pick<CreateTable, 'columns' | 'indexes' | 'checks' | 'primaryKey'> {
    return {
      columns: this.#columns,
      indexes: this.#indexes,
      checks: this.#checks,
      ...(this.#primaryKey && { primaryKey: this.#primaryKey }),
    };
  }

  element(cursor: Cursor): void {
    const name = cursor.word('constraint') ? cursor.name() : undefined;
    if (cursor.word('primary', 'key')) {
      if (this.#primaryKey) throw new SqlError('42P16', 'multiple primary keys for table are not allowed');
      this.#primaryKey = { ...(name !== undefined && { name }), columns: columnList(cursor) };
    } else if (cursor.word('unique')) {
      const indexName = cursor.word('index') && cursor.isName() ? cursor.name() : name;
      this.#indexes.push({ unique: true, columns: columnList(cursor), ...(indexName !== undefined && { name: indexName }) });
    } else if (cursor.isWord('index') && (cursor.peek().text === '(' || cursor.peek(2).text === '(')) {
      cursor.next();
      const indexName = cursor.isName() ? cursor.name() : name;
      this.#indexes.push({ unique: false, columns: columnList(cursor), ...(indexName !== undefined && { name: indexName }) });
    } else if (cursor.word('check')) this.#checks.push(checkDef(cursor, name));
    else if (cursor.isWord('foreign')) throw cursor.unsupported('a foreign key');
    else if (cursor.isWord('family')) skipFamily(cursor);
    else if (name !== undefined) throw cursor.syntaxError();
    else this.#columns.push(columnDef(cursor));
  }
}

/** Column families say only how rows are stored. */
function skipFamily(cursor: Cursor): void {
  cursor.next();
  if (cursor.isName()) cursor.name();
  columnList(cursor);
}

function columnDef(cursor: Cursor): ColumnDef {
  const name = cursor.name();
  const serial = parseSerial(cursor);
  const column = {
    name,
    type: serial ?? parseType(cursor),
    nullable: serial === undefined,
    primaryKey: false,
    unique: false,
    checks: [] as CheckDef[],
    defaultText: serial ? 'unique_rowid()' : undefined,
  };
  for (;;) {
    const constraint = cursor.word('constraint') ? cursor.name() : undefined;
    if (cursor.word('not', 'null')) column.nullable = false;
    else if (cursor.word('null')) column.nullable = true;
    else if (cursor.word('primary', 'key')) column.primaryKey = true;
    else if (cursor.word('unique')) column.unique = true;
    else if (cursor.word('default')) column.defaultText = exprText(cursor);
    else if (cursor.word('check')) column.checks.push(checkDef(cursor, constraint));
    else if (cursor.isWord('references')) throw cursor.unsupported('a foreign key (REFERENCES)');
    else if (cursor.isWord('generated') || cursor.isWord('as')) throw cursor.unsupported('a computed or identity column');
    else if (cursor.isWord('collate')) throw cursor.unsupported('COLLATE');
    else if (cursor.isWord('family') || cursor.isWord('create')) throw cursor.unsupported('FAMILY within a column');
    else if (constraint !== undefined) throw cursor.syntaxError();
    else break;
  }
  const { defaultText, ...rest } = column;
  return defaultText === undefined ? rest : { ...rest, defaultText };
}

/** An expression that is kept as text; read here so that mistakes show at once. */
function exprText(cursor: Cursor): string {
  const { start } = cursor.token;
  parseExpr(cursor);
  return cursor.textFrom(start);
}

function checkDef(cursor: Cursor, name: string | undefined): CheckDef {
  const text = cursor.parenthesized(() => exprText(cursor));
  return name === undefined ? { text } : { name, text };
}

/** Column names with a direction each, which only concerns the order of storage. */
function columnList(cursor: Cursor): readonly string[] {
  const names = cursor.parenthesized(() =>
    cursor.list(() => {
      if (cursor.isOp('(')) throw cursor.unsupported('an index on an expression');
      const name = cursor.name();
      if (!cursor.word('asc')) cursor.word('desc');
      return name;
    }),
  );
  if (cursor.isWord('storing') || cursor.isWord('include')) {
    cursor.next();
    columnList(cursor);
  }
  return names;
}

function createIndex(cursor: Cursor, unique: boolean): Statement {
  cursor.word('concurrently');
  const ifNotExists = cursor.ifNotExists();
  const name = cursor.isWord('on') ? undefined : cursor.name();
  cursor.expectWord('on');
  const table = cursor.path();
  if (cursor.isWord('using')) throw cursor.unsupported('USING in CREATE INDEX');
  const columns = columnList(cursor);
  if (cursor.isWord('where')) throw cursor.unsupported('a partial index');
  return { kind: 'createIndex', table, ifNotExists, index: { unique, columns, ...(name !== undefined && { name }) } };
}

export function parseDrop(cursor: Cursor): Statement {
  cursor.expectWord('drop');
  if (cursor.word('database')) {
    const ifExists = cursor.ifExists();
    const name = cursor.name();
    const restrict = cursor.word('restrict');
    if (!restrict) cursor.word('cascade');
    return { kind: 'dropDatabase', name, ifExists, restrict };
  }
  if (cursor.word('table')) {
    const ifExists = cursor.ifExists();
    const names = cursor.list(() => cursor.path());
    if (!cursor.word('cascade')) cursor.word('restrict');
    return { kind: 'dropTable', names, ifExists };
  }
  if (cursor.word('index')) {
    cursor.word('concurrently');
    const ifExists = cursor.ifExists();
    const path = cursor.path();
    const at = cursor.op('@') ? cursor.name() : undefined;
    if (!cursor.word('cascade')) cursor.word('restrict');
    if (at !== undefined) return { kind: 'dropIndex', table: path, name: at, ifExists };
    return { kind: 'dropIndex', name: path.at(-1)!, ifExists };
  }
  throw cursor.token.kind === 'word' ? cursor.unsupported(`DROP ${cursor.token.text.toUpperCase()}`) : cursor.syntaxError();
}

export function parseTruncate(cursor: Cursor): Statement {
  cursor.expectWord('truncate');
  cursor.word('table');
  const names = cursor.list(() => cursor.path());
  if (!cursor.word('cascade')) cursor.word('restrict');
  return { kind: 'truncate', names };
}

export function parseAlter(cursor: Cursor): Statement {
  cursor.expectWord('alter');
  if (cursor.word('database')) {
    const from = cursor.name();
    cursor.expectWord('rename', 'to');
    return { kind: 'renameDatabase', from, to: cursor.name() };
  }
  if (!cursor.word('table'))
    throw cursor.token.kind === 'word' ? cursor.unsupported(`ALTER ${cursor.token.text.toUpperCase()}`) : cursor.syntaxError();
  const ifExists = cursor.ifExists();
  const name = cursor.path();
  return { kind: 'alterTable', name, ifExists, actions: cursor.list(() => alterAction(cursor)) };
}

function alterAction(cursor: Cursor): AlterAction {
  if (cursor.word('add')) return addAction(cursor);
  if (cursor.word('rename')) return renameAction(cursor);
  if (cursor.word('drop')) {
    if (cursor.word('constraint')) {
      const ifExists = cursor.ifExists();
      return { action: 'dropConstraint', name: dropName(cursor), ifExists };
    }
    cursor.word('column');
    const ifExists = cursor.ifExists();
    return { action: 'dropColumn', column: dropName(cursor), ifExists };
  }
  if (!cursor.word('alter'))
    throw cursor.token.kind === 'word' ? cursor.unsupported(`ALTER TABLE … ${cursor.token.text.toUpperCase()}`) : cursor.syntaxError();
  cursor.word('column');
  const column = cursor.name();
  if (cursor.word('set', 'not', 'null')) return { action: 'setNotNull', column };
  if (cursor.word('drop', 'not', 'null')) return { action: 'dropNotNull', column };
  if (cursor.word('drop', 'default')) return { action: 'dropDefault', column };
  if (cursor.word('set', 'default')) return { action: 'setDefault', column, defaultText: exprText(cursor) };
  throw cursor.unsupported('changing the type of a column');
}

function addAction(cursor: Cursor): AlterAction {
  const name = cursor.word('constraint') ? cursor.name() : undefined;
  const named = name === undefined ? {} : { name };
  if (cursor.word('unique')) return { action: 'addUnique', index: { ...named, unique: true, columns: columnList(cursor) } };
  if (cursor.word('check')) return { action: 'addCheck', check: checkDef(cursor, name) };
  if (cursor.isWord('primary')) throw cursor.unsupported('changing the primary key');
  if (cursor.isWord('foreign')) throw cursor.unsupported('a foreign key');
  if (name !== undefined) throw cursor.syntaxError();
  cursor.word('column');
  const ifNotExists = cursor.ifNotExists();
  return { action: 'addColumn', column: columnDef(cursor), ifNotExists };
}

function renameAction(cursor: Cursor): AlterAction {
  if (cursor.word('to')) return { action: 'renameTable', to: cursor.name() };
  cursor.word('column');
  const from = cursor.name();
  cursor.expectWord('to');
  return { action: 'renameColumn', from, to: cursor.name() };
}

function dropName(cursor: Cursor): string {
  const name = cursor.name();
  if (!cursor.word('cascade')) cursor.word('restrict');
  return name;
}
