// A SQL server on loopback over a database that commits at once, and clients of it.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FakeClock, seededRandom } from '@holdfast/clock';
import { type Listener, listen } from '../net/listener.ts';
import type { Replica } from '../replica.ts';
import { createSession } from '../sql/create-session.ts';
import { parseStatements } from '../sql/parse/statement.ts';
import { immediateReplica } from '../sql/replica.fixture.ts';
import { Database } from '../sql/state/database.ts';
import { fromBinary, toBinary } from '../sql/values/binary.ts';
import { formatText, parseText } from '../sql/values/format.ts';
import { SqlServer } from './server.ts';

export interface TestSqlServer extends AsyncDisposable {
  readonly port: number;
  readonly server: SqlServer;
  /** What the server logged. */
  readonly logged: readonly string[];
}

export async function startSqlServer(replicaOf: (database: Database) => Replica = immediateReplica): Promise<TestSqlServer> {
  const database = new Database();
  const replica = replicaOf(database);
  const [clock, random] = [new FakeClock(Date.UTC(2026, 0, 1)), seededRandom(1)];
  const logged: string[] = [];
  const server = new SqlServer({
    clock,
    random,
    log: (text) => void logged.push(text),
    parse: parseStatements,
    codec: { toText: formatText, fromText: parseText, toBinary, fromBinary },
    openSession: ({ user, database: databaseName, applicationName }) =>
      createSession({ database, replica, clock, random, user, databaseName, applicationName }),
  });
  const listener: Listener = await listen('127.0.0.1', 0, (socket) => server.accept(socket));
  return {
    port: listener.port,
    server,
    logged,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

/** A message as a client sends it. */
export function clientMessage(type: string, body: Uint8Array | string = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body === '' ? '' : `${body}\0`) : body;
  const head = Buffer.alloc(4);
  head.writeInt32BE(bytes.length + 4);
  return Buffer.concat([Buffer.from(type), head, bytes]);
}

/** The first message: who it is. */
export function hello(user = 'root'): Buffer {
  return clientMessage('', Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(`user\0${user}\0\0`)]));
}

/** A bare connection. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes, says no more, and resolves with the types of all messages that come back until the server hangs up. */
export async function converse(port: number, bytes: Uint8Array): Promise<string> {
  const socket = await dial(port);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A server that hangs up before it has read everything resets the connection.
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.end(bytes);
  await closed;
  return typesOf(Buffer.concat(chunks));
}

function typesOf(bytes: Buffer): string {
  let types = '';
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readInt32BE(at + 1)) types += String.fromCharCode(bytes[at]!);
  return types;
}
