// Commands that ask a running node: init, node status, node drain.
import { withLimit } from '../limits.ts';
import { dialFailure } from '../net/dial-failure.ts';
import { splitAddress } from '../net/resolve.ts';
import { isNodeInfo } from '../node/membership.ts';
import type { NodeStatus } from '../node/serving.ts';
import { type Method, Refusal } from '../rpc/call.ts';
import { Peer } from '../rpc/peer.ts';
import { FORMATS, type Format, printResult } from '../shell/print.ts';
import { type Environment, resolverOf } from './environment.ts';
import { type Flags, type FlagSpec, parseFlags, UsageError } from './flags.ts';

export const DEFAULT_PORT = 26_257;
const ANSWER_LIMIT_MS = 30_000;

/** Flags of every command that connects to a node. */
export const CLIENT_FLAGS: FlagSpec = {
  host: { kind: 'value' },
  port: { kind: 'value', short: 'p' },
  insecure: { kind: 'switch' },
  'certs-dir': { kind: 'value' },
  url: { kind: 'value' },
  'cluster-name': { kind: 'ignored' },
  'disable-cluster-name-verification': { kind: 'switch' },
};

/** A command failed; the message is all that the user needs. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** `host:port` of the node to ask. */
export function target(flags: Flags, { variables }: Environment): string {
  requireInsecure(flags);
  const text = flags.text('host') ?? variables['COCKROACH_HOST'] ?? 'localhost';
  const given = flags.text('port') ?? variables['COCKROACH_PORT'];
  const [host, port] = splitAddress(text, given === undefined ? DEFAULT_PORT : portNumber(given));
  return `${host}:${port}`;
}

/** Certificates are not done by this program: saying so beats a connection that fails for unknown reasons. */
export function requireInsecure(flags: Flags): void {
  if (flags.has('certs-dir')) throw new UsageError('--certs-dir: this understudy of CockroachDB has no TLS: use --insecure');
  if (!flags.has('insecure') && !flags.text('url')?.includes('sslmode=disable'))
    throw new UsageError(
      'problem using security settings: no certificates found; does certs dir exist?\nthis understudy of CockroachDB has no TLS: use --insecure',
    );
}

export function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new UsageError(`invalid port ${JSON.stringify(text)}: write a number from 0 to 65535`);
  return port;
}

export async function init(args: readonly string[], environment: Environment): Promise<void> {
  await ask(parseFlags(args, CLIENT_FLAGS), environment, 'init');
  environment.stdout.write('Cluster successfully initialized\n');
}

export async function drain(args: readonly string[], environment: Environment): Promise<void> {
  const spec: FlagSpec = { ...CLIENT_FLAGS, 'drain-wait': { kind: 'value' }, self: { kind: 'switch' }, shutdown: { kind: 'switch' } };
  const flags = parseFlags(args, spec);
  if (flags.has('shutdown')) throw new UsageError('--shutdown is not supported by this understudy: send SIGTERM to the process');
  if (flags.positionals.length > 0)
    throw new UsageError('draining another node is not supported by this understudy: name its address with --host');
  environment.stderr.write('node is draining... ');
  const value = await ask(flags, environment, 'drain');
  environment.stderr.write('remaining: 0 (complete)\n');
  const nodeId = typeof value === 'object' && value !== null && 'nodeId' in value ? Number(value.nodeId) : 0;
  environment.stdout.write(`node ${nodeId} drained successfully\ndrain ok\n`);
}

export async function nodeStatus(args: readonly string[], environment: Environment): Promise<void> {
  const switches = ['decommission', 'ranges', 'stats', 'all'];
  const spec: FlagSpec = {
    ...CLIENT_FLAGS,
    format: { kind: 'value' },
    ...Object.fromEntries(switches.map((name) => [name, { kind: 'switch' } as const])),
  };
  const flags = parseFlags(args, spec);
  const unsupported = switches.find((name) => flags.has(name));
  if (unsupported !== undefined) throw new UsageError(`--${unsupported} is not supported by this understudy of CockroachDB`);
  const format = formatOf(flags, environment);
  const value = await ask(flags, environment, 'nodes');
  const nodes = Array.isArray(value) ? value.filter(isNodeStatus) : [];
  const wanted = flags.positionals.map(Number);
  const missing = wanted.find((id) => !nodes.some((node) => node.nodeId === id));
  if (missing !== undefined) throw new CommandError(`node ${flags.positionals[wanted.indexOf(missing)]} does not exist`);
  const shown = nodes.filter((node) => wanted.length === 0 || wanted.includes(node.nodeId));
  const names = ['id', 'address', 'sql_address', 'build', 'started_at', 'updated_at', 'locality', 'is_available', 'is_live'];
  const columns = names.map((name) => ({ name, alignRight: name === 'id' }));
  environment.stdout.write(printResult({ columns, rows: shown.map(statusRow) }, format));
}

/** `--format`, or what fits where the output goes. */
export function formatOf(flags: Flags, { stdout }: Environment): Format {
  const wanted = flags.text('format');
  if (wanted === undefined) return stdout.isTTY ? 'table' : 'tsv';
  const format = FORMATS.find((known) => known === wanted);
  if (!format)
    throw new UsageError(
      `invalid argument "${wanted}" for "--format": invalid table display format: ${wanted} (possible values: ${FORMATS.join(', ')})`,
    );
  return format;
}

function statusRow(node: NodeStatus): readonly (string | null)[] {
  const time = (ms: number | undefined): string | null =>
    ms === undefined || ms === null ? null : new Date(ms).toISOString().replace('T', ' ').replace('Z', '000 +0000 UTC');
  return [
    String(node.nodeId),
    node.address,
    node.sqlAddress,
    node.build,
    time(node.startedAtMs),
    time(node.updatedAtMs),
    node.locality,
    String(node.isAvailable),
    String(node.isLive),
  ];
}

async function ask(flags: Flags, environment: Environment, method: Method): Promise<unknown> {
  const { clock, signal } = environment;
  const address = target(flags, environment);
  const peer = new Peer({ clock, resolve: resolverOf(environment), address });
  const late = (): Error => new CommandError(`${address} gave no answer within ${ANSWER_LIMIT_MS / 1000} s`);
  try {
    return await withLimit(clock, ANSWER_LIMIT_MS, late, (limit) => peer.call({ method, argument: null }, limit), signal);
  } catch (error) {
    if (error instanceof Refusal || error instanceof CommandError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(dialFailure(reason), { cause: error });
  } finally {
    peer.close();
  }
}

function isNodeStatus(value: unknown): value is NodeStatus {
  const record = { storeId: '', ...(typeof value === 'object' ? value : {}) };
  return isNodeInfo(record) && 'nodeId' in record && 'isLive' in record;
}
