// Runs a further command in a container of the process runtime, with pipes or with a real terminal.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type Clock, sleep } from '@holdfast/clock';
import type { ExecOptions, ExecResult, ExecStreams } from '@holdfast/schema';
import { quote } from './container-root.ts';
import { type ProcessGroup, type ProcessGroupOptions, startFailure, startGroup } from './process-group.ts';

/** How long to wait for `script` to open its terminal. */
const TERMINAL_ATTEMPTS = 100;
const TERMINAL_WAIT_MS = 10;

/** What a command shares with its container. */
export type ExecSite = Omit<ProcessGroupOptions, 'argv' | 'stdin'>;

/** Looks a program up in a search path, as the shell does. */
export function findInPath(program: string, path: string): string | undefined {
  return path
    .split(':')
    .map((folder) => `${folder}/${program}`)
    .find((candidate) => existsSync(candidate));
}

/**
 * Runs `argv` and resolves with its exit code, or with an error when it could not be run. The group is killed when the
 * caller's signal aborts. `track` gets the group, so that it ends with its container.
 */
export async function execInContainer(
  argv: readonly string[],
  options: ExecOptions,
  streams: ExecStreams,
  site: ExecSite,
  track: (group: ProcessGroup) => void,
): Promise<ExecResult> {
  const program = argv[0];
  if (program === undefined) return { error: 'you must specify at least one command for the container' };
  const searchPath = site.env['PATH'] ?? '';
  // Looked up here, because under a terminal it would be a shell that complains, in words of its own.
  const found = program.includes('/')
    ? existsSync(program.startsWith('/') ? program : `${site.cwd}/${program}`)
    : findInPath(program, searchPath) !== undefined;
  if (!found) return { error: startFailure(program, Object.assign(new Error(), { code: 'ENOENT' })) };
  if (options.tty && findInPath('script', searchPath) === undefined) {
    return {
      error:
        'a terminal needs the program `script` (package util-linux, on some systems bsdutils or util-linux-script): install it, or run the command without -t',
    };
  }
  let group: ProcessGroup;
  try {
    group = await startGroup({
      ...site,
      argv: options.tty ? terminalArgv(argv) : argv,
      env: options.tty ? { TERM: 'xterm', ...site.env, SHELL: '/bin/sh' } : site.env,
      stdin: options.stdin || options.tty,
    });
  } catch (error) {
    return { error: startFailure(program, error) };
  }
  track(group);
  return attend(group, options, streams, site);
}

/** `script` opens the terminal, runs the command in it and copies between it and its own pipes; -e hands on the exit code. */
function terminalArgv(argv: readonly string[]): readonly string[] {
  return ['script', '-qfec', `exec ${argv.map(quote).join(' ')}`, '/dev/null'];
}

async function attend(group: ProcessGroup, options: ExecOptions, streams: ExecStreams, site: ExecSite): Promise<ExecResult> {
  const onAbort = (): void => {
    group.signal('SIGKILL');
  };
  streams.signal.addEventListener('abort', onAbort, { once: true });
  if (streams.signal.aborted) onAbort();
  const ended = new AbortController();
  const pumps = [
    pumpOut(group.stdout, options.stdout || options.tty ? streams.stdout : undefined),
    pumpOut(group.stderr, options.tty ? streams.stdout : options.stderr ? streams.stderr : undefined),
  ];
  // Not waited for: the caller may keep its end open after the command has ended.
  if (group.stdin && options.stdin && streams.stdin) void pumpIn(streams.stdin, group.stdin);
  else if (!options.tty) group.stdin?.end();
  if (options.tty && streams.resize) void followSize(streams.resize, group.pid, site, ended.signal);
  try {
    const exitCode = await group.exitCode;
    await group.drained(site.clock);
    await Promise.all(pumps);
    return { exitCode };
  } finally {
    ended.abort();
    streams.signal.removeEventListener('abort', onAbort);
  }
}

async function pumpOut(from: Readable, to: ExecStreams['stdout'] | undefined): Promise<void> {
  if (!to) {
    from.resume();
    return;
  }
  try {
    for await (const chunk of from) await to(chunk);
  } catch (error) {
    // The pipe was closed because the command has ended, or the caller no longer takes output.
    if (!from.destroyed) from.destroy(error instanceof Error ? error : undefined);
  }
}

async function pumpIn(from: AsyncIterable<Uint8Array>, to: Writable): Promise<void> {
  for await (const chunk of from) {
    if (to.destroyed) return;
    if (!to.write(chunk)) await new Promise<void>((resolve) => to.once('drain', resolve).once('close', resolve));
  }
  to.end();
}

/** Sets the terminal's size whenever the caller's window changes; the kernel tells the program. */
async function followSize(
  sizes: NonNullable<ExecStreams['resize']>,
  scriptPid: number,
  { env, clock }: ExecSite,
  ended: AbortSignal,
): Promise<void> {
  const stty = findInPath('stty', env['PATH'] ?? '');
  for await (const { width, height } of sizes) {
    if (ended.aborted) return;
    const terminal = await terminalOf(scriptPid, clock, ended);
    if (terminal === undefined || stty === undefined || width <= 0 || height <= 0) continue;
    const child = spawn(stty, ['-F', terminal, 'cols', String(width), 'rows', String(height)], { stdio: 'ignore' });
    await new Promise<void>((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()));
  }
}

/** The terminal that `script` has opened for its child: it takes a few milliseconds until there is one. */
async function terminalOf(scriptPid: number, clock: Clock, ended: AbortSignal): Promise<string | undefined> {
  for (let round = 0; round < TERMINAL_ATTEMPTS && !ended.aborted; round++) {
    for (const child of childrenOf(scriptPid)) {
      const terminal = linkOf(`/proc/${child}/fd/0`);
      if (terminal?.startsWith('/dev/pts/')) return terminal;
    }
    await sleep(clock, TERMINAL_WAIT_MS);
  }
  return undefined;
}

function childrenOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
  } catch {
    // It has ended.
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
