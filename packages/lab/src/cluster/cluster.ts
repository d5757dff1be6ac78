// A whole Kubernetes in one process: server, controllers, scheduler and one agent per node, on the clock that is passed in.
import { join } from 'node:path';
import type { AgentHandle, Runtime } from '@holdfast/agent';
import { clusterDns, createAgent, serviceProxy } from '@holdfast/agent';
import type { ApiServer, ApiServerOptions } from '@holdfast/apiserver';
import { createApiServer } from '@holdfast/apiserver';
import type { Client } from '@holdfast/client';
import type { Clock, Random } from '@holdfast/clock';
import type { ComponentFactory, Logger, Manager } from '@holdfast/controller';
import { createManager } from '@holdfast/controller';
import { type KubeObject, NODES, type NodeStreams, type UserInfo } from '@holdfast/schema';
import { scheduler } from '@holdfast/scheduler';
import type { Store } from '@holdfast/store';
import type { NamedNode } from '../config/node-names.ts';
import { controlPlaneComponents } from './components.ts';
import {
  actingAs,
  ADMINISTRATOR,
  clientOf,
  CONTROLLER_MANAGER,
  DNS,
  installAddonRoles,
  NODE_CACHES,
  nodeUser,
  PROXY,
  SCHEDULER,
  systemAccount,
} from './identities.ts';

/** Parts that can be left out of a cluster, because they run elsewhere as programs of their own. */
export const CLUSTER_PARTS = ['controllers', 'scheduler', 'agents'] as const;
export type ClusterPart = (typeof CLUSTER_PARTS)[number];

/** A node of the cluster with its addresses and its runtime. */
export interface ClusterNode extends NamedNode {
  readonly nodeIp: string;
  readonly podCidr: string;
  /** What the node offers: cpu in cores, memory in bytes, number of pods. */
  readonly capacity: { readonly cpu: number; readonly memory: number; readonly pods: number };
  readonly runtime: Runtime;
}

export interface ClusterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly nodes: readonly ClusterNode[];
  /** Folder below which each node keeps its state. */
  readonly nodesFolder: string;
  readonly serviceCidr: string;
  readonly advertise: { readonly host: string; readonly port: number };
  readonly caCertificate: string;
  readonly serviceAccountKey: string;
  /** Parts that are not started (default: none). */
  readonly without?: readonly ClusterPart[];
  /** Where the cluster's DNS listens; absent: no DNS and no service proxy (simulated clusters). */
  readonly dns?: { readonly host: string; readonly port: number };
  readonly store?: Store<KubeObject>;
  /** How admission webhooks are called; absent: they cannot be (simulated clusters). */
  readonly callWebhook?: ApiServerOptions['callWebhook'];
  /** How agents are reached that are other programs; absent: they cannot be. */
  readonly kubelets?: ApiServerOptions['kubelets'];
  /** How pods are reached for those who proxy to them; absent: they cannot be (simulated clusters). */
  readonly backends?: ApiServerOptions['backends'];
  /** Called for each request that its user may not make. */
  readonly onRefused?: (user: UserInfo, message: string) => void;
}

/** A cluster that has been put together. */
export interface Cluster {
  readonly server: ApiServer;
  /** Speaks as the cluster's administrator, in process. */
  readonly client: Client;
  /** Starts everything; resolves when components run (nodes become Ready a moment later). */
  start(): Promise<void>;
  /** Stops everything, children included; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

const CONTROL_PLANE_TAINT = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };

/** Puts a cluster together without starting it. */
export function createCluster(options: ClusterOptions): Cluster {
  const { clock, random, log, caCertificate } = options;
  const streams = new Map<string, NodeStreams>();
  const server = createApiServer({
    clock,
    random,
    nodes: (name) => streams.get(name),
    serviceCidr: options.serviceCidr,
    advertise: options.advertise,
    caCertificate,
    serviceAccountKey: options.serviceAccountKey,
    callWebhook: options.callWebhook,
    kubelets: options.kubelets,
    backends: options.backends,
    onRefused: (user, message) => {
      log.warn({ as: user.username, message }, 'request was refused');
      options.onRefused?.(user, message);
    },
    onBug: (error, request) => log.error({ err: error, ...request }, 'request ran into a bug'),
    ...(options.store ? { store: options.store } : {}),
  });
  const clientFor = (user: UserInfo): Client => clientOf(server.handle, user);
  const administrator = clientFor(ADMINISTRATOR);
  const isPart = (part: ClusterPart): boolean => !options.without?.includes(part);
  const agents = isPart('agents') ? options.nodes.map((node) => agentOf(node, options)) : [];
  for (const [index, agent] of agents.entries()) streams.set(options.nodes[index]!.name, agent.streams);

  const controllers = controlPlaneComponents({ caCertificate }).map(({ account, make }) =>
    actingAs(clientFor(systemAccount(account)), make),
  );
  const managers: Manager[] = [
    ...(isPart('controllers') ? [managerFor(CONTROLLER_MANAGER, controllers)] : []),
    ...(isPart('scheduler') ? [managerFor(SCHEDULER, [scheduler])] : []),
    managerFor(
      NODE_CACHES,
      agents.map((agent, index) => actingAs(clientFor(nodeUser(options.nodes[index]!.name)), agent.factory)),
    ),
    ...(options.dns ? [managerFor(DNS, [clusterDns(options.dns)]), managerFor(PROXY, [serviceProxy()])] : []),
  ];
  function managerFor(user: UserInfo, components: readonly ComponentFactory[]): Manager {
    return createManager({ client: clientFor(user), clock, random, log: log.child({ as: user.username }), components });
  }

  const stopping = new AbortController();
  return {
    server,
    client: administrator,
    start: async () => {
      await installAddonRoles(administrator);
      await Promise.all(managers.map((manager) => manager.start(stopping.signal)));
      if (isPart('agents')) await markControlPlanes(administrator, options.nodes);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(managers.map((manager) => manager.stopped()));
      await server.close();
    },
  };
}

/** A node may not give itself a role; kubeadm's administrator does it, and so does the lab's. */
async function markControlPlanes(administrator: Client, nodes: readonly ClusterNode[]): Promise<void> {
  const body = { metadata: { labels: { [CONTROL_PLANE_TAINT.key]: '' } } };
  for (const { name, role } of nodes) if (role === 'control-plane') await administrator.patch(NODES, { name }, { type: 'merge', body });
}

function agentOf(node: ClusterNode, options: ClusterOptions): AgentHandle {
  const controlPlane = node.role === 'control-plane';
  return createAgent({
    nodeName: node.name,
    nodeIp: node.nodeIp,
    podCidr: node.podCidr,
    labels: node.labels,
    // A cluster of one node runs its pods on it, as kind does.
    taints: controlPlane && options.nodes.length > 1 ? [CONTROL_PLANE_TAINT] : [],
    capacity: node.capacity,
    runtime: node.runtime,
    stateDir: join(options.nodesFolder, node.name),
    hostMounts: node.extraMounts,
    dns: options.dns ?? { host: '127.0.0.1', port: 53 },
    apiServer: options.advertise,
    clusterDomain: 'cluster.local',
  });
}
