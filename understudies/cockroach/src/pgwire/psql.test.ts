// PostgreSQL's own client, where the machine has it.
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startSqlServer } from './server.fixture.ts';

const found = spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
if (!found)
  console.warn('skipped: psql is not on this machine (apt-get install postgresql-client): it is not tried against the understudy');

describe.skipIf(!found)('psql', () => {
  it('connects, runs a script, and prints what it gets', async () => {
    await using server = await startSqlServer();
    const psql = async (...args: readonly string[]): Promise<string> => {
      const address = `postgresql://root@127.0.0.1:${server.port}/defaultdb`;
      const { stdout } = await promisify(execFile)('psql', [address, '--no-psqlrc', '--set=ON_ERROR_STOP=1', ...args]);
      return stdout;
    };
    const created = await psql(
      '-c',
      'CREATE TABLE t (id INT PRIMARY KEY, name TEXT, at TIMESTAMPTZ)',
      '-c',
      "INSERT INTO t VALUES (1, 'ä', '2026-01-02 03:04:05+00'), (2, NULL, NULL)",
    );
    expect(created).toBe('CREATE TABLE\nINSERT 0 2\n');
    expect(await psql('-c', 'SELECT * FROM t ORDER BY id')).toBe(
      [
        ' id | name |           at           ',
        '----+------+------------------------',
        '  1 | ä    | 2026-01-02 03:04:05+00',
        '  2 |      | ',
        '(2 rows)',
        '',
        '',
      ].join('\n'),
    );
    expect(await psql('--csv', '-c', 'BEGIN', '-c', 'DELETE FROM t', '-c', 'ROLLBACK', '-c', 'SELECT count(*) FROM t')).toBe(
      'BEGIN\nDELETE 2\nROLLBACK\ncount\n2\n',
    );
    await expect(psql('-c', 'SELECT * FROM nowhere')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('relation "nowhere" does not exist'),
    });
  });
});
