import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, systemClock } from '@holdfast/clock';
import type { ExecResult } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import type { ContainerLog, ContainerSpec, RunningContainer } from '../runtime.ts';
import { reapOrphans } from './orphans.ts';
import { groupLives, identify } from './process-identity.ts';
import { processRuntime } from './process-runtime.ts';
import { hasTerminal } from '../../test/has-terminal.ts';
import { type TestFolder, testFolder, writeTestBundle } from '../../test/test-bundle.ts';

const clock = systemClock();
const never = new AbortController().signal;

async function start(folder: TestFolder, change: Partial<ContainerSpec> = {}, understudy = false): Promise<RunningContainer> {
  const runtime = processRuntime({ bundles: [writeTestBundle(folder.path, { understudy })] });
  const image = await runtime.pullImage('docker.io/test/tool:v1', never);
  const spec: ContainerSpec = {
    namespace: 'default',
    pod: 'web-0',
    uid: 'u1',
    container: 'main',
    restartCount: 0,
    image,
    env: {},
    mounts: [],
    podIp: '127.77.2.2',
    hostname: 'web-0',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    ...change,
  };
  return runtime.start(spec, { nodeName: 'n1', podFolder: join(folder.path, 'pods', 'u1'), clock }, never);
}

async function text(log: ContainerLog): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of log.read({}, never)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function exec(
  container: RunningContainer,
  command: readonly string[],
  { tty = false, input }: { readonly tty?: boolean; readonly input?: readonly string[] } = {},
): Promise<{ readonly result: ExecResult; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  async function* stdin(): AsyncIterable<Uint8Array> {
    for (const line of input ?? []) yield Buffer.from(line);
  }
  const result = await container.exec(
    { command, stdin: input !== undefined, stdout: true, stderr: true, tty },
    {
      ...(input ? { stdin: stdin() } : {}),
      stdout: (chunk) => {
        out += Buffer.from(chunk).toString();
      },
      stderr: (chunk) => {
        err += Buffer.from(chunk).toString();
      },
      signal: never,
    },
  );
  return { result, out, err };
}

describe('processRuntime', () => {
  it('runs the entrypoint of the bundle, keeps its log and its exit code', async () => {
    using folder = testFolder();
    const container = await start(folder);
    expect(await container.exited).toEqual({ exitCode: 0 });
    expect(await text(container.log)).toBe('tool ran\n');
  });

  it('says in the log that an understudy runs', async () => {
    using folder = testFolder();
    const container = await start(folder, {}, true);
    await container.exited;
    expect(await text(container.log)).toMatch(
      /^holdfast: image docker.io\/test\/tool:v1 is played by an understudy: a tool for tests\ntool ran\n$/,
    );
  });

  it('finds the bundle by normalised names only and says what to do otherwise', async () => {
    using folder = testFolder();
    const runtime = processRuntime({ bundles: [writeTestBundle(folder.path)] });
    expect(runtime.findImage('test/tool@sha256:00')?.id).toBe('bundle://test/tool@sha256:00');
    expect(runtime.findImage('test/other')).toBeUndefined();
    await expect(runtime.pullImage('nginx:1.27', never)).rejects.toThrow(
      'no bundle answers to the image "nginx:1.27": this node has test/tool; use one of these, or add a bundle: a folder with a bundle.json that lists "nginx" under "images"',
    );
  });

  it('shows volumes below the root and rewrites their paths in commands', async () => {
    using folder = testFolder();
    const volume = join(folder.path, 'volume');
    mkdirSync(volume);
    writeFileSync(join(volume, 'greeting'), 'hello');
    const container = await start(folder, {
      command: [
        '/bin/sh',
        '-c',
        'cat /data/greeting && echo x > /data/new && echo "$TOOL $MINE" && pwd && tool && echo bad > /dev/termination-log; exit 3',
      ],
      env: { MINE: 'too' },
      mounts: [{ mountPath: '/data', hostPath: volume, readOnly: false }],
    });
    expect(await container.exited).toEqual({ exitCode: 3, message: 'bad\n' });
    expect(readFileSync(join(volume, 'new'), 'utf8')).toBe('x\n');
    expect(await text(container.log)).toBe(`helloyes too\n${join(folder.path, 'pods/u1/containers/main/root/opt/tool')}\ntool ran\n`);
  });

  it('sends SIGTERM to the whole group, then SIGKILL when the grace period is over', async () => {
    using folder = testFolder();
    const polite = await start(folder, { command: ['sh', '-c', 'trap "exit 7" TERM; echo up; while :; do sleep 0.05; done'] });
    for await (const chunk of polite.log.read({ follow: true }, never)) if (chunk.length > 0) break;
    expect((await polite.stop(5000)).exitCode).toBe(7);
    const stubborn = await start(folder, { restartCount: 1, command: ['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done'] });
    for await (const chunk of stubborn.log.read({ follow: true }, never)) if (chunk.length > 0) break;
    expect((await stubborn.stop(100)).exitCode).toBe(137);
  });

  it('sees kill -9 as 137 and leaves nothing of the group behind', async () => {
    using folder = testFolder();
    const container = await start(folder, { command: ['sh', '-c', 'sleep 1000 & echo $!; echo $$; wait'] });
    let output = '';
    for await (const chunk of container.log.read({ follow: true }, never)) {
      output += Buffer.from(chunk).toString();
      if (output.split('\n').length > 2) break;
    }
    const [child = 0, leader = 0] = output.split('\n').map(Number);
    const record = identify(leader);
    process.kill(leader, 'SIGKILL');
    expect((await container.exited).exitCode).toBe(137);
    while (record && groupLives(record)) await sleep(clock, 5);
    expect(identify(child)).toBeUndefined();
  });

  it('says why a program cannot be run', async () => {
    using folder = testFolder();
    await expect(start(folder, { command: ['no-such-program'] })).rejects.toThrow(
      'exec: "no-such-program": executable file not found in $PATH',
    );
    await expect(start(folder, { command: ['/no/such'] })).rejects.toThrow('exec: "/no/such": stat /no/such: no such file or directory');
  });
});

describe('exec', () => {
  it("runs with the container's environment, paths, pipes and exit code", async () => {
    using folder = testFolder();
    const container = await start(folder, { command: ['sleep', '1000'], env: { NAME: 'v' } });
    expect(await exec(container, ['sh', '-c', 'echo $NAME; echo oops >&2; exit 42'])).toEqual({
      result: { exitCode: 42 },
      out: 'v\n',
      err: 'oops\n',
    });
    expect((await exec(container, ['/opt/tool/tool'])).out).toBe('tool ran\n');
    expect((await exec(container, ['cat'], { input: ['a', 'b\n'] })).out).toBe('ab\n');
    expect((await exec(container, ['nonesuch'])).result).toEqual({ error: 'exec: "nonesuch": executable file not found in $PATH' });
    await container.stop(0);
  });

  it.skipIf(!hasTerminal())('gives a real terminal', async () => {
    using folder = testFolder();
    const container = await start(folder, { command: ['sleep', '1000'] });
    const command = ['sh', '-c', 'test -t 0 && test -t 1 || exit 1; echo "a terminal $0"; exit 5', "it's"];
    const { result, out } = await exec(container, command);
    expect(out).toBe('');
    expect(result).toEqual({ exitCode: 1 });
    const terminal = await exec(container, command, { tty: true, input: [] });
    expect(terminal.out).toContain("a terminal it's\r\n");
    expect(terminal.result).toEqual({ exitCode: 5 });
    await container.stop(0);
  });

  it.skipIf(!hasTerminal())('resizes the terminal', async () => {
    using folder = testFolder();
    const container = await start(folder, { command: ['sleep', '1000'] });
    let out = '';
    async function* sizes(): AsyncIterable<{ readonly width: number; readonly height: number }> {
      yield { width: 91, height: 17 };
    }
    const result = await container.exec(
      {
        command: ['sh', '-c', 'while [ "$(stty size)" != "17 91" ]; do sleep 0.02; done; stty size'],
        stdin: true,
        stdout: true,
        stderr: false,
        tty: true,
      },
      { stdout: (chunk) => void (out += Buffer.from(chunk).toString()), stderr: () => undefined, resize: sizes(), signal: never },
    );
    expect(result).toEqual({ exitCode: 0 });
    expect(out).toContain('17 91');
    await container.stop(0);
  });
});

describe('reapOrphans', () => {
  it('kills what was left behind, also what has left its group, and nothing else', async () => {
    using folder = testFolder();
    const nodes = join(folder.path, 'nodes');
    const bystander = spawn('sleep', ['1000']);
    const runtime = processRuntime({ bundles: [writeTestBundle(folder.path)] });
    const container = await runtime.start(
      {
        namespace: 'default',
        pod: 'p',
        uid: 'u1',
        container: 'main',
        restartCount: 0,
        image: await runtime.pullImage('test/tool', never),
        command: ['sh', '-c', 'setsid sleep 1000 & sleep 1000'],
        env: {},
        mounts: [],
        podIp: '127.77.2.2',
        hostname: 'p',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
      { nodeName: 'n1', podFolder: join(nodes, 'n1', 'pods', 'u1'), clock },
      never,
    );
    while ((await exec(container, ['sh', '-c', 'pgrep -f "sleep 1000" >/dev/null'])).out !== '') await sleep(clock, 5);
    await sleep(clock, 50);
    const killed = await reapOrphans(nodes);
    expect(killed.length).toBeGreaterThanOrEqual(2);
    expect((await container.exited).exitCode).toBe(137);
    expect(bystander.exitCode).toBeNull();
    expect(identify(bystander.pid ?? 0)).toBeDefined();
    bystander.kill();
    expect(existsSync(join(nodes, 'n1', 'pods', 'u1', 'processes'))).toBe(true);
    expect(await reapOrphans(nodes)).toEqual([]);
    expect(await reapOrphans(join(folder.path, 'nothing'))).toEqual([]);
  });
});
