// Which plan a statement has.
import { SqlError } from '../errors.ts';
import type { Statement } from '../parse/ast.ts';
import { planDelete, planTruncate, planUpdate } from './change.ts';
import {
  planAlterTable,
  planCreateDatabase,
  planCreateIndex,
  planCreateTable,
  planDropDatabase,
  planDropIndex,
  planDropTable,
  planRenameDatabase,
} from './define.ts';
import { planInsert } from './insert.ts';
import type { Plan, PlanContext } from './plan.ts';
import { planSelect, planValues } from './select.ts';
import { planShow } from './show.ts';

/** Statements that the session carries out by itself, without looking at data. */
export type ControlStatement = Extract<
  Statement,
  { readonly kind: 'set' | 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollbackTo' | 'discard' | 'deallocate' }
>;

const CONTROL: ReadonlySet<Statement['kind']> = new Set([
  'set',
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'release',
  'rollbackTo',
  'discard',
  'deallocate',
]);

export function isControl(statement: Statement): statement is ControlStatement {
  return CONTROL.has(statement.kind);
}

/** Throws SqlError where a name or a type is wrong. */
export function planStatement(statement: Statement, context: PlanContext, settings: ReadonlyMap<string, string>): Plan {
  switch (statement.kind) {
    case 'select':
      return planSelect(statement, context);
    case 'values':
      return planValues(statement, context);
    case 'insert':
      return planInsert(statement, context);
    case 'update':
      return planUpdate(statement, context);
    case 'delete':
      return planDelete(statement, context);
    case 'truncate':
      return planTruncate(statement.names, context);
    case 'createDatabase':
      return planCreateDatabase(statement);
    case 'dropDatabase':
      return planDropDatabase(statement);
    case 'renameDatabase':
      return planRenameDatabase(statement);
    case 'createTable':
      return planCreateTable(statement, context);
    case 'dropTable':
      return planDropTable(statement, context);
    case 'alterTable':
      return planAlterTable(statement, context);
    case 'createIndex':
      return planCreateIndex(statement, context);
    case 'dropIndex':
      return planDropIndex(statement, context);
    case 'show':
      return planShow(statement, context, settings);
    default:
      throw new SqlError('XX000', `${statement.kind} has no plan`);
  }
}
