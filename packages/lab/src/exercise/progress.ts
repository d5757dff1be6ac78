// How an exercise tells what it is doing: a live line on a terminal, plain lines elsewhere.

/** Receives what happens, in order. */
export interface Progress {
  /** A step begins: its title and the commands it equals. */
  step(title: string, commands: readonly string[]): void;
  /** What is being waited for right now; replaces the last one. */
  status(text: string): void;
  /** What was seen: stays. */
  evidence(text: string): void;
  /** The step has ended. */
  done(durationMs: number): void;
  failed(reason: string): void;
}

/** Where lines go, and whether it is a terminal. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR_LINE = '\r\u001b[2K';

/** Writes progress for people. `total` is the number of steps. */
export function textProgress(
  output: ProgressOutput,
  total: number,
  color: (kind: 'title' | 'command' | 'good' | 'bad', text: string) => string,
): Progress {
  let number = 0;
  let live = false;
  let last = '';
  const line = (text: string): void => {
    output.write(`${live ? CLEAR_LINE : ''}${text}\n`);
    live = false;
  };
  return {
    step: (title, commands) => {
      number += 1;
      last = '';
      line('');
      line(color('title', `[${number}/${total}] ${title}`));
      for (const command of commands) line(color('command', `      $ ${command}`));
    },
    status: (text) => {
      if (text === last) return;
      last = text;
      if (!output.isTTY) return line(`      … ${text}`);
      output.write(`${CLEAR_LINE}      … ${text.slice(0, Math.max(20, (output.columns ?? 80) - 10))}`);
      live = true;
    },
    evidence: (text) => {
      for (const part of text.trimEnd().split('\n')) line(`      ${part}`);
    },
    done: (durationMs) => line(color('good', `      ✓ ${(durationMs / 1000).toFixed(1)} s`)),
    failed: (reason) => line(color('bad', `      ✗ ${reason}`)),
  };
}
