// `holdfast lab`: an embedded Kubernetes on this machine.
import { Command, InvalidArgumentError } from 'commander';
import { defaultStateRoot, type Environment } from '../environment.ts';

const DEFAULT_NAME = 'holdfast';

export function labCommand(environment: Environment): Command {
  const lab = new Command('lab').description('a Kubernetes on this machine in a second: several nodes, real processes, real disks');
  const stateDir = ['--state-dir <folder>', 'where labs keep their state (default: $HOLDFAST_HOME, else ~/.local/state/holdfast)'] as const;
  const name = ['--name <name>', 'name of the lab', DEFAULT_NAME] as const;
  const actions = async (): Promise<typeof import('./lab-actions.ts')> => import('./lab-actions.ts');
  const root = (options: { stateDir?: string }): string => options.stateDir ?? defaultStateRoot(environment.env);

  lab
    .command('up')
    .description('start a lab and wait until its nodes are Ready; one that was stopped or killed goes on with its state')
    .option(...name)
    .option('--config <file>', 'a kind configuration (v1alpha4); default: one control plane and three workers with a disk each')
    .option('--api-port <port>', 'port of the API server on 127.0.0.1 (default: any free one)', port)
    .option('--cockroach <program>', 'run this real cockroach instead of the understudy (default: the one on PATH, if any)')
    .option('--bundle <folder...>', 'more folders with a bundle.json, for images of your own')
    .option(
      '--without <parts>',
      'parts to leave out, with commas: controllers, scheduler, agents (to run them as `holdfast controllers` and so on)',
    )
    .option(...stateDir)
    .action(async (options) => (await actions()).labUp(environment, root(options), options));
  lab
    .command('down')
    .description('end a lab with everything that runs in it, and remove its folder')
    .option(...name)
    .option('--all', 'end all labs')
    .option(...stateDir)
    .action(async (options) => (await actions()).labDown(environment, root(options), options));
  lab
    .command('stop')
    .description('end the processes of a lab and keep its state and its disks; `lab up` goes on with them')
    .option(...name)
    .option(...stateDir)
    .action(async (options) => (await actions()).labStop(environment, root(options), options));
  const snapshot = lab.command('snapshot').description("a lab's objects, keys and configuration as one file (not the data of its volumes)");
  snapshot
    .command('save')
    .description('write the state of a lab to a file; the lab may go on meanwhile')
    .argument('<file>')
    .option(...name)
    .option(...stateDir)
    .action(async (file: string, options) => (await actions()).labSnapshotSave(environment, root(options), file, options));
  snapshot
    .command('restore')
    .description('make the state in a file that of a lab that is stopped, or of a new one')
    .argument('<file>')
    .option(...name)
    .option(...stateDir)
    .action(async (file: string, options) => (await actions()).labSnapshotRestore(environment, root(options), file, options));
  lab
    .command('list')
    .description('show all labs')
    .option('--json', 'as JSON')
    .option(...stateDir)
    .action(async (options) => (await actions()).labList(environment, root(options), options));
  lab
    .command('status')
    .description('show the nodes and pods of a lab')
    .option(...name)
    .option('--json', 'as JSON')
    .option(...stateDir)
    .action(async (options) => (await actions()).labStatus(environment, root(options), options));
  lab
    .command('kubeconfig')
    .description('print the kubeconfig of a lab')
    .option(...name)
    .option('--path', 'print the path of the file instead')
    .option(
      '--for <part>',
      'one for a program of the control plane, with no more rights than it needs: controllers, scheduler or node/<name>',
    )
    .option(...stateDir)
    .action(async (options) => (await actions()).labKubeconfig(environment, root(options), options));
  lab
    .command('logs')
    .description("print the log of a lab's own process")
    .option(...name)
    .option(...stateDir)
    .action(async (options) => (await actions()).labLogs(environment, root(options), options));
  lab
    .command('run')
    .description('run an exercise end to end and report whether every criterion held')
    .argument('<exercise>', 'cockroachdb')
    .option('--name <name>', 'name of the lab (default: data-lab, or the next free one)')
    .option('--keep', 'keep the lab when done')
    .option('--json <file>', 'write the report as JSON')
    .option('--cockroach <program>', 'run this real cockroach instead of the understudy (default: the one on PATH, if any)')
    .option(...stateDir)
    .action(async (exercise: string, options) => (await import('./lab-run.ts')).labRun(environment, root(options), exercise, options));
  return lab;
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('use a number from 1 to 65535, or 0 for any free port.');
}
