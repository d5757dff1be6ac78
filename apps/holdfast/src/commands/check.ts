// `holdfast check`: the command's face; what it does is loaded when it runs.
import { Argument, Command, Option } from 'commander';
import type { Environment } from '../environment.ts';
import type { CheckOptions } from './check-options.ts';

export function checkCommand(environment: Environment): Command {
  return new Command('check')
    .description('mistakes that lose data, found in manifests or in a cluster (0: none, 1: findings, 2: could not check all)')
    .addArgument(new Argument('[paths...]', 'files, folders, or - for standard input'))
    .option('--context <name>', 'check the cluster of this context instead, with lists only')
    .option('--kubeconfig <file>', 'kubeconfig to find the context in (default: $KUBECONFIG, then ~/.kube/config)')
    .option('--against <what>', 'also check what changes since a folder, a git revision or the cluster of a context')
    .option('--fix', 'print a patch with the changes that are safe, and nothing else')
    .option('--write', 'with --fix: make the changes')
    .option('--json', 'findings as JSON on standard output')
    .option('--sarif <file>', 'findings as SARIF 2.1.0 (- for standard output, as with the next two)')
    .option('--junit <file>', 'findings as JUnit XML')
    .option('--html <file>', 'findings as one HTML page with each workload drawn')
    .option('--github', 'findings as annotations of GitHub Actions')
    .option('--config <file>', 'settings (default: holdfast.yaml in this folder, if it is there)')
    .option('--no-config', 'without settings')
    .option('--write-baseline <file>', 'write down what is found, so that only new findings fail later')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 from this severity on')
        .choices(['info', 'warning', 'error', 'never'])
        .default('warning'),
    )
    .option('--explain <rule>', 'say what a rule looks for and why')
    .option('--list', 'list all rules')
    .action(async (paths: string[], options: CheckOptions) => {
      const { runCheck } = await import('./check-run.ts');
      process.exitCode = await runCheck(environment, paths, options);
    });
}
