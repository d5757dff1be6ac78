// Runs a command in a container and gives back what it printed.
import type { Client } from '@holdfast/client';
import type { ObjectKey } from '@holdfast/schema';
import { ExerciseError } from './wait.ts';

export interface ExecOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Throws ExerciseError with what the command wrote to stderr when it fails. */
export async function execIn(
  client: Client,
  pod: ObjectKey,
  command: readonly string[],
  signal: AbortSignal,
  stdin?: string,
): Promise<ExecOutput> {
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  const result = await client.exec(pod, {
    command,
    stdout: (chunk) => void stdout.push(chunk),
    stderr: (chunk) => void stderr.push(chunk),
    ...(stdin === undefined ? {} : { stdin: once(stdin) }),
    signal,
  });
  const output = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  if ('error' in result) throw new ExerciseError(`${command.join(' ')} in ${pod.name}: ${result.error}`);
  if (result.exitCode !== 0) {
    throw new ExerciseError(
      `${command.join(' ')} in ${pod.name} ended with exit code ${result.exitCode}: ${output.stderr.trim() || output.stdout.trim()}`,
    );
  }
  return output;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
