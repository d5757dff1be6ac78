import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SqlError } from '../errors.ts';
import type { Statement } from './ast.ts';
import { parseExpression, parseStatements, splitStatements } from './statement.ts';

/** The data of the exercise, as users pipe it into the shell. */
const TEST_DATA = `CREATE DATABASE testdb;
USE testdb;
CREATE TABLE sensors (
  id UUID DEFAULT gen_random_uuid() PRIMARY KEY,
  sensor_name STRING NOT NULL,
  reading FLOAT NOT NULL,
  recorded_at TIMESTAMP DEFAULT now()
);
INSERT INTO sensors (sensor_name, reading) VALUES
  ('temp-1', 23.5),
  ('temp-2', 24.1);
SELECT * FROM sensors;
`;

function one(text: string): Statement {
  const statements = parseStatements(text);
  expect(statements).toHaveLength(1);
  return statements[0]!.ast;
}

function failure(text: string): SqlError {
  try {
    parseStatements(text);
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('statements', () => {
  it('reads the data of the exercise', () => {
    const statements = parseStatements(TEST_DATA).map((statement) => statement.ast);
    expect(statements.map((statement) => statement.kind)).toEqual(['createDatabase', 'set', 'createTable', 'insert', 'select']);
    expect(statements[2]).toMatchObject({
      name: ['sensors'],
      columns: [
        { name: 'id', type: { kind: 'uuid' }, primaryKey: true, defaultText: 'gen_random_uuid()' },
        { name: 'sensor_name', type: { kind: 'string' }, nullable: false },
        { name: 'reading', type: { kind: 'float' }, nullable: false },
        { name: 'recorded_at', type: { kind: 'timestamp' }, nullable: true, defaultText: 'now()' },
      ],
    });
    expect(statements[3]).toMatchObject({ columns: ['sensor_name', 'reading'], rows: [{ length: 2 }, { length: 2 }] });
  });

  it('keeps the text of each statement and counts its placeholders', () => {
    const [first, second, ...rest] = parseStatements("; SELECT $2, ';' ;; INSERT INTO a.b (id) VALUES ($1) -- end\n;");
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ text: "SELECT $2, ';'", params: 2 });
    expect(second).toMatchObject({ params: 1, ast: { table: { name: ['a', 'b'] } } });
  });

  it.each([
    [
      'SELECT a AS x, count(*) FROM db.public.t WHERE a > 1 GROUP BY a HAVING count(*) > 2 ORDER BY 1 DESC NULLS LAST LIMIT 3 OFFSET 4',
      'select',
    ],
    ['SELECT DISTINCT a FROM t FOR UPDATE', 'select'],
    ['INSERT INTO t VALUES (1, DEFAULT) ON CONFLICT (id) DO UPDATE SET a = excluded.a WHERE t.b RETURNING *', 'insert'],
    ['INSERT INTO t DEFAULT VALUES ON CONFLICT DO NOTHING', 'insert'],
    ['UPSERT INTO t (id) VALUES (1)', 'insert'],
    ['UPDATE t SET a = a + 1, b = DEFAULT WHERE id IN (1, 2) RETURNING id', 'update'],
    ['DELETE FROM t WHERE a IS NOT NULL ORDER BY a LIMIT 1', 'delete'],
    ['CREATE TABLE IF NOT EXISTS t (a INT, b VARCHAR(10) UNIQUE CHECK (b <> a::TEXT), PRIMARY KEY (a, b), INDEX (b))', 'createTable'],
    ['CREATE UNIQUE INDEX i ON t (a DESC, b)', 'createIndex'],
    ['ALTER TABLE t ADD COLUMN c DECIMAL(10,2) DEFAULT 1.5, DROP COLUMN d', 'alterTable'],
    ['TRUNCATE a, b', 'truncate'],
    ['DROP DATABASE IF EXISTS d CASCADE', 'dropDatabase'],
    ['START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY', 'begin'],
    ['ROLLBACK TO SAVEPOINT cockroach_restart', 'rollbackTo'],
    ["SET TIME ZONE 'UTC'", 'set'],
    ['SHOW TABLES FROM db', 'show'],
  ])('%s', (text, kind) => {
    expect(one(text).kind).toBe(kind);
  });
});

describe('expressions', () => {
  it.each([
    ['1 + 2 * 3', '1 + (2 * 3)'],
    ['1 - 2 - 3', '(1 - 2) - 3'],
    ['a OR b AND NOT c = d', 'a OR (b AND (NOT (c = d)))'],
    ['a = 1 AND b BETWEEN 1 AND 2 AND c', '((a = 1) AND (b BETWEEN 1 AND 2)) AND c'],
    ['a + 1 < b * 2', '(a + 1) < (b * 2)'],
    ["a || 'x' LIKE 'y%'", "(a || 'x') LIKE 'y%'"],
    ['NOT a IS NULL', 'NOT (a IS NULL)'],
    ['a::INT + 1', 'CAST(a AS INT) + 1'],
    ['a NOT IN (1, 2) = b', '(a NOT IN (1, 2)) = b'],
    ["j->'a'->>'b' = 'c'", "((j->'a')->>'b') = 'c'"],
  ])('%s means %s', (text, same) => {
    expect(parseExpression(text)).toEqual(parseExpression(same));
  });

  it('takes a minus before a number as part of it', () => {
    expect(parseExpression('-9223372036854775808')).toEqual({ node: 'number', text: '-9223372036854775808' });
    expect(parseExpression('3 -2')).toMatchObject({ node: 'binary', op: '-' });
  });
});

describe('refusals', () => {
  it('points at the place of a mistake', () => {
    const error = failure('SELECT 1;\nSELEC 2');
    expect(error).toMatchObject({ code: '42601', message: 'at or near "SELEC": syntax error' });
    expect(error.detail).toBe('source SQL:\nSELECT 1;\nSELEC 2\n^');
    expect(failure('SELECT a FROM').message).toBe('at or near "EOF": syntax error');
    expect(failure('SELECT FROM WHERE')).toMatchObject({ message: 'at or near "WHERE": syntax error' });
  });

  it.each([
    'SELECT * FROM a JOIN b ON a.x = b.x',
    'SELECT * FROM a, b',
    'SELECT (SELECT 1)',
    'SELECT * FROM (SELECT 1) AS t',
    'SELECT a FROM t WHERE a IN (SELECT b FROM u)',
    'SELECT 1 UNION SELECT 2',
    'SELECT count(*) OVER () FROM t',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    'EXPLAIN SELECT 1',
    'COPY t FROM STDIN',
    'CREATE TABLE t (a INT REFERENCES u (b))',
    'CREATE TABLE t (a INT[])',
    'CREATE USER u',
  ])('says that it is an understudy: %s', (text) => {
    expect(failure(text)).toMatchObject({ code: '0A000', message: expect.stringContaining('understudy') });
  });

  it('bounds how deeply a statement may be nested', () => {
    for (const [open, close] of [
      ['(', ')'],
      ['NOT ', ''],
      ['- ', ''],
    ])
      expect(failure(`SELECT ${open!.repeat(100_000)}1${close!.repeat(100_000)}`).code).toBe('54001');
  });

  it('never fails but with an error of SQL', () => {
    const words =
      'select from where insert into values ( ) , . * = a "b" \'c\' 1 $1 case when end not in is null :: int create table update set and'.split(
        ' ',
      );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 25 }), (parts) => {
        expect(foreignError(parts.join(' '))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('cutting text into statements', () => {
  it('respects strings, dollar quotes and comments', () => {
    const text = "SELECT ';'; SELECT $$;$$ /* ; */; -- ;\nSELECT 3";
    expect(splitStatements(text)).toEqual({ statements: ["SELECT ';';", 'SELECT $$;$$ /* ; */;'], rest: ' -- ;\nSELECT 3' });
    expect(splitStatements(' ;; -- nothing\n')).toEqual({ statements: [], rest: '' });
    expect(splitStatements("SELECT 1; SELECT 'open; ")).toEqual({ statements: ['SELECT 1;'], rest: " SELECT 'open; " });
  });
});

/** What was thrown and is no error of SQL. */
function foreignError(text: string): unknown {
  try {
    parseStatements(text);
    return undefined;
  } catch (error) {
    return error instanceof SqlError ? undefined : error;
  }
}
