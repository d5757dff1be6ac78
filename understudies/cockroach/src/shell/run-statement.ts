// One statement: what it answers is printed, and so is its failure.
import type { Writable } from 'node:stream';
import { type Format, printResult } from './print.ts';
import { type Answer, ServerError, type SqlClient } from './sql-client.ts';

export interface Output {
  readonly format: Format;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Runs a statement and prints what it answers; false: it failed, which is printed as well. */
export async function runStatement(client: SqlClient, statement: string, { format, stdout, stderr }: Output): Promise<boolean> {
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
