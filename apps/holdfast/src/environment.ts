// The one place that reads the process's surroundings: environment, folders of the program, terminal.
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from '@holdfast/clock';

/** What commands are given. */
export interface Environment {
  /** Folder of the built program: bundles/ and exercises/ stand below it. */
  readonly programFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export function systemEnvironment(): Environment {
  const here = dirname(fileURLToPath(import.meta.url));
  // Shared code is split into dist/chunks.
  const programFolder = here.endsWith('chunks') ? dirname(here) : here;
  return { programFolder, env: process.env, clock: systemClock(), stdout: process.stdout, stderr: process.stderr };
}

/** HOLDFAST_HOME, else $XDG_STATE_HOME/holdfast, else ~/.local/state/holdfast. */
export function defaultStateRoot(env: NodeJS.ProcessEnv): string {
  if (env['HOLDFAST_HOME']) return env['HOLDFAST_HOME'];
  return join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'holdfast');
}
