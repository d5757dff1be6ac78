// The program of the operator's pod.
import { systemClock, systemRandom } from '@holdfast/clock';
import { createPinoLogger } from '@holdfast/controller';
import { parseFlags } from './program/flags.ts';
import { runOperator } from './program/run.ts';

async function main(): Promise<number> {
  const flags = parseFlags(process.argv.slice(2));
  const log = createPinoLogger(process.stdout, flags.logLevel);
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'stopping');
      stopping.abort();
    });
  }
  try {
    await runOperator({ flags, env: process.env, clock: systemClock(), random: systemRandom(), log }, stopping.signal);
    return 0;
  } catch (err) {
    log.error({ err }, 'operator ended');
    return 1;
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
