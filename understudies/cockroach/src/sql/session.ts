// What a connection asks of the database: statements are prepared, then run; the session keeps the transaction and the settings.
import type { ParsedStatement } from './parse/ast.ts';
import type { Datum } from './values/datum.ts';
import type { SqlType } from './values/types.ts';

export interface ResultColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** `columns` and `rows` are absent for statements that return none. `tag` is that of CommandComplete ('INSERT 0 5'). */
export interface StatementResult {
  readonly tag: string;
  readonly columns?: readonly ResultColumn[];
  readonly rows?: readonly (readonly Datum[])[];
  /** Texts for NoticeResponse. */
  readonly notices?: readonly string[];
}

/** What statements that ran together answered; where one failed, those before it, and why: nothing of it took effect then. */
export interface TogetherResult {
  readonly results: readonly StatementResult[];
  readonly error?: unknown;
}

/** A statement whose names and types have been looked up. Good for any number of runs; run again after a change of the schema it is prepared anew by itself. */
export interface Prepared {
  readonly statement: ParsedStatement;
  readonly parameterTypes: readonly SqlType[];
  /** Undefined: the statement returns no rows. */
  readonly columns: readonly ResultColumn[] | undefined;
}

/** One connection's state. One call at a time. What fails rejects with SqlError. */
export interface Session {
  /** 'I' no transaction, 'T' in one, 'E' in one that failed. */
  readonly status: 'I' | 'T' | 'E';
  /** The current database, for prompts and ParameterStatus. */
  readonly database: string;
  /** `hints`: types that the client gave for its parameters. */
  prepare(statement: ParsedStatement, hints: readonly (SqlType | undefined)[], signal: AbortSignal): Promise<Prepared>;
  execute(prepared: Prepared, parameters: readonly Datum[], signal: AbortSignal): Promise<StatementResult>;
  /**
   * Runs statements as one transaction of their own: all of them take effect, or none. For statements without parameters that do not control
   * transactions, while none is open. Rejects where it is not known that nothing took effect, or when nothing can be done.
   */
  executeTogether(statements: readonly ParsedStatement[], signal: AbortSignal): Promise<TogetherResult>;
  /** Notes an error that happened outside `execute` (a parse error, say): fails an open transaction. */
  fail(): void;
  /** Gives up an open transaction. */
  close(): void;
}
