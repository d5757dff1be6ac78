// How an exercise tells what it is doing: a live line on a terminal, plain lines elsewhere.
import { liveLine, type ProgressOutput } from './live-line.ts';

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

/** Writes progress for people. `total` is the number of steps. */
export function textProgress(
  output: ProgressOutput,
  total: number,
  color: (kind: 'title' | 'command' | 'good' | 'bad', text: string) => string,
): Progress {
  const live = liveLine(output);
  let number = 0;
  return {
    step: (title, commands) => {
      number += 1;
      live.clear();
      live.line('');
      live.line(color('title', `[${number}/${total}] ${title}`));
      for (const command of commands) live.line(color('command', `      $ ${command}`));
    },
    status: (text) => live.status(`      … ${text}`),
    evidence: (text) => {
      for (const part of text.trimEnd().split('\n')) live.line(`      ${part}`);
    },
    done: (durationMs) => live.line(color('good', `      ✓ ${(durationMs / 1000).toFixed(1)} s`)),
    failed: (reason) => live.line(color('bad', `      ✗ ${reason}`)),
  };
}
