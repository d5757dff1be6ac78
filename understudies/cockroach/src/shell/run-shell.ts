// `cockroach sql`: statements from the command line, from a script, or from a person.
import { text as wholeText } from 'node:stream/consumers';
import { dialFailure } from '../net/dial-failure.ts';
import { scriptStatements } from '../sql/parse/statement.ts';
import type { ShellOptions } from './shell-options.ts';
import { runInteractive } from './interactive.ts';
import { errorText, runStatement } from './run-statement.ts';
import { ServerError, SqlClient } from './sql-client.ts';

/** Resolves with the exit status. */
export async function runShell(options: ShellOptions): Promise<number> {
  const { execute, stdin, stderr, host, port } = options;
  let client: SqlClient;
  try {
    client = await SqlClient.connect(options);
  } catch (error) {
    if (error instanceof ServerError) stderr.write(errorText(error));
    else stderr.write(`ERROR: ${dialFailure(`${host}:${port}: ${error instanceof Error ? error.message : String(error)}`)}\n`);
    stderr.write('Failed running "sql"\n');
    return 1;
  }
  try {
    if (execute.length > 0) return await runAll(client, execute, options);
    if (stdin.isTTY) return await runInteractive(client, options);
    return await runAll(client, scriptStatements(await wholeText(stdin)), options);
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
