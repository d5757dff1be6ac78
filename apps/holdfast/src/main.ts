// The command `holdfast`: what it can do, and how each verb is reached. Verbs load their code when they run.
import { Command, CommanderError } from 'commander';
import { checkCommand } from './commands/check.ts';
import { componentCommands } from './commands/component.ts';
import { designCommand } from './commands/design.ts';
import { envtestCommand } from './commands/envtest.ts';
import { installCommand } from './commands/install.ts';
import { labCommand } from './commands/lab.ts';
import { simulateCommand } from './commands/simulate.ts';
import { systemEnvironment } from './environment.ts';
import { explain } from './failure.ts';
import { VERSION } from './version.ts';

async function main(argv: readonly string[]): Promise<number> {
  const environment = systemEnvironment();
  const program = new Command('holdfast')
    .description('Run databases on Kubernetes and sleep at night.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(run with --help for what there is)')
    .addCommand(labCommand(environment))
    .addCommand(installCommand(environment))
    .addCommand(envtestCommand(environment))
    .addCommand(checkCommand(environment))
    .addCommand(designCommand(environment))
    .addCommand(simulateCommand(environment));
  for (const command of componentCommands(environment)) program.addCommand(command);
  inheritBehaviour(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    environment.stderr.write(`holdfast: ${explain(error)}\n`);
    return 1;
  }
}

/** Commands added with addCommand do not take over the parent's settings by themselves. */
function inheritBehaviour(command: Command): void {
  for (const sub of command.commands) {
    sub.copyInheritedSettings(command);
    inheritBehaviour(sub);
  }
}

process.exitCode = await main(process.argv.slice(2));
