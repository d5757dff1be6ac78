// Errors as a client of the database sees them: an SQLSTATE and PostgreSQL's or CockroachDB's own words.

export interface SqlErrorDetails {
  readonly detail?: string;
  readonly hint?: string;
  readonly constraint?: string;
  readonly cause?: unknown;
}

/** A statement's failure. `code` is the five-letter SQLSTATE. */
export class SqlError extends Error {
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly constraint: string | undefined;

  constructor(code: string, message: string, details: SqlErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.detail = details.detail;
    this.hint = details.hint;
    this.constraint = details.constraint;
  }
}

/** What this understudy leaves to the real database. */
export function unsupported(what: string): SqlError {
  return new SqlError('0A000', `unimplemented: ${what} is not supported by this understudy of CockroachDB`, {
    hint: 'This is a small stand-in that speaks the SQL of single tables; put a real cockroach binary on PATH to use all of it.',
  });
}

export const undefinedTable = (name: string): SqlError => new SqlError('42P01', `relation "${name}" does not exist`);
export const undefinedColumn = (name: string): SqlError => new SqlError('42703', `column "${name}" does not exist`);
export const undefinedDatabase = (name: string): SqlError => new SqlError('3D000', `database "${name}" does not exist`);
export const divisionByZero = (): SqlError => new SqlError('22012', 'division by zero');
export const integerOutOfRange = (): SqlError => new SqlError('22003', 'integer out of range');
export const invalidText = (type: string, text: string): SqlError => new SqlError('22P02', `could not parse "${text}" as type ${type}`);
export const typeMismatch = (message: string): SqlError => new SqlError('42804', message);

/** The transaction met another one: to be tried again by the client. */
export function restartTransaction(reason: string): SqlError {
  return new SqlError('40001', `restart transaction: TransactionRetryWithProtoRefreshError: TransactionRetryError: retry txn (${reason})`, {
    hint: 'See: https://www.cockroachlabs.com/docs/stable/transaction-retry-error-reference.html',
  });
}
