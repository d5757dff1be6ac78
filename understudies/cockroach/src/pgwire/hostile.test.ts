// Whatever bytes come, the server answers or hangs up, and serves the next client.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMessage, converse, hello, startSqlServer, type TestSqlServer } from './server.fixture.ts';

let running: TestSqlServer;

beforeAll(async () => {
  running = await startSqlServer();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const RUNS = Number(process.env['HOLDFAST_FUZZ_RUNS'] ?? 300);

const body = fc.uint8Array({ maxLength: 40 });
const sql = fc.constantFrom(
  'SELECT 1',
  'SELECT $1::INT',
  "SELECT 'a'",
  'CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY)',
  'SELECT * FROM t',
  '',
  ';;',
  'BEGIN',
  '((((',
  "'",
);
const valid = fc.oneof(
  sql.map((text) => clientMessage('Q', text || Buffer.from([0]))),
  sql.map((text) => clientMessage('P', Buffer.from(`\0${text}\0\0\0`))),
  fc.constant(clientMessage('B', Buffer.alloc(8))),
  fc.constant(clientMessage('E', Buffer.alloc(5))),
  fc.constantFrom('S', 'P').map((kind) => clientMessage('D', Buffer.from(`${kind}\0`))),
  fc.constant(clientMessage('S')),
);
const hostile = fc.tuple(fc.constantFrom(...Array.from('QPBEDCSHFXdcfp?\0')), body).map(([type, bytes]) => clientMessage(type, bytes));
const lying = fc
  .tuple(fc.constantFrom('Q', 'P', 'B'), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), body)
  .map(([type, length, bytes]) => {
    const head = Buffer.alloc(5);
    head.write(type, 'latin1');
    head.writeInt32BE(length, 1);
    return Buffer.concat([head, bytes]);
  });
const conversation = fc.tuple(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(hello()) },
    { weight: 1, arbitrary: body.map((bytes) => clientMessage('', bytes)) },
    { weight: 1, arbitrary: body.map((bytes) => Buffer.from(bytes)) },
  ),
  fc.array(fc.oneof({ weight: 4, arbitrary: valid }, { weight: 2, arbitrary: hostile }, { weight: 1, arbitrary: lying }), { maxLength: 8 }),
);

describe('hostile bytes', () => {
  it('never take the server down, and never reach its log', async () => {
    await fc.assert(
      fc.asyncProperty(conversation, async ([first, rest]) => {
        // All that comes back are messages that a server may send.
        expect(await converse(running.port, Buffer.concat([first, ...rest]))).toMatch(/^[NRSKZTDCEI123nstv]*$/);
      }),
      { numRuns: RUNS },
    );
    expect(running.logged).toEqual([]);
    expect(await converse(running.port, Buffer.concat([hello(), clientMessage('Q', 'SELECT 1'), clientMessage('X')]))).toMatch(/ZTDCZ$/);
    expect(running.server.connections).toBe(0);
  });
});
