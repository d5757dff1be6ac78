import { FakeClock, type Random, seededRandom } from '@holdfast/clock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AmbiguousResultError, type Replica, ReplicaUnavailableError } from '../replica.ts';
import { createSession } from './create-session.ts';
import { SqlError } from './errors.ts';
import { parseStatements } from './parse/statement.ts';
import { immediateReplica, ShuffledReplica } from './replica.fixture.ts';
import type { Session } from './session.ts';
import { Database } from './state/database.ts';
import type { Datum } from './values/datum.ts';
import { formatText } from './values/format.ts';

const { signal } = new AbortController();

function sessionOf(database: Database, replica: Replica = immediateReplica(database), random: Random = seededRandom(1)): Session {
  return createSession({ database, replica, random, clock: new FakeClock(), user: 'root', databaseName: 'defaultdb' });
}

/** Runs all statements; the last one's rows as text, or its tag. */
async function sql(session: Session, text: string, parameters: readonly Datum[] = []): Promise<string> {
  let answer = '';
  for (const statement of parseStatements(text)) {
    const prepared = await session.prepare(statement, [], signal);
    const { tag, columns = [], rows } = await session.execute(prepared, parameters, signal);
    const shown = rows?.map((row) =>
      row.map((value, index) => (value === null ? 'NULL' : formatText(value, columns[index]!.type))).join(' | '),
    );
    answer = shown ? shown.join('\n') : tag;
  }
  return answer;
}

async function refusal(session: Session, text: string): Promise<string> {
  try {
    await sql(session, text);
  } catch (error) {
    if (error instanceof SqlError) return `${error.code} ${error.message}${error.detail ? ` / ${error.detail}` : ''}`;
    throw error;
  }
  throw new Error(`${text} was not refused`);
}

const SENSORS = `
  CREATE DATABASE testdb; USE testdb;
  CREATE TABLE sensors (
    id UUID DEFAULT gen_random_uuid() PRIMARY KEY,
    sensor_name STRING NOT NULL,
    reading FLOAT NOT NULL,
    recorded_at TIMESTAMP DEFAULT now()
  );
  INSERT INTO sensors (sensor_name, reading) VALUES ('temp-1', 23.5), ('temp-2', 24.1), ('pressure-1', 1013.25), ('humidity-1', 65.2), ('temp-3', 22.8);`;

const NUMBERS = `CREATE TABLE t (id INT PRIMARY KEY, a INT, b STRING, UNIQUE (b));
  INSERT INTO t VALUES (1, 10, 'x'), (2, NULL, 'y'), (3, 30, NULL), (4, 10, NULL);`;

describe('a session', () => {
  it('runs the exercise', async () => {
    const session = sessionOf(new Database());
    expect(await sql(session, SENSORS)).toBe('INSERT 0 5');
    expect(await sql(session, 'SELECT sensor_name, reading FROM sensors ORDER BY reading DESC LIMIT 2')).toBe(
      'pressure-1 | 1013.25\nhumidity-1 | 65.2',
    );
    expect(await sql(session, 'SELECT count(*) FROM testdb.sensors')).toBe('5');
    expect(await sql(session, 'SELECT recorded_at FROM sensors LIMIT 1')).toBe('2026-01-01 00:00:00');
    expect((await sql(session, 'SELECT * FROM sensors')).split('\n')).toHaveLength(5);
  });

  it.each([
    ['SELECT 1', '1'],
    ["SELECT 'a' || 'b', 1 + 2 * 3, 7 / 2, 7 // 2, -7 % 3", 'ab | 7 | 3.5 | 3 | -1'],
    ['SELECT NULL AND false, NULL OR true, NOT NULL, NULL = NULL', 'f | t | NULL | NULL'],
    ['SELECT count(*), count(a), sum(a), avg(a), min(b), max(b) FROM t', '4 | 3 | 50 | 16.66666666666666666667 | x | y'],
    ['SELECT a, count(*) FROM t GROUP BY a ORDER BY a', 'NULL | 1\n10 | 2\n30 | 1'],
    ['SELECT a, count(*) AS n FROM t GROUP BY a HAVING count(*) > 1', '10 | 2'],
    ['SELECT DISTINCT a FROM t ORDER BY a DESC', '30\n10\nNULL'],
    ['SELECT id FROM t WHERE a BETWEEN 5 AND 20 AND b IS NULL', '4'],
    ["SELECT id FROM t WHERE b LIKE 'x%' OR id IN (3, 4) ORDER BY 1 DESC", '4\n3\n1'],
    ["SELECT CASE WHEN a > 20 THEN 'big' ELSE 'small' END FROM t WHERE id = 3", 'big'],
    ["SELECT '12'::INT + 1, 1.5::INT, true::INT, 'abc'::BYTES", '13 | 2 | 1 | \\x616263'],
    ['SELECT \'{"b": 1, "a": [2, "x"]}\'::JSONB -> \'a\' ->> 1', 'x'],
    ["SELECT coalesce(NULL, 'z'), nullif(1, 1), greatest(1, 3, 2), round(2.567, 2)", 'z | NULL | 3 | 2.57'],
    ['UPDATE t SET a = a + 1 WHERE id = 1 RETURNING a', '11'],
    ['DELETE FROM t WHERE a IS NULL RETURNING id', '2'],
    ["INSERT INTO t VALUES (1, 5, 'new') ON CONFLICT (id) DO UPDATE SET a = excluded.a + t.a RETURNING id, a, b", '1 | 15 | x'],
    ["INSERT INTO t VALUES (1, 5, 'new') ON CONFLICT DO NOTHING", 'INSERT 0 0'],
    ["UPSERT INTO t VALUES (1, 7, 'w') RETURNING a", '7'],
    ['UPDATE t SET id = id + 1', 'UPDATE 4'],
    ['ALTER TABLE t ADD COLUMN c INT NOT NULL DEFAULT 9; SELECT id, c FROM t WHERE id = 3', '3 | 9'],
    ['SHOW TABLES', 'public | t | table | root | 4 | NULL'],
    ["SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", 't'],
    ['VALUES (1, 2.5), (2, 3)', '1 | 2.5\n2 | 3'],
    ['TRUNCATE t; SELECT count(*) FROM t', '0'],
  ])('answers %s', async (text, answer) => {
    const session = sessionOf(new Database());
    await sql(session, NUMBERS);
    expect(await sql(session, text)).toBe(answer);
  });

  it.each([
    ['SELECT nothing FROM t', '42703 column "nothing" does not exist'],
    ['SELECT * FROM missing', '42P01 relation "missing" does not exist'],
    ['SELECT * FROM nowhere.t', '3D000 database "nowhere" does not exist'],
    ['USE nowhere', '3D000 database "nowhere" does not exist'],
    ['INSERT INTO t VALUES (1)', '23505 duplicate key value violates unique constraint "t_pkey" / Key (id)=(1) already exists.'],
    [
      "INSERT INTO t VALUES (9, 1, 'x')",
      '23505 duplicate key value violates unique constraint "t_b_key" / Key (b)=(\'x\') already exists.',
    ],
    ['INSERT INTO t VALUES (NULL)', '23502 null value in column "id" violates not-null constraint'],
    ["INSERT INTO t VALUES ('abc')", '22P02 could not parse "abc" as type int'],
    ['SELECT 9223372036854775807 + 1', '22003 integer out of range'],
    ['SELECT 1 / 0', '22012 division by zero'],
    ['SELECT a FROM t GROUP BY b', '42803 column "a" must appear in the GROUP BY clause or be used in an aggregate function'],
    ['SELECT id FROM t WHERE count(*) > 1', '42803 aggregate functions are not allowed in WHERE'],
    ["SELECT id FROM t WHERE a = 'x'", '22P02 could not parse "x" as type int'],
    ['SELECT true + 1', '22023 unsupported binary operator: <bool> + <int>'],
    [
      "SELECT 'aaaa' ~ '(a+)+$'",
      '2201B a regular expression with more than three repetitions, or with one inside another, is refused by this understudy',
    ],
    ['CREATE TABLE t (x INT)', '42P07 relation "defaultdb.public.t" already exists'],
    ['ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 20)', '23514 failed to satisfy CHECK constraint (a > 20)'],
    ['SELECT * FROM t JOIN t AS u ON true', '0A000 unimplemented: a join is not supported by this understudy of CockroachDB'],
  ])('refuses %s', async (text, message) => {
    const session = sessionOf(new Database());
    await sql(session, NUMBERS);
    expect(await refusal(session, text)).toBe(message);
    // Nothing was changed by halves.
    expect(await sql(session, 'SELECT count(*) FROM t')).toBe('4');
  });

  it('takes placeholders, their types being those of their surroundings', async () => {
    const session = sessionOf(new Database());
    await sql(session, NUMBERS);
    const [statement] = parseStatements('SELECT b FROM t WHERE id = $1 AND a > $2 LIMIT $3');
    const prepared = await session.prepare(statement!, [], signal);
    expect(prepared.parameterTypes.map(({ kind }) => kind)).toEqual(['int', 'int', 'int']);
    expect((await session.execute(prepared, [1n, 5n, 1n], signal)).rows).toEqual([['x']]);
    const [insert] = parseStatements('INSERT INTO t (id, b) VALUES ($1, $2)');
    expect((await session.prepare(insert!, [], signal)).parameterTypes.map(({ kind }) => kind)).toEqual(['int', 'string']);
    const [open] = parseStatements('SELECT $1');
    await expect(session.prepare(open!, [], signal)).rejects.toThrow('could not determine data type of placeholder $1');
  });

  it('keeps a transaction to itself until it is committed, and gives it up whole', async () => {
    const database = new Database();
    const [one, two] = [sessionOf(database), sessionOf(database)];
    await sql(one, NUMBERS);
    await sql(
      one,
      "BEGIN; INSERT INTO t VALUES (10, 1, 'own'); SAVEPOINT a; DELETE FROM t WHERE id < 3; ROLLBACK TO a; CREATE TABLE u (x INT)",
    );
    expect(await sql(one, 'SELECT count(*) FROM t')).toBe('5');
    expect(await sql(two, 'SELECT count(*) FROM t')).toBe('4');
    expect(await refusal(two, 'SELECT * FROM u')).toBe('42P01 relation "u" does not exist');
    expect(await sql(one, 'COMMIT')).toBe('COMMIT');
    expect(await sql(two, 'SELECT count(*) FROM t')).toBe('5');
    await sql(one, 'BEGIN; DELETE FROM t');
    expect(await refusal(one, 'SELECT 1/0')).toBe('22012 division by zero');
    expect(one.status).toBe('E');
    expect(await refusal(one, 'SELECT 1')).toContain('25P02');
    expect(await sql(one, 'COMMIT')).toBe('ROLLBACK');
    expect(await sql(two, 'SELECT count(*) FROM t')).toBe('5');
  });

  it('does not commit what was decided on what is no longer so', async () => {
    const database = new Database();
    const [one, two] = [sessionOf(database), sessionOf(database)];
    await sql(one, NUMBERS);
    await sql(one, 'BEGIN; SELECT sum(a) FROM t');
    await sql(two, 'UPDATE t SET a = 99 WHERE id = 1');
    expect(await refusal(one, 'SELECT sum(a) FROM t')).toContain('40001 restart transaction');
    await sql(one, 'ROLLBACK; BEGIN; SELECT a FROM t WHERE id = 1; UPDATE t SET a = 0 WHERE id = 1');
    await sql(two, 'UPDATE t SET a = 100 WHERE id = 1');
    expect(await refusal(one, 'COMMIT')).toContain('40001 restart transaction');
    expect(await sql(two, 'SELECT a FROM t WHERE id = 1')).toBe('100');
  });

  it('tells a write that did not happen from one whose fate is not known', async () => {
    const database = new Database();
    const failing = (error: Error): Replica => ({ propose: () => Promise.reject(error), readBarrier: async () => undefined });
    await sql(sessionOf(database), NUMBERS);
    const unavailable = sessionOf(database, failing(new ReplicaUnavailableError('1 of 3 nodes answers')));
    expect(await refusal(unavailable, 'DELETE FROM t')).toBe('57P03 1 of 3 nodes answers');
    const ambiguous = sessionOf(database, failing(new AmbiguousResultError('result is ambiguous')));
    expect(await refusal(ambiguous, 'DELETE FROM t')).toBe('40003 result is ambiguous');
  });

  it('is restored from a snapshot as it was', async () => {
    const database = new Database();
    await sql(sessionOf(database), SENSORS + NUMBERS);
    const copy = new Database();
    copy.restore(database.snapshot());
    expect(Buffer.from(copy.snapshot()).equals(Buffer.from(database.snapshot()))).toBe(true);
    expect(await refusal(sessionOf(copy), "USE testdb; INSERT INTO t VALUES (9, 1, 'x')")).toContain('23505');
  });
});

describe('many sessions at once', () => {
  it('lose no update and create nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = seededRandom(seed);
        const database = new Database();
        await sql(
          sessionOf(database),
          'CREATE TABLE accounts (id INT PRIMARY KEY, balance INT); INSERT INTO accounts VALUES (0, 100), (1, 100), (2, 100); CREATE TABLE log (n INT)',
        );
        const replica = new ShuffledReplica(database, random);
        let counted = 0;
        const worker = async (): Promise<void> => {
          const session = sessionOf(database, replica, random);
          for (let round = 0; round < 4; round++) {
            const [from, to, amount] = [random.int(3), random.int(3), random.int(50)];
            try {
              if (random.next() < 0.3) {
                await sql(
                  session,
                  'UPDATE accounts SET balance = balance + 1 WHERE id = 0; UPDATE accounts SET balance = balance - 1 WHERE id = 0',
                );
              } else {
                await sql(
                  session,
                  `BEGIN; SELECT balance FROM accounts WHERE id = ${from}; UPDATE accounts SET balance = balance - ${amount} WHERE id = ${from}; UPDATE accounts SET balance = balance + ${amount} WHERE id = ${to}; INSERT INTO log VALUES (1); COMMIT`,
                );
                counted++;
              }
              // What one transaction reads belongs together: only the steps by themselves show between their halves.
              const total = Number(await sql(session, 'SELECT sum(balance) FROM accounts'));
              expect(total).toBeGreaterThanOrEqual(300);
              expect(total).toBeLessThanOrEqual(304);
            } catch (error) {
              if (!(error instanceof SqlError) || error.code !== '40001') throw error;
              await sql(session, 'ROLLBACK');
            }
          }
        };
        await replica.drive(Array.from({ length: 4 }, worker));
        expect(await sql(sessionOf(database), 'SELECT sum(balance) FROM accounts')).toBe('300');
        expect(await sql(sessionOf(database), 'SELECT count(*) FROM log')).toBe(String(counted));
      }),
      { numRuns: 40 },
    );
  });
});
