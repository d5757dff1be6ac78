// One node's agent as a program of its own, under the node's own identity.
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type AgentOptions, createAgent, type NodeListener } from '@holdfast/agent';
import { type Credentials, serveNodeApi } from '@holdfast/apiserver';
import { createClient, httpsTransport } from '@holdfast/client';
import { createManager } from '@holdfast/controller';
import type { NodeApi } from '@holdfast/schema';
import { LabError } from '../state/lab-error.ts';
import { underKubeletLimits } from './flow-control.ts';
import type { ProgramOptions } from './run-leader.ts';
import { servingCertificate } from './serving-certificate.ts';

/** Where and how the agent serves the kubelet's API. */
export interface KubeletOptions {
  /** Default: the node's address where that is a loopback address, else 127.0.0.1. */
  readonly address?: string | undefined;
  /** 0: any free port. Default: 10250, or any free port where that one is taken. */
  readonly port?: number | undefined;
  /** PEM of the authority of client certificates. Default: the one that the kubeconfig trusts, if it names one. */
  readonly clientCa?: string | undefined;
  /** Default: a certificate that the agent signs for itself, kept in the node's folder. */
  readonly serving?: Credentials | undefined;
}

/** A kubelet's. */
const DEFAULT_PORT = 10_250;

/** Runs until the signal aborts; then the node's containers are ended. */
export async function runAgent(
  options: Omit<ProgramOptions, 'hostname'>,
  node: Omit<AgentOptions, 'ownCaches' | 'apiServer' | 'listen'>,
  kubelet: KubeletOptions,
  signal: AbortSignal,
): Promise<void> {
  const { access, clock, random, log, rateLimit } = options;
  const transport = httpsTransport({ ...access, clock, userAgent: 'holdfast-agent' });
  const client = createClient(underKubeletLimits(transport, rateLimit, clock));
  const { hostname, port } = new URL(access.server);
  const agent = createAgent({
    ...node,
    ownCaches: true,
    apiServer: { host: hostname, port: Number(port) || 443 },
    listen: (api) => listen(api, options, node, kubelet),
  });
  const fieldSelectors = { pods: `spec.nodeName=${node.nodeName}`, nodes: `metadata.name=${node.nodeName}` };
  const manager = createManager({ client, clock, random, log, components: [agent.factory], fieldSelectors });
  await manager.start(signal);
  await manager.stopped();
}

async function listen(
  api: NodeApi,
  { access, clock, random, log }: Omit<ProgramOptions, 'hostname'>,
  { nodeName, nodeIp, stateDir }: Pick<AgentOptions, 'nodeName' | 'nodeIp' | 'stateDir'>,
  { address, port, clientCa, serving }: KubeletOptions,
): Promise<NodeListener> {
  const host = address ?? (isLoopback(nodeIp) ? nodeIp : '127.0.0.1');
  const folder = join(stateDir, 'pki');
  const shared = {
    api,
    host,
    clock,
    // Whoever may sign as the API server may already tell this agent what to run: that it also says who asks gives nobody a new right.
    clientCa: clientCa ?? access.ca,
    serving: serving ?? servingCertificate({ folder, nodeName, nodeIp, clock, random }),
    onBug: (error: unknown, request: object) => log.error({ err: error, ...request }, 'request ran into a bug'),
  };
  try {
    return await serveNodeApi({ ...shared, port: port ?? DEFAULT_PORT });
  } catch (error) {
    if (port !== undefined || !isTaken(error)) throw new LabError(error instanceof Error ? error.message : String(error));
    return serveNodeApi({ ...shared, port: 0 });
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}
