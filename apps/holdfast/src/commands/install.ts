// `holdfast install`: what a cluster needs to run the product's components.
import { Command } from 'commander';
import type { Environment } from '../environment.ts';

export function installCommand({ stdout, stderr }: Environment): Command {
  const install = new Command('install').description('put components of Holdfast onto a cluster');
  install
    .command('operator')
    .description('the operator for CockroachDB clusters: definitions, permissions and the Deployment cockroach-operator-manager')
    .option('--image <image>', 'image of the operator', 'holdfast/cockroach-operator:v0.1.0')
    .option('--apply', 'apply to the cluster of the kubeconfig instead of printing YAML')
    .option('--kubeconfig <file>', 'kubeconfig to apply with (default: $KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'context of the kubeconfig')
    .action(async (options: { image: string; apply?: boolean; kubeconfig?: string; context?: string }) => {
      const { operatorManifests } = await import('@holdfast/operator');
      const manifests = operatorManifests({ image: options.image });
      if (!options.apply) {
        const { toYaml } = await import('@holdfast/schema');
        stdout.write(manifests.map((object) => toYaml(object)).join('---\n'));
        return;
      }
      const { clientFromKubeconfig } = await import('@holdfast/client');
      const { applyObjects } = await import('@holdfast/lab/apply');
      const client = await clientFromKubeconfig(options.kubeconfig, options.context);
      for await (const line of applyObjects(client, manifests)) stderr.write(`${line}\n`);
    });
  return install;
}
