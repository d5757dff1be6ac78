// `cockroach sql`.
import { readFile } from 'node:fs/promises';
import { splitAddress } from '../net/resolve.ts';
import { runShell } from '../shell/run-shell.ts';
import { scriptStatements } from '../sql/parse/statement.ts';
import { type Environment, inContainer, resolverOf } from './environment.ts';
import { type FlagSpec, parseFlags, UsageError } from './flags.ts';
import { CLIENT_FLAGS, CommandError, DEFAULT_PORT, formatOf, requireInsecure, target } from './remote.ts';
import { BUILD, WHAT_THIS_IS } from './version.ts';

/** A flag without effect would deceive: `--read-only` above all. */
const UNSUPPORTED = ['echo-sql', 'read-only', 'embedded', 'debug-sql-cli', 'no-line-editor', 'safe-updates'];

const FLAGS: FlagSpec = {
  ...CLIENT_FLAGS,
  execute: { kind: 'list', short: 'e' },
  file: { kind: 'value', short: 'f' },
  format: { kind: 'value' },
  user: { kind: 'value', short: 'u' },
  database: { kind: 'value', short: 'd' },
  set: { kind: 'list' },
  ...Object.fromEntries(UNSUPPORTED.map((name) => [name, { kind: 'switch' } as const])),
};

/** Resolves with the exit status. */
export async function sql(args: readonly string[], environment: Environment): Promise<number> {
  const flags = parseFlags(args, FLAGS);
  const unsupported = UNSUPPORTED.find((name) => flags.has(name));
  if (unsupported !== undefined) throw new UsageError(`--${unsupported} is not supported by this understudy of CockroachDB`);
  requireInsecure(flags);
  const { clock, variables, stdin, stdout, stderr } = environment;
  const url = flags.text('url') ?? variables['COCKROACH_URL'];
  const given = url === undefined ? undefined : parseUrl(url);
  const [hostName, port] = given?.host === undefined ? splitAddress(target(flags, environment), DEFAULT_PORT) : [given.host, given.port];
  const host = await resolverOf(environment)(hostName).catch((error: unknown) => {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  });
  const file = flags.text('file');
  const script = file === undefined ? [] : scriptStatements(await readScript(inContainer(environment, file)));
  return runShell({
    host,
    port,
    hostName,
    user: flags.text('user') ?? given?.user ?? variables['COCKROACH_USER'] ?? 'root',
    database: flags.text('database') ?? given?.database ?? variables['COCKROACH_DATABASE'] ?? 'defaultdb',
    applicationName: '$ cockroach sql',
    execute: [...flags.list('execute'), ...script],
    format: formatOf(flags, environment),
    stopAtErrors: stopsAtErrors(flags.list('set')),
    clock,
    stdin,
    stdout,
    stderr,
    banner: ['#', `# ${WHAT_THIS_IS}`, `# Client and server version: ${BUILD}`, '#', '# Enter \\? for a brief introduction.', '#', ''].join(
      '\n',
    ),
  });
}

/** The shell's one setting. */
function stopsAtErrors(settings: readonly string[]): boolean {
  let stops = true;
  for (const setting of settings) {
    const value = /^errexit(?:=(true|false))?$/.exec(setting);
    if (!value)
      throw new UsageError(`--set: ${JSON.stringify(setting)} is not supported by this understudy: errexit=true and errexit=false are`);
    stops = value[1] !== 'false';
  }
  return stops;
}

async function readScript(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`--file: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
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
