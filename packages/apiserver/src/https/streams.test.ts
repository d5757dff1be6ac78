// exec, attach, cp and port-forward with each kubectl of this machine: the old ones speak SPDY/3.1, the newer ones WebSocket.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import type { NodeStreams } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { drive } from './kubectl.fixture.ts';
import { runningPod } from './surface.fixture.ts';

const found = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'kubectl'))
  .find((path) => existsSync(path));
const beside = found ? dirname(realpathSync(found)) : '';
const versions = ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33'].filter((version) =>
  existsSync(join(beside, `kubectl.${version}`)),
);
const programs = versions.length > 0 ? versions.map((version) => join(beside, `kubectl.${version}`)) : found ? [found] : [];
if (programs.length === 0) console.log('skipped: streams with kubectl, which is not installed');

/** Runs commands as processes of this machine, attaches to what answers, forwards to `target`. */
function machine(target: () => number): NodeStreams {
  return {
    async logs() {
      throw new Error('no logs here');
    },
    async exec(_container, { command }, streams) {
      const [program = '', ...args] = command;
      const child = spawn(program, args, { stdio: 'pipe' });
      const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
      const pump = async (from: AsyncIterable<Uint8Array>, to: (chunk: Uint8Array) => void | Promise<void>): Promise<void> => {
        for await (const chunk of from) await to(chunk);
      };
      const outputs = [pump(child.stdout, streams.stdout), pump(child.stderr, streams.stderr)];
      child.stdin.on('error', () => undefined);
      if (streams.stdin) void pump(streams.stdin, (chunk) => void child.stdin.write(chunk)).then(() => child.stdin.end());
      else child.stdin.end();
      await Promise.all(outputs);
      return { exitCode: await ended };
    },
    async attach(_container, _options, streams) {
      await streams.stdout(Buffer.from('a question, please\n'));
      for await (const asked of streams.stdin ?? []) {
        await streams.stdout(Buffer.from(`answer to ${Buffer.from(asked).toString()}`));
        break;
      }
      return { exitCode: 0 };
    },
    async portForward(_pod, port, streams) {
      if (port !== 80) throw new Error(`dial tcp4 127.0.0.1:${port}: connect: connection refused`);
      const socket = connect(target(), '127.0.0.1');
      void (async () => {
        for await (const chunk of streams.input) socket.write(chunk);
        socket.end();
      })();
      for await (const chunk of socket) await streams.output(chunk as Uint8Array);
    },
  };
}

describe.each(programs)('%s', (program) => {
  it('runs commands and copies files', async () => {
    await using driver = await drive({ objects: { pods: [runningPod('web-0')] }, node: machine(() => 0) }, program);
    expect(await driver.kubectl(['exec', 'web-0', '--', 'sh', '-c', 'echo out; echo err >&2'])).toMatchObject({
      code: 0,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const input = 'some input\n'.repeat(200_000);
    expect((await driver.kubectl(['exec', '-i', 'web-0', '--', 'cat'], input)).stdout).toBe(input);
    expect(await driver.kubectl(['exec', 'web-0', '--', 'sh', '-c', 'exit 42'])).toMatchObject({
      code: 42,
      stderr: 'command terminated with exit code 42\n',
    });
    expect((await driver.kubectl(['attach', '-i', 'web-0'], 'a question\n')).stdout).toContain(
      'a question, please\nanswer to a question\n',
    );
    const content = 'x'.repeat(300_000);
    writeFileSync(join(driver.folder, 'local.txt'), content);
    const remote = join(driver.folder, 'pod');
    mkdirSync(remote);
    expect(await driver.kubectl(['cp', 'local.txt', `web-0:${remote}/copy.txt`])).toMatchObject({ code: 0 });
    expect(readFileSync(join(remote, 'copy.txt'), 'utf8')).toBe(content);
    expect(await driver.kubectl(['cp', `web-0:${remote}/copy.txt`, 'back.txt'])).toMatchObject({ code: 0 });
    expect(readFileSync(join(driver.folder, 'back.txt'), 'utf8')).toBe(content);
    expect(driver.surface.bugs).toEqual([]);
  }, 60_000);

  it('forwards ports', async () => {
    const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await using driver = await drive(
      { objects: { pods: [runningPod('web-0')] }, node: machine(() => (echo.address() as AddressInfo).port) },
      program,
    );
    const child = driver.start(['port-forward', 'pod/web-0', ':80']);
    let said = '';
    const local = await new Promise<number>((resolve, reject) => {
      const onText = (chunk: Buffer): void => {
        said += chunk.toString();
        const port = /Forwarding from 127\.0\.0\.1:(\d+) -> 80/.exec(said)?.[1];
        if (port) resolve(Number(port));
      };
      child.stdout?.on('data', onText);
      child.stderr?.on('data', onText);
      child.on('close', () => reject(new Error(`kubectl ended: ${said}`)));
    });
    try {
      const sent = Buffer.alloc(500_000, 'y');
      const answers = await Promise.all([sent, Buffer.from('short')].map((bytes) => roundTrip(local, bytes)));
      expect(answers.map((answer) => answer.length)).toEqual([sent.length, 5]);
      expect(answers[0]?.equals(sent)).toBe(true);
    } finally {
      child.kill();
      echo.close();
    }
    expect(driver.surface.bugs).toEqual([]);
  }, 60_000);
});

/** What comes back for some bytes over a connection that is half-closed after them. */
function roundTrip(port: number, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length === bytes.length) socket.end();
    });
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.on('error', reject);
    socket.write(bytes);
  });
}
