// The surface as real kubectl sees it.
import { spawnSync } from 'node:child_process';
import { type NodeStreams, StatusError } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { drive } from './kubectl.fixture.ts';
import { runningPod } from './surface.fixture.ts';

const present = spawnSync('kubectl', ['version', '--client']).status === 0;
if (!present) console.log('skipped: tests with kubectl, which is not installed');

/** Runs `cat`, `exit N` and `echo …`; logs what it is asked. */
const node: NodeStreams = {
  async logs({ container }, options) {
    async function* lines(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode(`${container} ${options.tailLines ?? 'all'}\n`);
    }
    return lines();
  },
  attach: async () => ({ exitCode: 0 }),
  portForward: async () => undefined,
  async exec(_container, { command }, streams) {
    const [program, argument = ''] = command;
    if (program === 'cat') for await (const chunk of streams.stdin ?? []) await streams.stdout(chunk);
    if (program === 'echo') await streams.stdout(new TextEncoder().encode(`${argument}\n`));
    if (program === 'warn') await streams.stderr(new TextEncoder().encode(`${argument}\n`));
    if (program === 'nope') return { error: 'exec: "nope": executable file not found in $PATH' };
    return { exitCode: program === 'exit' ? Number(argument) : 0 };
  },
};
const two = runningPod('two', { spec: { nodeName: 'node-1', containers: [{ name: 'a' }, { name: 'b' }] } });
const objects = { pods: [runningPod('web-0'), two] };

describe.skipIf(!present)('kubectl', () => {
  it('prints tables, also wide and as YAML', async () => {
    await using driver = await drive({ objects });
    const table = await driver.kubectl(['get', 'pods']);
    expect(table.stdout).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nweb-0 +1\/1 +Running +0 +\S+\n/);
    const wide = await driver.kubectl(['get', 'pods', '-o', 'wide']);
    expect(wide.stdout).toMatch(/127\.64\.1\.2 +node-1 +<none> +<none>/);
    const yaml = await driver.kubectl(['get', 'pod', 'web-0', '-o', 'yaml']);
    expect(yaml.stdout).toContain('name: web-0');
    const missing = await driver.kubectl(['get', 'pod', 'nope']);
    expect(missing.stderr).toBe('Error from server (NotFound): pods "nope" not found\n');
  });

  it('finds all resources in two requests', async () => {
    const paths: string[] = [];
    await using driver = await drive({ handle: async ({ path }) => void paths.push(path) });
    const { stdout } = await driver.kubectl(['api-resources', '-o', 'name']);
    expect(stdout.split('\n')).toContain('statefulsets.apps');
    expect(paths.filter((path) => path.startsWith('/api'))).toEqual(expect.arrayContaining(['/api', '/apis']));
    expect(paths.filter((path) => path.startsWith('/api'))).toHaveLength(2);
  });

  it('shows logs, and says which container it needs', async () => {
    await using driver = await drive({ objects, node });
    expect((await driver.kubectl(['logs', 'web-0', '--tail=3'])).stdout).toBe('main 3\n');
    const unnamed = await driver.kubectl(['get', '--raw', '/api/v1/namespaces/default/pods/two/log']);
    expect(unnamed.stderr).toContain('a container name must be specified for pod two, choose one of: [a b]');
  });

  it('runs commands with streams and exit codes', async () => {
    await using driver = await drive({ objects, node });
    expect(await driver.kubectl(['exec', 'web-0', '--', 'echo', 'hello'])).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    const input = 'some input\n'.repeat(50_000);
    expect((await driver.kubectl(['exec', '-i', 'web-0', '--', 'cat'], input)).stdout).toBe(input);
    expect(await driver.kubectl(['exec', 'web-0', '--', 'warn', 'careful'])).toMatchObject({ stdout: '', stderr: 'careful\n' });
    const failed = await driver.kubectl(['exec', 'web-0', '--', 'exit', '42']);
    expect(failed).toMatchObject({ code: 42, stderr: 'command terminated with exit code 42\n' });
    expect((await driver.kubectl(['exec', 'web-0', '--', 'nope'])).stderr).toContain('executable file not found');
    expect(driver.surface.bugs).toEqual([]);
  }, 20_000);

  it('hears why a command cannot run', async () => {
    const refusing: NodeStreams = {
      ...node,
      exec: () =>
        Promise.reject(
          new StatusError({
            kind: 'Status',
            apiVersion: 'v1',
            metadata: {},
            status: 'Failure',
            message: 'container not found ("main")',
            reason: 'NotFound',
            code: 404,
          }),
        ),
    };
    await using driver = await drive({ objects, node: refusing });
    expect((await driver.kubectl(['exec', 'web-0', '--', 'ls'])).stderr).toContain('container not found ("main")');
    expect((await driver.kubectl(['exec', 'gone', '--', 'ls'])).stderr).toContain('pods "gone" not found');
    expect((await driver.kubectl(['exec', 'web-0', '-c', 'x', '--', 'ls'])).stderr).toContain('container x is not valid for pod web-0');
  });
});
