// The command line: which command, and what becomes of its failure.
import { Refusal } from '../rpc/call.ts';
import type { Environment } from './environment.ts';
import { UsageError } from './flags.ts';
import { CommandError, drain, init, nodeStatus } from './remote.ts';
import { sql } from './sql.ts';
import { start } from './start.ts';
import { versionText, WHAT_THIS_IS } from './version.ts';

const USAGE = `${WHAT_THIS_IS}

Usage:
  cockroach [command]

Available Commands:
  start              start a node in a multi-node cluster
  start-single-node  start a single-node cluster
  init               initialize a cluster
  sql                open a sql shell
  node status        show the status of the nodes
  node drain         drain the node that is asked
  version            output version information
`;

/** Resolves with the exit status. What fails is said on stderr in a sentence. */
export async function run(args: readonly string[], environment: Environment): Promise<number> {
  const words = args.slice(0, 2).join(' ');
  try {
    return await dispatch(args, environment);
  } catch (error) {
    environment.stderr.write(`ERROR: ${error instanceof Error ? error.message : String(error)}\n`);
    if (
      !(error instanceof UsageError || error instanceof CommandError || error instanceof Refusal) &&
      error instanceof Error &&
      error.stack !== undefined
    )
      environment.stderr.write(`${error.stack}\n`);
    environment.stderr.write(`Failed running "${words.startsWith('node') ? words : args[0]}"\n`);
    return 1;
  }
}

async function dispatch(args: readonly string[], environment: Environment): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case 'start':
      await start(rest, environment, false);
      return 0;
    case 'start-single-node':
      await start(rest, environment, true);
      return 0;
    case 'init':
      await init(rest, environment);
      return 0;
    case 'sql':
      return sql(rest, environment);
    case 'node':
      return node(rest, environment);
    case 'version':
    case '--version':
      environment.stdout.write(versionText());
      return 0;
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      environment.stdout.write(USAGE);
      return command === undefined ? 1 : 0;
    default:
      throw new UsageError(
        `unknown command ${JSON.stringify(command)} for "cockroach": this understudy has start, start-single-node, init, sql, node status, node drain and version`,
      );
  }
}

async function node([command, ...rest]: readonly string[], environment: Environment): Promise<number> {
  if (command === 'status') await nodeStatus(rest, environment);
  else if (command === 'drain') await drain(rest, environment);
  else throw new UsageError(`unknown command ${JSON.stringify(command ?? '')} for "cockroach node": this understudy has status and drain`);
  return 0;
}
