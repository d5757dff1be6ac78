// A node under test: an agent against an API, with what tests look at.
import { join } from 'node:path';
import type { Client } from '@holdfast/client';
import { type Clock, seededRandom } from '@holdfast/clock';
import { createManager, type Logger, silentLogger } from '@holdfast/controller';
import { type Event, EVENTS, isNotFound, type Pod, PODS, type PodSpec } from '@holdfast/schema';
import { type AgentHandle, type AgentOptions, createAgent } from '../agent.ts';
import { testApi } from './test-api.ts';
import type { Runtime } from '../runtime/runtime.ts';

export interface TestNode {
  readonly client: Client;
  readonly agent: AgentHandle;
  /** Creates a pod on the node. */
  run(name: string, spec: PodSpec, metadata?: Pod['metadata']): Promise<Pod>;
  pod(name: string): Promise<Pod>;
  exists(name: string): Promise<boolean>;
  /** Messages of events, oldest first, as 'reason: message'. */
  events(name: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface TestNodeOptions {
  readonly clock: Clock;
  readonly runtime: Runtime;
  readonly stateDir: string;
  readonly client?: Client;
  readonly log?: Logger;
  readonly agent?: Partial<AgentOptions>;
}

export async function startTestNode({
  clock,
  runtime,
  stateDir,
  client: given,
  log = silentLogger,
  agent: change,
}: TestNodeOptions): Promise<TestNode> {
  const dialed: AgentHandle[] = [];
  const client = given ?? testApi(clock, { nodes: () => dialed[0]?.streams });
  const agent = createAgent({
    nodeName: 'n1',
    nodeIp: '127.91.0.2',
    podCidr: '127.91.2.0/24',
    capacity: { cpu: 4, memory: 8 * 2 ** 30, pods: 110 },
    runtime,
    stateDir: join(stateDir, 'n1'),
    dns: { host: '127.91.0.254', port: 5353 },
    apiServer: { host: '127.0.0.1', port: 6443 },
    ...change,
  });
  dialed.push(agent);
  const manager = createManager({ client, clock, random: seededRandom(1), log, components: [agent.factory] });
  const stopping = new AbortController();
  await manager.start(stopping.signal);
  const namespace = 'default';
  return {
    client,
    agent,
    run: (name, spec, metadata = {}) =>
      client.create(PODS, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, name, namespace },
        spec: { nodeName: 'n1', automountServiceAccountToken: false, ...spec },
      }),
    pod: (name) => client.get(PODS, { namespace, name }),
    exists: async (name) => {
      try {
        await client.get(PODS, { namespace, name });
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },
    events: async (name) => {
      const { items } = await client.list(EVENTS, { namespace });
      return items.filter((event: Event) => event.involvedObject?.name === name).map((event: Event) => `${event.reason}: ${event.message}`);
    },
    stop: async () => {
      stopping.abort();
      await manager.stopped();
    },
  };
}
