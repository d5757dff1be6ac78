import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { FakeClock, seededRandom } from '@holdfast/clock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSqlServer, type TestSqlServer } from '../pgwire/server.fixture.ts';
import type { Environment } from './environment.ts';
import { run } from './run.ts';

let running: TestSqlServer;

beforeAll(async () => {
  running = await startSqlServer();
  await cockroach(['-e', "CREATE TABLE t (id INT PRIMARY KEY, name STRING); INSERT INTO t VALUES (1, 'a'), (2, NULL)"]);
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Terminal {
  readonly environment: Environment;
  readonly stdin: PassThrough & { isTTY?: boolean };
  readonly out: () => string;
  readonly err: () => string;
}

function terminal(isTTY = false): Terminal {
  const [stdin, stdout, stderr] = [0, 1, 2].map(() => Object.assign(new PassThrough(), isTTY ? { isTTY } : {})) as [
    PassThrough,
    PassThrough,
    PassThrough,
  ];
  const text = (stream: PassThrough): (() => string) => {
    let all = '';
    stream.on('data', (chunk: Buffer) => (all += chunk.toString()));
    return () => all;
  };
  const environment = {
    clock: new FakeClock(),
    random: seededRandom(1),
    variables: {},
    stdin,
    stdout,
    stderr,
    signal: new AbortController().signal,
  };
  return { environment, stdin, out: text(stdout), err: text(stderr) };
}

async function cockroach(args: readonly string[], input = ''): Promise<Ended> {
  const { environment, stdin, out, err } = terminal();
  stdin.end(input);
  const code = await run(['sql', '--insecure', `--host=127.0.0.1:${running.port}`, ...args], environment);
  return { code, out: out(), err: err() };
}

describe('cockroach sql', () => {
  it('runs the statements of -e in order, and prints what each answers', async () => {
    expect(
      await cockroach([
        '--format=csv',
        '-e',
        'SELECT id FROM t ORDER BY id',
        '-e',
        "UPDATE t SET name = 'b' WHERE id = 2; SELECT name FROM t WHERE id = 2",
      ]),
    ).toEqual({
      code: 0,
      out: 'id\n1\n2\nUPDATE 1\nname\nb\n',
      err: '',
    });
  });

  it('runs a script from its input or from a file, comments and odd quotes included', async () => {
    const script = "-- a; comment\nSELECT 'a;b' AS x; /* ; */\nSELECT $$c;'d$$ AS y\n;\n";
    const expected = { code: 0, out: 'x\na;b\ny\n"c;\'d"\n', err: '' };
    expect({ ...(await cockroach(['--format=csv'], script)), out: undefined }).toEqual({ ...expected, out: undefined });
    const folder = await mkdtemp(join(tmpdir(), 'cockroach-sql-'));
    try {
      await writeFile(join(folder, 'script.sql'), script);
      expect(await cockroach(['--format=csv', '-f', join(folder, 'script.sql')])).toEqual(await cockroach(['--format=csv'], script));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('ends at the first error unless told otherwise', async () => {
    const script = 'SELECT 1; SELECT nothing; SELECT 2;';
    const stopped = await cockroach(['--format=csv'], script);
    expect(stopped).toMatchObject({ code: 1, out: '?column?\n1\n' });
    expect(stopped.err).toContain('ERROR: column "nothing" does not exist\nSQLSTATE: 42703\n');
    expect(await cockroach(['--format=csv', '--set=errexit=false'], script)).toMatchObject({ code: 1, out: '?column?\n1\n?column?\n2\n' });
  });

  it.each([
    [['--read-only'], '--read-only is not supported by this understudy of CockroachDB'],
    [['--set=prompt1=x'], '--set: "prompt1=x" is not supported by this understudy: errexit=true and errexit=false are'],
    [['--format=xml'], 'invalid argument "xml" for "--format"'],
    [['--port=0x10'], 'invalid port "0x10": write a number from 0 to 65535'],
    [['--file=/nowhere/x.sql'], "--file: ENOENT: no such file or directory, open '/nowhere/x.sql'"],
    [['--url=mysql://root@localhost'], '--url: "mysql://root@localhost" is no postgresql:// URL'],
    [['--wrong'], 'unknown flag: --wrong'],
  ])('refuses %s in a sentence', async (args, sentence) => {
    const { code, out, err } = await cockroach(args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`ERROR: ${sentence}`);
  });

  it('says where nobody listens', async () => {
    const { environment, stdin, err } = terminal();
    stdin.end();
    expect(await run(['sql', '--insecure', '--host=127.0.0.1:1'], environment)).toBe(1);
    expect(err()).toContain('ERROR: cannot dial server.');
  });
});

describe('the shell at a terminal', () => {
  it('takes statements over several lines, shows the transaction, survives errors, and leaves', async () => {
    const { environment, stdin, out, err } = terminal(true);
    const ended = run(['sql', '--insecure', `--host=127.0.0.1:${running.port}`], environment);
    const prompts = (): number => out().split('> ').length - 1;
    const type = async (line: string): Promise<void> => {
      const before = prompts();
      stdin.write(`${line}\r`);
      while (prompts() === before) await once(environment.stdout, 'data');
    };
    while (prompts() === 0) await once(environment.stdout, 'data');
    expect(out()).toContain('not CockroachDB itself');
    await type('SELECT id');
    await type('FROM t WHERE id = 1;');
    expect(out()).toContain('(1 row)');
    await type('BEGIN;');
    expect(out()).toContain('/defaultdb  OPEN> ');
    await type('SELECT nothing;');
    expect(err()).toContain('column "nothing" does not exist');
    expect(out()).toContain('/defaultdb  ERROR> ');
    await type('ROLLBACK;');
    await type('\\dt');
    expect(out()).toMatch(/ t +\|/);
    stdin.write('\\q\r');
    expect(await ended).toBe(0);
  });
});
