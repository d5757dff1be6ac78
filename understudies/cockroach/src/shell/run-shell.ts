// `cockroach sql`: statements from the command line, from a script, or from a person.
import type { Readable, Writable } from 'node:stream';
import { text as wholeText } from 'node:stream/consumers';
import type { Clock } from '@holdfast/clock';
import { splitStatements } from '../sql/parse/statement.ts';
import { type Format, printResult } from './print.ts';
import { runInteractive } from './interactive.ts';
import { type Answer, ServerError, SqlClient, type SqlClientOptions } from './sql-client.ts';

export interface ShellOptions extends SqlClientOptions {
  /** The host as the user named it, for the prompt. */
  readonly hostName: string;
  /** Statements given with `-e`, in order; where there are any, the input is not read. */
  readonly execute: readonly string[];
  readonly format: Format;
  /** Ends at the first error; otherwise goes on with the next statement. */
  readonly stopAtErrors: boolean;
  readonly clock: Clock;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
  /** Lines printed before the first prompt. */
  readonly banner: string;
}

/** Resolves with the exit status. */
export async function runShell(options: ShellOptions): Promise<number> {
  const { execute, stdin, stderr, host, port } = options;
  let client: SqlClient;
  try {
    client = await SqlClient.connect(options);
  } catch (error) {
    if (error instanceof ServerError) stderr.write(errorText(error));
    else
      stderr.write(
        `ERROR: cannot dial server.\nIs the server running?\nIf the server is running, check --host client-side and --advertise server-side.\n\n${host}:${port}: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    stderr.write('Failed running "sql"\n');
    return 1;
  }
  try {
    if (execute.length > 0) return await runAll(client, execute, options);
    if (stdin.isTTY) return await runInteractive(client, options);
    const { statements, rest } = splitStatements(await wholeText(stdin));
    return await runAll(client, [...statements, ...(rest.trim() === '' ? [] : [rest])], options);
  } finally {
    client.close();
  }
}

/** Runs the statements one by one. */
async function runAll(client: SqlClient, statements: readonly string[], options: ShellOptions): Promise<number> {
  let status = 0;
  for (const statement of statements) {
    if (/^\s*\\q\b/.test(statement)) break;
    if (await runStatement(client, statement, options)) continue;
    status = 1;
    if (options.stopAtErrors) {
      options.stderr.write('Failed running "sql"\n');
      break;
    }
  }
  return status;
}

/** Runs a statement and prints what it answers; false: it failed, which is printed as well. */
export async function runStatement(client: SqlClient, statement: string, { format, stdout, stderr }: ShellOptions): Promise<boolean> {
  try {
    await client.query(statement, (answer) => printAnswer(answer, format, stdout, stderr));
    return true;
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    stderr.write(errorText(error));
    return false;
  }
}

function printAnswer({ tag, result, notices }: Answer, format: Format, stdout: Writable, stderr: Writable): void {
  for (const notice of notices) stderr.write(`NOTICE: ${notice}\n`);
  if (result) stdout.write(printResult(result, format));
  else stdout.write(`${tag}\n`);
}

export function errorText({ message, code, detail, hint }: ServerError): string {
  return [`ERROR: ${message}`, `SQLSTATE: ${code}`, ...(detail ? [`DETAIL: ${detail}`] : []), ...(hint ? [`HINT: ${hint}`] : []), ''].join(
    '\n',
  );
}
