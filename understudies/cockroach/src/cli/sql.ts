// `cockroach sql`.
import { readFile } from 'node:fs/promises';
import { splitAddress } from '../net/resolve.ts';
import { runShell } from '../shell/run-shell.ts';
import { scriptStatements } from '../sql/parse/statement.ts';
import { type Environment, inContainer, resolverOf } from './environment.ts';
import { type FlagSpec, parseFlags, UsageError } from './flags.ts';
import { CLIENT_FLAGS, CommandError, DEFAULT_PORT, formatOf, requireInsecure, target } from './remote.ts';
import { BUILD, WHAT_THIS_IS } from './version.ts';

const FLAGS: FlagSpec = {
  ...CLIENT_FLAGS,
  execute: { kind: 'list', short: 'e' },
  file: { kind: 'value', short: 'f' },
  format: { kind: 'value' },
  user: { kind: 'value', short: 'u' },
  database: { kind: 'value', short: 'd' },
  set: { kind: 'list' },
  'echo-sql': { kind: 'switch' },
  'read-only': { kind: 'switch' },
  embedded: { kind: 'switch' },
};

/** Resolves with the exit status. */
export async function sql(args: readonly string[], environment: Environment): Promise<number> {
  const flags = parseFlags(args, FLAGS);
  requireInsecure(flags);
  const { clock, variables, stdin, stdout, stderr } = environment;
  const url = flags.text('url') ?? variables['COCKROACH_URL'];
  const given = url === undefined ? undefined : parseUrl(url);
  const [hostName, port] = given?.host === undefined ? splitAddress(target(flags, environment), DEFAULT_PORT) : [given.host, given.port];
  const host = await resolverOf(environment)(hostName).catch((error: unknown) => {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  });
  const file = flags.text('file');
  const script = file === undefined ? [] : scriptStatements(await readFile(inContainer(environment, file), 'utf8'));
  const errexit = flags.list('set').findLast((setting) => setting.startsWith('errexit'));
  return runShell({
    host,
    port,
    hostName,
    user: flags.text('user') ?? given?.user ?? variables['COCKROACH_USER'] ?? 'root',
    database: flags.text('database') ?? given?.database ?? variables['COCKROACH_DATABASE'] ?? 'defaultdb',
    applicationName: '$ cockroach sql',
    execute: [...flags.list('execute'), ...script],
    format: formatOf(flags, environment),
    stopAtErrors: errexit === undefined ? true : errexit === 'errexit' || errexit === 'errexit=true',
    clock,
    stdin,
    stdout,
    stderr,
    banner: ['#', `# ${WHAT_THIS_IS}`, `# Client and server version: ${BUILD}`, '#', '# Enter \\? for a brief introduction.', '#', ''].join(
      '\n',
    ),
  });
}

interface UrlParts {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly database: string | undefined;
}

function parseUrl(text: string): UrlParts {
  const url = URL.parse(text);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) throw new UsageError(`--url: ${JSON.stringify(text)} is no postgresql:// URL`);
  return {
    host: url.hostname || 'localhost',
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decodeURIComponent(url.username) || undefined,
    database: decodeURIComponent(url.pathname.slice(1)) || undefined,
  };
}
