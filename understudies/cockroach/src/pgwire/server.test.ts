import { once } from 'node:events';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { immediateReplica } from '../sql/replica.fixture.ts';
import { clientMessage, converse, dial, hello, startSqlServer, type TestSqlServer } from './server.fixture.ts';

let running: TestSqlServer;
let client: pg.Client;

beforeEach(async () => {
  running = await startSqlServer();
  client = new pg.Client({ host: '127.0.0.1', port: running.port, user: 'root', database: 'defaultdb' });
  await client.connect();
  await client.query('CREATE TABLE t (id INT PRIMARY KEY, name STRING, price DECIMAL(10,2), seen TIMESTAMPTZ, doc JSONB, ok BOOL)');
});

afterEach(async () => {
  await client.end();
  await running[Symbol.asyncDispose]();
});

describe('the pg driver', () => {
  it('gets values back as it sent them, by the simple and by the extended protocol', async () => {
    const seen = new Date('2026-03-04T05:06:07.089Z');
    const doc = { a: [1, 'two', null] };
    await client.query('INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6)', [1, "it's — ünïcode", '12.50', seen, doc, true]);
    await client.query("INSERT INTO t VALUES (2, NULL, NULL, NULL, NULL, false), (3, '', 0, NULL, 'null', NULL)");
    const simple = await client.query('SELECT * FROM t ORDER BY id');
    expect(simple.rows).toEqual([
      { id: '1', name: "it's — ünïcode", price: '12.50', seen, doc, ok: true },
      { id: '2', name: null, price: null, seen: null, doc: null, ok: false },
      { id: '3', name: '', price: '0.00', seen: null, doc: null, ok: null },
    ]);
    const extended = await client.query('SELECT * FROM t WHERE id <= $1 ORDER BY id', [3]);
    expect(extended.rows).toEqual(simple.rows);
    expect(extended.rowCount).toBe(3);
  });

  it('reads the same values in binary', async () => {
    await client.query("INSERT INTO t VALUES (7, 'x', 1.25, '2026-01-02 03:04:05.678+00', '{\"k\": 1}', true)");
    const { rows } = await client.query({ text: 'SELECT id, name, ok, 2.5::FLOAT AS f FROM t', binary: true } as pg.QueryConfig);
    expect(rows).toEqual([{ id: '7', name: 'x', ok: true, f: 2.5 }]);
  });

  it('keeps named statements, which survive a change of the table', async () => {
    const find = { name: 'find', text: 'SELECT * FROM t WHERE id = $1' };
    await client.query('INSERT INTO t (id, name) VALUES (1, $1)', ['a']);
    expect((await client.query({ ...find, values: [1] })).rows).toMatchObject([{ id: '1', name: 'a' }]);
    await client.query("UPDATE t SET name = 'b'");
    expect((await client.query({ ...find, values: [1] })).rows).toMatchObject([{ name: 'b' }]);
  });

  it.each([
    ['SELEC 1', '42601'],
    ['SELECT * FROM nowhere', '42P01'],
    ['SELECT nothing FROM t', '42703'],
    ["INSERT INTO t (id) VALUES ('x')", '22P02'],
    ['INSERT INTO t (id) VALUES (1), (1)', '23505'],
    ['INSERT INTO t (name) VALUES (1)', '42804'],
    ['INSERT INTO t (id) VALUES (NULL)', '23502'],
    ['SELECT 1/0', '22012'],
  ])('hears of %s by the code %s, and goes on', async (text, code) => {
    await expect(client.query(text)).rejects.toMatchObject({ code, severity: 'ERROR' });
    expect((await client.query('SELECT count(*) FROM t')).rows).toEqual([{ count: '0' }]);
  });

  it('loses a failed transaction whole, and is told so until it rolls back', async () => {
    await client.query('BEGIN');
    await client.query('INSERT INTO t (id) VALUES (1)');
    await expect(client.query('INSERT INTO t (id) VALUES (1)')).rejects.toMatchObject({ code: '23505' });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
    expect((await client.query('SELECT * FROM t')).rows).toEqual([]);
  });

  it('has all statements of one query take effect, or none', async () => {
    const answers = (await client.query(
      "INSERT INTO t (id) VALUES (1); UPDATE t SET name = 'x'; SELECT name FROM t",
    )) as unknown as pg.QueryResult[];
    expect(answers.map(({ command, rows }) => [command, rows])).toEqual([
      ['INSERT', []],
      ['UPDATE', []],
      ['SELECT', [{ name: 'x' }]],
    ]);
    await expect(client.query('INSERT INTO t (id) VALUES (2); INSERT INTO t (id) VALUES (1)')).rejects.toMatchObject({ code: '23505' });
    expect((await client.query('SELECT count(*) FROM t')).rows).toEqual([{ count: '1' }]);
    await client.query('BEGIN; INSERT INTO t (id) VALUES (3); INSERT INTO t (id) VALUES (4); ROLLBACK; INSERT INTO t (id) VALUES (5)');
    expect((await client.query('SELECT id FROM t ORDER BY id')).rows).toEqual([{ id: '1' }, { id: '5' }]);
    await client.query('CREATE TABLE u (id INT PRIMARY KEY); INSERT INTO u VALUES (1)');
    expect((await client.query('SELECT count(*) FROM u')).rows).toEqual([{ count: '1' }]);
  });

  it('sees nothing of a transaction that is open elsewhere, or whose client left', async () => {
    const other = new pg.Client({ host: '127.0.0.1', port: running.port, user: 'root', database: 'defaultdb' });
    await other.connect();
    await other.query('BEGIN');
    await other.query('INSERT INTO t (id) VALUES (1)');
    expect((await client.query('SELECT * FROM t')).rows).toEqual([]);
    await other.end();
    expect((await client.query('SELECT * FROM t')).rows).toEqual([]);
  });

  it('gets many rows in portions', async () => {
    await client.query(
      `INSERT INTO t (id, name) VALUES ${Array.from({ length: 5000 }, (_, id) => `(${id}, '${'x'.repeat(100)}')`).join(',')}`,
    );
    expect((await client.query('SELECT * FROM t')).rowCount).toBe(5000);
  });
});

describe('a connection', () => {
  it('may suspend a portal and go on with it', async () => {
    const parse = clientMessage('P', Buffer.from('\0SELECT * FROM t\0\0\0'));
    const bind = clientMessage('B', Buffer.from('\0\0\0\0\0\0\0\0'));
    const execute = (rows: number): Buffer => clientMessage('E', Buffer.from([0, 0, 0, 0, rows]));
    await client.query('INSERT INTO t (id) VALUES (1), (2), (3)');
    const bytes = Buffer.concat([hello(), parse, bind, execute(2), execute(2), clientMessage('S'), clientMessage('X')]);
    const types = await converse(running.port, bytes);
    expect(types.slice(types.indexOf('Z') + 1)).toBe('12DDsDCZ');
  });

  it('skips to Sync after an error in an extended query', async () => {
    const broken = clientMessage('P', Buffer.from('\0SELEC\0\0\0'));
    const bytes = Buffer.concat([
      hello(),
      broken,
      clientMessage('H'),
      clientMessage('E', Buffer.alloc(5)),
      clientMessage('S'),
      clientMessage('Q', 'SELECT 1'),
      clientMessage('X'),
    ]);
    const types = await converse(running.port, bytes);
    expect(types.slice(types.indexOf('Z') + 1)).toBe('EZTDCZ');
  });

  it('is refused encryption and goes on without', async () => {
    const request = clientMessage('', Buffer.from([0x04, 0xd2, 0x16, 0x2f]));
    const socket = await dial(running.port);
    socket.write(request);
    const [letter] = (await once(socket, 'data')) as [Buffer];
    expect(letter.toString()).toBe('N');
    socket.write(hello());
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String.fromCharCode(answer[0]!)).toBe('R');
    socket.destroy();
  });

  it('ends with a word when the server does', async () => {
    const failed = once(client, 'error');
    client.connection.once('errorMessage', () => undefined);
    await running.server[Symbol.asyncDispose]();
    await expect(failed).resolves.toMatchObject([{ code: '57P01' }]);
  });
});

describe('a statement that waits for the others', () => {
  /** A server whose writes wait until they are given up. */
  async function stuck(): Promise<TestSqlServer & { readonly proposed: Promise<void>; readonly givenUp: Promise<unknown> }> {
    let onProposed: () => void = () => undefined;
    let onGivenUp: (reason: unknown) => void = () => undefined;
    const proposed = new Promise<void>((resolve) => (onProposed = resolve));
    const givenUp = new Promise<unknown>((resolve) => (onGivenUp = resolve));
    const server = await startSqlServer((database) => ({
      ...immediateReplica(database),
      propose: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            onGivenUp(signal?.reason);
            reject(signal?.reason);
          });
          onProposed();
        }),
    }));
    return { ...server, proposed, givenUp };
  }

  it.each(['end', 'destroy'] as const)('is given up when its client leaves (%s)', async (leave) => {
    await using server = await stuck();
    const socket = await dial(server.port);
    socket.write(Buffer.concat([hello(), clientMessage('Q', 'CREATE TABLE u (id INT PRIMARY KEY)')]));
    await server.proposed;
    socket[leave]();
    expect(await server.givenUp).toMatchObject({ code: '57014', message: expect.stringContaining('the client has left') });
  });

  it('is given up on request of its client', async () => {
    await using server = await stuck();
    const asking = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'root', database: 'defaultdb' });
    await asking.connect();
    const asked = asking.query('CREATE TABLE u (id INT PRIMARY KEY)');
    const refused = asked.catch((error: unknown) => error);
    await server.proposed;
    const { processID, secretKey } = asking as unknown as { processID: number; secretKey: number };
    const cancel = Buffer.alloc(12);
    cancel.writeInt32BE(80_877_102, 0);
    cancel.writeInt32BE(processID, 4);
    cancel.writeInt32BE(secretKey, 8);
    await converse(server.port, clientMessage('', cancel));
    expect(await refused).toMatchObject({ code: '57014' });
    await asking.end();
  });
});
