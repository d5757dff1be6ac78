// One exec or attach over SPDY/3.1: a stream for each of the process's streams, and one for how it ended. What kubectl before
// 1.30 and most Go programs speak.
import type { ExecResult, ExecStreams, StreamOptions } from '@holdfast/schema';
import { execStatus, terminalSize } from './exec-status.ts';
import type { SpdySession, SpdyStream } from './spdy/index.ts';

/** Stream protocols that are spoken, the best first. */
export const SPDY_EXEC_PROTOCOLS = ['v4.channel.k8s.io'] as const;

export interface SpdyExecOptions {
  readonly options: StreamOptions;
  readonly start: (streams: ExecStreams) => Promise<ExecResult>;
  readonly onBug: (error: unknown) => void;
}

/** Waits for the streams that the request announced, then runs. `session` is the connection that the streams belong to. */
export class SpdyExec {
  readonly #wanted: readonly string[];
  readonly #streams = new Map<string, SpdyStream>();
  readonly #options: SpdyExecOptions;

  constructor(options: SpdyExecOptions) {
    this.#options = options;
    const { stdin, stdout, stderr, tty } = options.options;
    this.#wanted = [
      'error',
      ...(stdin ? ['stdin'] : []),
      ...(stdout ? ['stdout'] : []),
      ...(stderr && !tty ? ['stderr'] : []),
      ...(tty ? ['resize'] : []),
    ];
  }

  /** Takes a stream that the client opened. Resolves when the process has ended, at once while streams are missing. */
  async accept(stream: SpdyStream, session: SpdySession): Promise<void> {
    this.#streams.set(stream.headers['streamtype'] ?? '', stream);
    if (!this.#wanted.every((name) => this.#streams.has(name))) return;
    const { options, start, onBug } = this.#options;
    const [error, stdin, stdout, stderr, resize] = ['error', 'stdin', 'stdout', 'stderr', 'resize'].map((name) => this.#streams.get(name));
    const status = await execStatus(
      start,
      {
        ...(options.stdin && stdin ? { stdin: stdin.input } : {}),
        ...(resize ? { resize: sizesOf(resize.input) } : {}),
        stdout: (chunk) => stdout?.write(chunk),
        stderr: (chunk) => stderr?.write(chunk),
        signal: stream.signal,
      },
      onBug,
    );
    await Promise.all([stdout?.end(), stderr?.end()]);
    await error?.write(Buffer.from(JSON.stringify(status)));
    await error?.end();
    await session.close();
  }
}

async function* sizesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<{ readonly width: number; readonly height: number }> {
  let text = '';
  for await (const chunk of input) {
    text += Buffer.from(chunk).toString('utf8');
    // Each size is one JSON object; they follow each other without anything between.
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const size = terminalSize(Buffer.from(text.slice(0, end + 1)));
      text = text.slice(end + 1).trimStart();
      if (size) yield size;
    }
  }
}
