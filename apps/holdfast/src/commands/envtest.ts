// `holdfast envtest`: a drop-in for the control plane that Go projects start in their tests.
import { join, resolve } from 'node:path';
import { systemRandom } from '@holdfast/clock';
import { Command } from 'commander';
import type { Environment } from '../environment.ts';

export function envtestCommand({ stdout, stderr, env, clock, programFolder }: Environment): Command {
  const envtest = new Command('envtest')
    .description('write a folder for KUBEBUILDER_ASSETS: Go test suites then run against this API server, unchanged')
    .requiredOption('--dir <folder>', 'folder to write kube-apiserver, etcd and (where it is found) kubectl into')
    .action(async (options: { dir: string }) => {
      const { writeAssets } = await import('@holdfast/lab/envtest');
      const { findProgram } = await import('@holdfast/lab');
      const folder = resolve(options.dir);
      const program = join(programFolder, 'holdfast.mjs');
      const names = writeAssets({ folder, node: process.execPath, program, kubectl: findProgram('kubectl', env['PATH'] ?? '') });
      stderr.write(`wrote ${names.join(', ')}\n`);
      stdout.write(`export KUBEBUILDER_ASSETS=${folder}\n`);
    });
  envtest
    .command('run <part> [flags...]', { hidden: true })
    .description('what those executables run')
    .allowUnknownOption()
    .action(async (part: string, flags: readonly string[]) => {
      const { runEtcd, runKubeApiServer } = await import('@holdfast/lab/envtest');
      const say = (line: string): void => void stderr.write(`${line}\n`);
      // From the first moment on: a suite that gives up must not leave anything behind. Nothing is kept, so nothing is waited for.
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
      if (part === 'etcd') await runEtcd(flags);
      else await runKubeApiServer(flags, { clock, random: systemRandom(), say });
    });
  return envtest;
}
