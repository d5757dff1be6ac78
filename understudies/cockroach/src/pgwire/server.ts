// Serves SQL clients that speak PostgreSQL's protocol, without TLS and without passwords, as an insecure CockroachDB does.
import type { Socket } from 'node:net';
import type { Clock, Random } from '@holdfast/clock';
import { SqlError } from '../sql/errors.ts';
import type { ParsedStatement } from '../sql/parse/ast.ts';
import type { Session } from '../sql/session.ts';
import { SqlConnection } from './connection.ts';
import type { ValueCodec } from './extended.ts';
import * as out from './messages.ts';
import { ClientInput } from './client-input.ts';
import { protocolViolation } from './reader.ts';
import { readStartup, type Startup } from './startup.ts';

/** A client that does not say who it is within this time is in the way. */
const STARTUP_LIMIT_MS = 30_000;

export interface SqlServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly codec: ValueCodec;
  readonly parse: (text: string) => readonly ParsedStatement[];
  /** May throw SqlError. */
  readonly openSession: (who: { readonly user: string; readonly database: string; readonly applicationName: string }) => Session;
  readonly log: (text: string) => void;
}

interface Client {
  readonly secret: number;
  readonly connection: SqlConnection;
}

export class SqlServer implements AsyncDisposable {
  readonly #options: SqlServerOptions;
  readonly #clients = new Map<number, Client>();
  readonly #sockets = new Map<Socket, Promise<void>>();
  #lastProcessId = 0;
  #closing = false;

  constructor(options: SqlServerOptions) {
    this.#options = options;
  }

  /** Clients that have said who they are. */
  get connections(): number {
    return this.#clients.size;
  }

  accept(socket: Socket): void {
    socket.setNoDelay(true);
    // A connection that breaks ends the reading of it, which is where it is dealt with.
    socket.on('error', () => undefined);
    const served = this.#serve(socket).finally(() => this.#sockets.delete(socket));
    this.#sockets.set(socket, served);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    const bye = out.errorResponse('FATAL', new SqlError('57P01', 'server is shutting down'));
    const served = [...this.#sockets.values()];
    for (const { connection } of this.#clients.values()) connection.cancel();
    for (const socket of this.#sockets.keys()) socket.end(bye, () => socket.destroy());
    await Promise.allSettled(served);
  }

  async #serve(socket: Socket): Promise<void> {
    const cancel = this.#options.clock.after(STARTUP_LIMIT_MS, () => socket.destroy());
    try {
      const input = new ClientInput(socket);
      const startup = await this.#startup(socket, input);
      cancel();
      if (startup?.kind === 'cancel') this.#cancel(startup.processId, startup.secret);
      else if (startup?.kind === 'session') await this.#session(socket, input, startup);
      socket.end();
    } catch (error) {
      const known = out.asSqlError(error);
      // A client that went away needs no answer.
      if (!socket.destroyed) socket.end(out.errorResponse('FATAL', known));
      if (known.code === 'XX000' && !isReset(error)) this.#options.log(`connection of a SQL client: ${known.message}`);
    } finally {
      cancel();
    }
  }

  /** The first message that means something; undefined where the client left. */
  async #startup(socket: Socket, input: ClientInput): Promise<Startup | undefined> {
    for (let asked = 0; ; ) {
      const message = await input.next(true);
      if (!message) return undefined;
      const startup = readStartup(message.body);
      if (startup.kind !== 'encryption') return startup;
      if (++asked > 2) throw protocolViolation('encryption was refused already');
      socket.write('N');
    }
  }

  async #session(socket: Socket, input: ClientInput, startup: Extract<Startup, { kind: 'session' }>): Promise<void> {
    if (this.#closing) throw new SqlError('57P01', 'server is shutting down');
    const { openSession, random, parse, codec } = this.#options;
    const { parameters, negotiate } = startup;
    const user = parameters.get('user');
    if (!user) throw new SqlError('28000', 'no user name was given: say user=root');
    const database = parameters.get('database') || 'defaultdb';
    const applicationName = parameters.get('application_name') ?? '';
    const session = openSession({ user, database, applicationName });
    const connection = new SqlConnection({ socket, input, session, parse, codec });
    const processId = ++this.#lastProcessId;
    const secret = random.int(2 ** 31);
    this.#clients.set(processId, { secret, connection });
    try {
      if (negotiate) await connection.send(out.negotiateProtocolVersion(negotiate));
      await connection.send(out.AUTHENTICATION_OK);
      for (const [name, value] of Object.entries(STATUS)) await connection.send(out.parameterStatus(name, value));
      await connection.send(out.parameterStatus('session_authorization', user), out.parameterStatus('application_name', applicationName));
      await connection.send(out.backendKeyData(processId, secret), out.readyForQuery(session.status));
      await connection.flush();
      await connection.serve();
    } finally {
      await connection.flush();
      this.#clients.delete(processId);
    }
  }

  #cancel(processId: number, secret: number): void {
    const client = this.#clients.get(processId);
    if (client?.secret === secret) client.connection.cancel();
  }
}

/** What drivers ask about before anything else. */
const STATUS: Readonly<Record<string, string>> = {
  server_version: '13.0.0',
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  DateStyle: 'ISO',
  TimeZone: 'UTC',
  integer_datetimes: 'on',
  IntervalStyle: 'postgres',
  standard_conforming_strings: 'on',
  is_superuser: 'on',
};

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(error.code));
}
