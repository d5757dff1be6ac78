// `cockroach start`: a node from its flags to its end.
import { resolve as resolvePath } from 'node:path';
import { serveHttp } from '../http/serve-http.ts';
import { listen } from '../net/listener.ts';
import { splitAddress } from '../net/resolve.ts';
import { CockroachNode } from '../node/node.ts';
import { SqlServer } from '../pgwire/server.ts';
import { byPreface } from '../rpc/preface.ts';
import { type RpcHandlers, serveRpc } from '../rpc/server.ts';
import { createSession } from '../sql/create-session.ts';
import { parseStatements } from '../sql/parse/statement.ts';
import { Database } from '../sql/state/database.ts';
import { fromBinary, toBinary } from '../sql/values/binary.ts';
import { formatText, parseText } from '../sql/values/format.ts';
import { folderDisk } from '../store/disk.ts';
import { lockStore } from '../store/lock.ts';
import { type Environment, inContainer, podIp, resolverOf } from './environment.ts';
import { type Flags, type FlagSpec, parseFlags, UsageError } from './flags.ts';
import { DEFAULT_PORT, portNumber, requireInsecure } from './remote.ts';
import { BUILD, WHAT_THIS_IS } from './version.ts';

const DEFAULT_HTTP_PORT = 8080;

const IGNORED = [
  'log',
  'logtostderr',
  'cache',
  'max-sql-memory',
  'max-offset',
  'attrs',
  'cluster-name',
  'log-dir',
  'max-disk-temp-storage',
  'temp-dir',
  'spatial-libs',
  'vmodule',
];

const FLAGS: FlagSpec = {
  insecure: { kind: 'switch' },
  'certs-dir': { kind: 'value' },
  store: { kind: 'list', short: 's' },
  join: { kind: 'list', short: 'j' },
  'listen-addr': { kind: 'value' },
  'advertise-addr': { kind: 'value' },
  'advertise-host': { kind: 'value' },
  'sql-addr': { kind: 'value' },
  'advertise-sql-addr': { kind: 'value' },
  'http-addr': { kind: 'value' },
  'http-port': { kind: 'value' },
  host: { kind: 'value' },
  port: { kind: 'value', short: 'p' },
  locality: { kind: 'value' },
  'accept-sql-without-tls': { kind: 'switch' },
  ...Object.fromEntries(IGNORED.map((name) => [name, { kind: 'ignored' } as const])),
};

/** Where the node listens and how others find it. */
interface Addresses {
  readonly listen: readonly [string, number];
  /** Undefined: SQL clients come to the port of the nodes. */
  readonly sql: readonly [string, number] | undefined;
  readonly http: readonly [string, number];
  readonly advertised: string;
  readonly advertisedSql: string;
}

/** Serves until the process is told to end. Rejects where it cannot start, or cannot go on. */
export async function start(args: readonly string[], environment: Environment, alone: boolean): Promise<void> {
  const open: AsyncDisposable[] = [];
  try {
    await serve(args, environment, alone, open);
  } finally {
    for (const resource of open.toReversed()) await resource[Symbol.asyncDispose]();
  }
}

/** What is to be given up at the end goes into `open`. */
async function serve(args: readonly string[], environment: Environment, alone: boolean, open: AsyncDisposable[]): Promise<void> {
  const flags = parseFlags(args.map(withSeparateLogFlag), FLAGS);
  requireInsecure(flags);
  if (flags.positionals.length > 0) throw new UsageError(`unknown argument ${JSON.stringify(flags.positionals[0])}`);
  const join = flags
    .list('join')
    .flatMap((list) => list.split(','))
    .filter(Boolean)
    .map(withPort);
  if (!alone && join.length === 0)
    throw new UsageError(
      'no --join flags provided to `cockroach start`\nHINT: Consider using `cockroach init` or `cockroach start-single-node` instead',
    );
  const { clock, random, signal } = environment;
  const log = logger(environment);
  const addresses = addressesOf(flags, environment);
  const folder = storeFolder(flags, environment);
  const startedAtMs = clock.now();

  const disk = await folderDisk(folder);
  open.push(await lockStore(folder));
  let onFatal: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    onFatal = reject;
  });
  const database = new Database();
  let sqlServer: SqlServer | undefined;
  const serving: RpcHandlers = {
    raft: (message, address) => node.receive(message, address),
    call: (call, signal) => node.call(call, signal),
    log,
  };
  const node: CockroachNode = await CockroachNode.open({
    clock,
    random,
    disk,
    resolve: resolverOf(environment),
    info: {
      address: addresses.advertised,
      sqlAddress: addresses.advertisedSql,
      httpAddress: `${hostOf(addresses.advertised)}:${addresses.http[1]}`,
      locality: flags.text('locality') ?? '',
      build: BUILD,
      startedAtMs,
    },
    join,
    database,
    log,
    onFatal,
    startSql: async (replica) => {
      const server = new SqlServer({
        clock,
        random,
        log,
        parse: parseStatements,
        codec: { toText: formatText, fromText: parseText, toBinary, fromBinary },
        openSession: ({ user, database: databaseName, applicationName }) =>
          createSession({ database, replica, clock, random, user, databaseName, applicationName }),
      });
      sqlServer = server;
      const listener = addresses.sql
        ? await listen(addresses.sql[0], addresses.sql[1], (socket) =>
            // `node status` and `node drain` come to this port as well.
            byPreface(socket, { rpc: (known) => serveRpc(known, serving), other: (client) => server.accept(client) }),
          )
        : undefined;
      return {
        get connections() {
          return server.connections;
        },
        [Symbol.asyncDispose]: async () => {
          // First the door, then those who are inside; the rest of their answers still goes out.
          sqlServer = undefined;
          await server[Symbol.asyncDispose]();
          await listener?.[Symbol.asyncDispose]();
        },
      };
    },
  });
  open.push(
    await listen(addresses.listen[0], addresses.listen[1], (socket) =>
      byPreface(socket, {
        rpc: (known) => serveRpc(known, serving),
        other: (client) => (addresses.sql || !sqlServer ? void client.destroy() : sqlServer.accept(client)),
      }),
    ),
  );
  open.push(await serveHttp({ host: addresses.http[0], port: addresses.http[1], clock, startedAtMs, serving: () => node.serving }));
  announce(environment, folder, addresses, flags);
  await node.start();
  if (alone && !node.serving) await node.call({ method: 'init', argument: null, bytes: new Uint8Array() }, signal);
  await Promise.race([ended(signal), failed]);
  log('received signal to end: draining');
  await node.stop();
  log('server drained and shutdown completed');
}

function addressesOf(flags: Flags, environment: Environment): Addresses {
  // Several pods share this machine: without a host, a pod listens on its own address only.
  const bound = ([host, port]: readonly [string, number]): readonly [string, number] => [host || (podIp(environment) ?? ''), port];
  const listenText = flags.text('listen-addr') ?? `${flags.text('host') ?? ''}:${flags.text('port') ?? DEFAULT_PORT}`;
  const listenAt = splitAddress(listenText, DEFAULT_PORT);
  const sqlText = flags.text('sql-addr');
  const sql = sqlText === undefined ? undefined : splitAddress(sqlText, DEFAULT_PORT);
  const separate = sql && (sql[1] !== listenAt[1] || sql[0] !== listenAt[0]) ? sql : undefined;
  const [httpHost, httpPort] = splitAddress(flags.text('http-addr') ?? '', DEFAULT_HTTP_PORT);
  const httpPortFlag = flags.text('http-port');
  const [host, port] = splitAddress(flags.text('advertise-addr') ?? flags.text('advertise-host') ?? '', listenAt[1]);
  const advertisedHost = host || listenAt[0] || environment.variables['HOSTNAME'] || 'localhost';
  return {
    listen: bound(listenAt),
    sql: separate && bound(separate),
    http: bound([httpHost, httpPortFlag === undefined ? httpPort : portNumber(httpPortFlag)]),
    advertised: `${advertisedHost}:${port}`,
    advertisedSql: flags.text('advertise-sql-addr') ?? `${advertisedHost}:${separate?.[1] ?? port}`,
  };
}

/** The folder of the one store. */
function storeFolder(flags: Flags, environment: Environment): string {
  const [store = 'cockroach-data', ...more] = flags.list('store');
  if (more.length > 0) throw new UsageError('--store: this understudy of CockroachDB has one store');
  if (/(^|,)type=mem/.test(store)) throw new UsageError('--store: this understudy of CockroachDB keeps its data on disk only');
  const path = /(?:^|,)path=([^,]+)/.exec(store)?.[1] ?? store.split(',')[0]!;
  return path.startsWith('/') ? inContainer(environment, path) : resolvePath(path);
}

/** `--logtostderr` may stand alone, as a flag without a value. */
function withSeparateLogFlag(arg: string): string {
  return arg === '--logtostderr' ? '--logtostderr=INFO' : arg;
}

function withPort(address: string): string {
  const [host, port] = splitAddress(address, DEFAULT_PORT);
  if (host === '') throw new UsageError(`--join: ${JSON.stringify(address)} names no host`);
  return `${host}:${port}`;
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

function announce({ stdout }: Environment, folder: string, { advertised, advertisedSql, http }: Addresses, flags: Flags): void {
  const lines = [
    `${WHAT_THIS_IS}`,
    'CockroachDB node starting',
    `build:               ${BUILD}`,
    `sql:                 postgresql://root@${advertisedSql}/defaultdb?sslmode=disable`,
    `webui:               none (HTTP at port ${http[1]} has /health and /_status/vars)`,
    `RPC client flags:    cockroach <client cmd> --host=${advertised} --insecure`,
    `store[0]:            path=${folder}`,
    ...(flags.ignored.length > 0 ? [`no meaning here:     ${flags.ignored.join(' ')}`] : []),
  ];
  stdout.write(`${lines.join('\n')}\n`);
}

function logger({ clock, stderr }: Environment): (text: string) => void {
  return (text) =>
    void stderr.write(`I${new Date(clock.now()).toISOString().slice(2).replaceAll('-', '').replace('T', ' ').replace('Z', '')} ${text}\n`);
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
