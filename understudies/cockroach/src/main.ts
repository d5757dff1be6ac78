// The program that answers to the name of cockroach.
import { systemClock, systemRandom } from '@holdfast/clock';
import { run } from './cli/run.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait.
    if (stop.signal.aborted) process.exit(1);
    stop.abort(new Error(`received ${signal}`));
  });
}
// A reader of our output that went away (`| head`) is no reason for a stack trace.
process.stdout.on('error', () => process.exit(1));

process.exitCode = await run(process.argv.slice(2), {
  clock: systemClock(),
  random: systemRandom(),
  variables: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
});
process.exit();
