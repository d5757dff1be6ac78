// `holdfast design`: the command's face; what it does is loaded when it runs.
import { Command } from 'commander';
import type { Environment } from '../environment.ts';
import type { DesignOptions } from './design-run.ts';

export function designCommand(environment: Environment): Command {
  return new Command('design')
    .description('write manifests of a database that pass every rule of holdfast check; asks for what is not said')
    .option('--engine <name>', 'cockroachdb, postgresql, mysql, mongodb, kafka or etcd')
    .option('--name <name>', 'of the database', 'db')
    .option('--namespace <name>', 'where it runs', 'data')
    .option('--instances <number>', 'how many', '3')
    .option('--size <quantity>', 'of the storage of each instance, such as 100Gi')
    .option('--storage <kind>', 'local (disks of the nodes) or network (disks that follow the pod)')
    .option('--provider <name>', 'aws, gcp or azure, for network storage')
    .option('--nodes <names>', 'nodes with a disk, with commas between, for local storage')
    .option('--iops <number>', 'wanted of each disk', '0')
    .option('--survive <what>', 'the loss of a node or of a zone', 'node')
    .option('--bucket <address>', 's3://name/path for backups of postgresql, mysql and mongodb')
    .action(async (options: DesignOptions) => {
      const { runDesign } = await import('./design-run.ts');
      process.exitCode = await runDesign(environment, options);
    });
}
