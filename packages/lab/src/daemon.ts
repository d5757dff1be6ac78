// The lab's background process: one cluster, from the lab's folder, until SIGTERM.
import { createWriteStream, mkdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { processRuntime, reapOrphans } from '@holdfast/agent';
import { createPki, kubeconfigText, serveHttps } from '@holdfast/apiserver';
import { systemClock, systemRandom } from '@holdfast/clock';
import { createPinoLogger, type Logger } from '@holdfast/controller';
import { NODES } from '@holdfast/schema';
import { type AddressBlock, claimAddressBlock } from './cluster/address-block.ts';
import { type Cluster, type ClusterNode, createCluster } from './cluster/cluster.ts';
import { nameNodes } from './config/node-names.ts';
import { LabError } from './state/lab-error.ts';
import { processStart } from './state/process-identity.ts';
import { type LabFolder, type LabRecord, readRecord, writeJson, writePrivate } from './state/state-folder.ts';

/** Told to the process that started the lab, over the channel it opened. */
export type DaemonMessage = { readonly type: 'ready' } | { readonly type: 'failed'; readonly message: string };

/** A lab that runs in this process. */
export interface RunningLab {
  readonly cluster: Cluster;
  stop(): Promise<void>;
}

const DNS_PORT = 5353;
const POD_LIMIT = 110;

/** Starts the lab of `folder`; resolves when all its nodes are Ready. Throws LabError for what the user can mend. */
export async function startLab(folder: LabFolder): Promise<RunningLab> {
  const record = readRecord(folder);
  if (!record) throw new LabError(`${folder.record} is missing: start labs with \`holdfast lab up\``);
  const log = createPinoLogger(createWriteStream(folder.log, { flags: 'a', mode: 0o600 }), 'info');
  await reapOrphans(folder.nodes);
  const block = await claimAddressBlock();
  try {
    return await startOn(block, record, folder, log);
  } catch (error) {
    await block.release();
    throw error;
  }
}

async function startOn(block: AddressBlock, record: LabRecord, folder: LabFolder, log: Logger): Promise<RunningLab> {
  const clock = systemClock();
  const random = systemRandom();
  const pki = await createPki({ clock, random, ips: [block.nodeIp(1)] });
  // The port must be known before the cluster is put together, since pods are told it; so the server listens first and
  // hands requests on as soon as there is a cluster.
  let cluster: Cluster | undefined;
  const https = await serveHttps({
    server: () => cluster?.server,
    host: '127.0.0.1',
    port: record.config.apiServerPort ?? 0,
    pki,
    clock,
    onBug: (error, request) => log.error({ err: error, ...request }, 'connection ran into a bug'),
  });
  const dns = { host: block.dnsHost, port: DNS_PORT };
  const nodes = clusterNodes(record, block);
  cluster = createCluster({
    clock,
    random,
    log,
    nodes,
    nodesFolder: folder.nodes,
    serviceCidr: block.serviceCidr,
    advertise: { host: '127.0.0.1', port: https.port },
    caCertificate: pki.caCertificate,
    serviceAccountKey: pki.serviceAccountKey,
    dns,
  });
  const running = cluster;
  await running.start();
  const server = `https://127.0.0.1:${https.port}`;
  writePrivate(folder.kubeconfig, kubeconfigText({ name: record.name, server, pki }));
  await allReady(running, nodes.length);
  writeJson(folder.running, {
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
    server,
    block: block.block,
    dns: `${dns.host}:${dns.port}`,
  });
  return {
    cluster: running,
    stop: async () => {
      await running.stop();
      await https.close();
      await block.release();
    },
  };
}

function clusterNodes(record: LabRecord, block: AddressBlock): readonly ClusterNode[] {
  const capacity = { cpu: availableParallelism(), memory: totalmem(), pods: POD_LIMIT };
  const runtime = processRuntime({ bundles: record.bundles });
  return nameNodes(record.name, record.config).map((node) => {
    for (const mount of node.extraMounts) mkdirSync(mount.hostPath, { recursive: true });
    return { ...node, nodeIp: block.nodeIp(node.index), podCidr: block.podCidr(node.index), capacity, runtime };
  });
}

/** Resolves when `count` nodes have reported Ready. */
async function allReady(cluster: Cluster, count: number): Promise<void> {
  const done = new AbortController();
  const ready = new Set<string>();
  for await (const event of cluster.client.watch(NODES, { signal: done.signal })) {
    if (event.type === 'BOOKMARK') continue;
    const isReady = event.object.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    if (isReady) ready.add(event.object.metadata.name ?? '');
    if (ready.size >= count) break;
  }
  done.abort();
}
