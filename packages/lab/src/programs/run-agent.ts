// One node's agent as a program of its own, under the node's own identity.
import { type AgentOptions, createAgent } from '@holdfast/agent';
import { createClient, httpsTransport } from '@holdfast/client';
import { createManager } from '@holdfast/controller';
import type { ProgramOptions } from './run-leader.ts';

/** Runs until the signal aborts; then the node's containers are ended. */
export async function runAgent(
  { access, clock, random, log }: Omit<ProgramOptions, 'hostname'>,
  node: Omit<AgentOptions, 'ownCaches' | 'apiServer'>,
  signal: AbortSignal,
): Promise<void> {
  const client = createClient(httpsTransport({ ...access, clock, userAgent: 'holdfast-agent' }));
  const { hostname, port } = new URL(access.server);
  const agent = createAgent({ ...node, ownCaches: true, apiServer: { host: hostname, port: Number(port) || 443 } });
  const fieldSelectors = { pods: `spec.nodeName=${node.nodeName}`, nodes: `metadata.name=${node.nodeName}` };
  const manager = createManager({ client, clock, random, log, components: [agent.factory], fieldSelectors });
  await manager.start(signal);
  await manager.stopped();
}
