// One host process group: started in a session of its own, written down on disk, signalled and reaped as a whole.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@holdfast/clock';
import { PROCESS_FOLDER } from './orphans.ts';
import { groupLives, identify, type ProcessRecord } from './process-identity.ts';

export interface ProcessGroupOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether the process gets a pipe as its standard input; otherwise /dev/null. */
  readonly stdin: boolean;
  /** The pod's folder: a record of the group is kept there while it runs. */
  readonly podFolder: string;
  readonly clock: Clock;
}

/** How long output may still come after the leader has ended, from processes that inherited its pipes. */
const DRAIN_MS = 1000;

/** A running group. */
export class ProcessGroup {
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Exit code of the leader: 128 + signal where one ended it. Never rejects. */
  readonly exitCode: Promise<number>;
  readonly #child: ChildProcess;
  readonly #record: ProcessRecord | undefined;

  constructor(child: ChildProcess, pid: number, { podFolder }: ProcessGroupOptions) {
    if (!child.stdout || !child.stderr) throw new Error('a process group was started without pipes');
    this.#child = child;
    this.pid = pid;
    this.stdin = child.stdin ?? undefined;
    // EPIPE: the process does not read any more, which is its right.
    this.stdin?.on('error', () => undefined);
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.#record = identify(pid);
    const file = join(podFolder, PROCESS_FOLDER, `${pid}.json`);
    if (this.#record) {
      mkdirSync(join(podFolder, PROCESS_FOLDER), { recursive: true, mode: 0o700 });
      writeFileSync(file, JSON.stringify(this.#record), { mode: 0o600 });
    }
    this.exitCode = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (!this.#record || !groupLives(this.#record)) rmSync(file, { force: true });
        resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
      });
    });
  }

  /** Sends a signal to every process of the group; false when there is none left. */
  signal(signal: NodeJS.Signals): boolean {
    try {
      process.kill(-this.pid, signal);
      return true;
    } catch (error) {
      if (isErrno(error, 'ESRCH')) return false;
      throw error;
    }
  }

  /** SIGKILL to what the leader has left behind, unless the number already belongs to somebody else. */
  sweep(): void {
    if (this.#record && groupLives(this.#record)) this.signal('SIGKILL');
  }

  /** Resolves when both outputs have ended, or a moment after the leader has ended without them. */
  async drained(clock: Clock): Promise<void> {
    await this.exitCode;
    if (this.stdout.closed && this.stderr.closed) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(DRAIN_MS, () => {
        this.stdout.destroy();
        this.stderr.destroy();
        resolve();
      });
      this.#child.once('close', () => {
        cancel();
        resolve();
      });
    });
  }
}

/** Starts a process as leader of a new session and group. Rejects with the system's error when it cannot be run. */
export function startGroup(options: ProcessGroupOptions): Promise<ProcessGroup> {
  const [program, ...args] = options.argv;
  if (program === undefined) return Promise.reject(new Error('no command specified'));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    child.once('error', reject);
    // The pid is there as soon as the process is, and so must be its listeners: output may come before 'spawn' is told.
    if (child.pid !== undefined) resolve(new ProcessGroup(child, child.pid, options));
  });
}

/** What a container runtime says about a program that cannot be run. */
export function startFailure(program: string, error: unknown): string {
  if (isErrno(error, 'ENOENT')) {
    return program.includes('/')
      ? `exec: "${program}": stat ${program}: no such file or directory`
      : `exec: "${program}": executable file not found in $PATH`;
  }
  if (isErrno(error, 'EACCES')) return `exec: "${program}": permission denied`;
  return `exec: "${program}": ${error instanceof Error ? error.message : String(error)}`;
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
