// `holdfast controllers`, `holdfast scheduler`, `holdfast agent`: parts of a control plane as programs of their own.
import { Command } from 'commander';
import type { Environment } from '../environment.ts';
import type { AgentFlags, ComponentFlags } from './component-flags.ts';

const KUBECONFIG = ['--kubeconfig <file>', 'how to reach the API server and who to be there'] as const;
// The defaults are upstream's: kube-controller-manager's, kube-scheduler's, the kubelet's.
const BURST = 'how many it may send at once after a rest';
const qpsOf = (whose: string): string => `how many requests a second ${whose} may send to the API server for ever; -1: no limit`;
const LOG_LEVEL = ['--log-level <level>', 'debug, info, warn or error', 'info'] as const;

export function componentCommands(environment: Environment): readonly Command[] {
  const run = async (): Promise<typeof import('./component-run.ts')> => import('./component-run.ts');
  return [
    new Command('controllers')
      .description(
        'run the controllers of a control plane; of several, the one that holds the lease kube-system/kube-controller-manager works',
      )
      .requiredOption(...KUBECONFIG)
      .option('--kube-api-qps <number>', qpsOf('each controller'), '20')
      .option('--kube-api-burst <number>', BURST, '30')
      .option(...LOG_LEVEL)
      .action(async (flags: ComponentFlags) => (await run()).controllersRun(environment, flags)),
    new Command('scheduler')
      .description('run the scheduler; of several, the one that holds the lease kube-system/kube-scheduler works')
      .requiredOption(...KUBECONFIG)
      .option('--kube-api-qps <number>', qpsOf('the scheduler'), '50')
      .option('--kube-api-burst <number>', BURST, '100')
      .option(...LOG_LEVEL)
      .action(async (flags: ComponentFlags) => (await run()).schedulerRun(environment, flags)),
    new Command('agent')
      .description('run the agent of one node: its pods are processes of this machine')
      .requiredOption(...KUBECONFIG)
      .requiredOption('--node-name <name>', 'name of the node; the kubeconfig must be that of system:node:<name>')
      .requiredOption('--node-ip <address>', 'address of the node')
      .requiredOption(
        '--pod-cidr <range>',
        'range of the addresses of its pods, such as 127.70.1.0/24; for a cluster that is no lab one outside 127.0.0.0/8, which kube-apiserver takes for no endpoint',
      )
      .requiredOption('--state-dir <folder>', 'where the node keeps volumes, logs and its own files')
      .option('--bundle <folder...>', 'more folders with a bundle.json, for images of your own')
      .option('--cluster-dns <host:port>', "the cluster's DNS server, as told to containers", '127.0.0.1:53')
      .option(
        '--address <address>',
        "where the kubelet's API is served (default: the node's address if that is a loopback address, else 127.0.0.1)",
      )
      .option('--port <port>', "port of the kubelet's API, 0 for any free one (default: 10250, or any free one if that is taken)")
      .option('--client-ca-file <file>', 'authority of the client certificates of callers (default: the one that the kubeconfig trusts)')
      .option('--tls-cert-file <file>', "certificate of the kubelet's API (default: one that the agent signs for itself and keeps)")
      .option('--tls-private-key-file <file>', 'its private key')
      .option('--kube-api-qps <number>', qpsOf('the agent, and apart from that its events,'), '50')
      .option('--kube-api-burst <number>', BURST, '100')
      .option(...LOG_LEVEL)
      .action(async (flags: AgentFlags) => (await run()).agentRun(environment, flags)),
  ];
}
