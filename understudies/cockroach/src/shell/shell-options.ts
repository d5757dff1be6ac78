// What the shell is told.
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@holdfast/clock';
import type { Format } from './print.ts';
import type { SqlClientOptions } from './sql-client.ts';

export interface ShellOptions extends SqlClientOptions {
  /** The host as the user named it, for the prompt. */
  readonly hostName: string;
  /** Statements given with `-e`, in order; where there are any, the input is not read. */
  readonly execute: readonly string[];
  readonly format: Format;
  /** Ends at the first error; otherwise goes on with the next statement. */
  readonly stopAtErrors: boolean;
  readonly clock: Clock;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
  /** Lines printed before the first prompt. */
  readonly banner: string;
}
