// `holdfast simulate`: the command's face; what it does is loaded when it runs.
import { Command } from 'commander';
import type { Environment } from '../environment.ts';
import type { SimulateFlags } from './simulate-run.ts';

export function simulateCommand(environment: Environment): Command {
  return new Command('simulate')
    .description('run random histories of users and faults against a simulated cluster, and check that its invariants hold')
    .option('--seed <number>', 'of the first history; the others follow', '1')
    .option('--histories <number>', 'how many', '100')
    .option('--threads <number>', 'at once; default: as many as there are processors')
    .option('--story', 'tell what happens in the first history, whether it fails or not')
    .option('--json', 'print the result as JSON')
    .action(async (flags: SimulateFlags) => {
      const { runSimulate } = await import('./simulate-run.ts');
      process.exitCode = await runSimulate(environment, flags);
    });
}
