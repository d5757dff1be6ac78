// A container of the process runtime: one process group, its log, its root folder, and what is run in it besides.
import { readFileSync } from 'node:fs';
import type { CancelTimer, Clock } from '@holdfast/clock';
import type { ExecOptions, ExecResult, ExecStreams } from '@holdfast/schema';
import { checkNetwork } from '../../probes/network-check.ts';
import type { ContainerExit, ContainerLog, ProbeAction, ProbeOutcome, ProbePurpose, RunningContainer } from '../runtime.ts';
import { type ExecSite, execInContainer } from './exec.ts';
import type { LogFile } from './log-file.ts';
import type { ProcessGroup } from './process-group.ts';

/** As much of a termination message as the kubelet keeps, and of the log in its place. */
const MAX_MESSAGE_BYTES = 4096;
const MAX_FALLBACK = { lines: 80, bytes: 2048 };
/** As much of an exec probe's output as the kubelet keeps. */
const MAX_PROBE_OUTPUT = 10 * 1024;

export interface ProcessContainerOptions {
  readonly id: string;
  readonly group: ProcessGroup;
  readonly log: LogFile;
  readonly site: ExecSite;
  readonly podIp: string;
  readonly rewrite: (word: string) => string;
  readonly terminationMessageFile: string;
  readonly fallbackToLogs: boolean;
}

export class ProcessContainer implements RunningContainer {
  readonly id: string;
  readonly exited: Promise<ContainerExit>;
  readonly log: ContainerLog;
  readonly #group: ProcessGroup;
  readonly #options: ProcessContainerOptions;
  readonly #clock: Clock;
  readonly #execs = new Set<ProcessGroup>();
  #deadlineMs = Number.POSITIVE_INFINITY;
  #cancelKill: CancelTimer = () => undefined;

  constructor(options: ProcessContainerOptions) {
    const { group, log } = options;
    this.id = options.id;
    this.log = log;
    this.#group = group;
    this.#options = options;
    this.#clock = options.site.clock;
    group.stdout.on('data', (chunk: Uint8Array) => log.write('stdout', chunk));
    group.stderr.on('data', (chunk: Uint8Array) => log.write('stderr', chunk));
    this.exited = this.#attend();
  }

  stop(graceMs: number): Promise<ContainerExit> {
    const deadline = this.#clock.now() + graceMs;
    if (deadline < this.#deadlineMs) {
      if (this.#deadlineMs === Number.POSITIVE_INFINITY) this.#group.signal('SIGTERM');
      this.#deadlineMs = deadline;
      this.#cancelKill();
      this.#cancelKill = this.#clock.after(graceMs, () => this.#group.signal('SIGKILL'));
    }
    return this.exited;
  }

  exec(options: ExecOptions, streams: ExecStreams): Promise<ExecResult> {
    return execInContainer(options.command.map(this.#options.rewrite), options, streams, this.#options.site, (group) => {
      this.#execs.add(group);
      void group.exitCode.then(() => group.drained(this.#clock)).then(() => this.#execs.delete(group));
    });
  }

  async probe(_purpose: ProbePurpose, action: ProbeAction, timeoutMs: number): Promise<ProbeOutcome> {
    if (action.kind !== 'exec') return checkNetwork(action, this.#options.podIp, timeoutMs, this.#clock);
    const command = action.exec.command ?? [];
    const timeout = new AbortController();
    const cancel = this.#clock.after(timeoutMs, () => timeout.abort());
    const output: Uint8Array[] = [];
    let size = 0;
    const take = (chunk: Uint8Array): void => {
      if (size < MAX_PROBE_OUTPUT) output.push(chunk);
      size += chunk.length;
    };
    const result = await this.exec(
      { command, stdin: false, stdout: true, stderr: true, tty: false },
      { stdout: take, stderr: take, signal: timeout.signal },
    );
    cancel();
    if (timeout.signal.aborted)
      return { success: false, message: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s` };
    if ('error' in result) return { success: false, message: result.error };
    return { success: result.exitCode === 0, message: Buffer.concat(output).subarray(0, MAX_PROBE_OUTPUT).toString('utf8') };
  }

  async #attend(): Promise<ContainerExit> {
    const exitCode = await this.#group.exitCode;
    this.#cancelKill();
    // A container ends with its first process; nothing of it may stay behind.
    this.#group.sweep();
    for (const group of this.#execs) group.sweep();
    await this.#group.drained(this.#clock);
    this.#options.log.close();
    const message = await this.#message(exitCode);
    return { exitCode, ...(message ? { message } : {}) };
  }

  async #message(exitCode: number): Promise<string> {
    const written = readIfThere(this.#options.terminationMessageFile).subarray(0, MAX_MESSAGE_BYTES).toString('utf8');
    if (written || exitCode === 0 || !this.#options.fallbackToLogs) return written;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.log.read({ tailLines: MAX_FALLBACK.lines }, new AbortController().signal)) chunks.push(chunk);
    return Buffer.concat(chunks).subarray(-MAX_FALLBACK.bytes).toString('utf8');
  }
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    // The program removed it, or put a folder there: then it has no message.
    return Buffer.alloc(0);
  }
}
