// The shell for a person at a terminal.
import { createInterface } from 'node:readline';
import { splitStatements } from '../sql/parse/statement.ts';
import type { ShellOptions } from './shell-options.ts';
import { runStatement } from './run-statement.ts';
import type { SqlClient } from './sql-client.ts';

const HELP = `You are using 'cockroach sql' of Holdfast's understudy.

  \\q             leave (so do exit, quit and Ctrl+D)
  \\l             list the databases
  \\dt            list the tables of this database
  \\d NAME        describe a table
  \\?             this text

A statement ends with a semicolon and may span lines; Ctrl+C clears what was typed.
`;

/** Reads statements until the person leaves; resolves with the exit status. */
export async function runInteractive(client: SqlClient, options: ShellOptions): Promise<number> {
  const { stdin, stdout, stderr, banner, clock } = options;
  stdout.write(banner);
  const terminal = createInterface({ input: stdin, output: stdout, terminal: true, historySize: 1000 });
  let typed = '';
  const prompt = async (): Promise<void> => {
    terminal.setPrompt(
      typed === '' ? await firstPrompt(client, options) : `${' '.repeat(Math.max(0, (await firstPrompt(client, options)).length - 4))} -> `,
    );
    terminal.prompt();
  };
  terminal.on('SIGINT', () => {
    typed = '';
    stdout.write('^C\n');
    void prompt();
  });
  try {
    await prompt();
    for await (const line of terminal) {
      const command = typed === '' ? line.trim() : '';
      if (/^(\\q|exit|quit)\s*;?$/i.test(command)) break;
      if (command.startsWith('\\')) {
        const statement = metaCommand(command);
        if (statement === undefined) stdout.write(HELP);
        else await runStatement(client, statement, options);
      } else {
        const { statements, rest } = splitStatements(`${typed}${line}\n`);
        typed = rest.trim() === '' ? '' : rest;
        for (const statement of statements) {
          const began = clock.now();
          if (await runStatement(client, statement, options)) stdout.write(`\nTime: ${clock.now() - began}ms\n\n`);
          else stdout.write('\n');
        }
      }
      await prompt();
    }
    return 0;
  } catch (error) {
    stderr.write(`ERROR: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    terminal.close();
  }
}

/** The statement that a command with a backslash stands for; undefined for those that only ask for help. */
function metaCommand(command: string): string | undefined {
  const [name = '', argument = ''] = command.replace(/;$/, '').split(/\s+/);
  switch (name) {
    case '\\l':
      return 'SHOW DATABASES';
    case '\\dt':
      return 'SHOW TABLES';
    case '\\d':
      return argument === '' ? 'SHOW TABLES' : `SHOW COLUMNS FROM ${argument}`;
    default:
      return undefined;
  }
}

/** `root@localhost:26257/defaultdb> `, with the state of the transaction where there is one. */
async function firstPrompt(client: SqlClient, { user, hostName, port, database }: ShellOptions): Promise<string> {
  let current = database;
  // A failed transaction answers nothing.
  if (client.status !== 'E') {
    await client.query('SHOW database', ({ result }) => {
      current = result?.rows[0]?.[0] ?? current;
    });
  }
  const state = client.status === 'T' ? '  OPEN' : client.status === 'E' ? '  ERROR' : '';
  return `${user}@${hostName}:${port}/${current}${state}> `;
}
