// The lab's background process: one cluster, from the lab's folder, until SIGTERM.
import { createWriteStream, mkdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { processRuntime, reapOrphans } from '@holdfast/agent';
import { createPki, httpBackends, httpsKubelets, httpsWebhookCaller, kubeconfigText, restorePki, serveHttps } from '@holdfast/apiserver';
import { type Random, systemClock, systemRandom } from '@holdfast/clock';
import { createPinoLogger, type Logger } from '@holdfast/controller';
import { type KubeObject, LEASES, NODES } from '@holdfast/schema';
import { createMemoryStore, nodeFileSystem, openDurableStore, type Store } from '@holdfast/store';
import { type AddressBlock, claimAddressBlock, claimThatBlock } from './cluster/address-block.ts';
import { type Cluster, type ClusterNode, createCluster } from './cluster/cluster.ts';
import { KUBELET_CLIENT } from './cluster/identities.ts';
import { nameNodes } from './config/node-names.ts';
import { LabError } from './state/lab-error.ts';
import { processStart } from './state/process-identity.ts';
import {
  type LabFolder,
  type LabIdentity,
  type LabRecord,
  readIdentity,
  readRecord,
  writeJson,
  writePrivate,
} from './state/state-folder.ts';

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
  const identity = readIdentity(folder);
  const block = await claimBlock(record, identity);
  try {
    return await startOn(block, { record, identity, folder, log });
  } catch (error) {
    await block.release();
    throw error;
  }
}

/** A lab that was there before gets the addresses back that its objects hold. */
async function claimBlock({ name }: LabRecord, identity: LabIdentity | undefined): Promise<AddressBlock> {
  if (!identity) return claimAddressBlock();
  const block = await claimThatBlock(identity.block);
  if (block) return block;
  throw new LabError(
    `the addresses 127.${identity.block}.0.0/16 of lab ${JSON.stringify(name)} are taken by another lab: stop that one first (\`holdfast lab list\`)`,
  );
}

interface Start {
  readonly record: LabRecord;
  /** Absent for a new lab. */
  readonly identity: LabIdentity | undefined;
  readonly folder: LabFolder;
  readonly log: Logger;
}

async function startOn(block: AddressBlock, { record, identity, folder, log }: Start): Promise<RunningLab> {
  const clock = systemClock();
  const random = systemRandom();
  const started = clock.now();
  const pki = identity ? restorePki(identity.pki, { clock, random }) : await createPki({ clock, random, ips: [block.nodeIp(1)] });
  // The port must be known before the cluster is put together, since pods are told it; so the server listens first and
  // hands requests on as soon as there is a cluster.
  let cluster: Cluster | undefined;
  const https = await serveHttps({
    server: () => cluster?.server,
    host: '127.0.0.1',
    port: identity?.port ?? record.config.apiServerPort ?? 0,
    pki,
    clock,
    onBug: (error, request) => log.error({ err: error, ...request }, 'connection ran into a bug'),
  });
  if (!identity) writeJson(folder.identity, { block: block.block, port: https.port, pki: pki.saved });
  const store = await openStore(record, folder, random, log);
  const dns = { host: block.dnsHost, port: DNS_PORT };
  const nodes = clusterNodes(record, block);
  const webhooks = httpsWebhookCaller();
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
    callWebhook: webhooks.call,
    backends: httpBackends({ clock }),
    kubelets: httpsKubelets({ clock, credentials: pki.issueClient({ commonName: KUBELET_CLIENT }) }),
    dns,
    store,
    ...(record.without ? { without: record.without } : {}),
  });
  const running = cluster;
  await running.start();
  const server = `https://127.0.0.1:${https.port}`;
  writePrivate(folder.kubeconfig, kubeconfigText({ name: record.name, server, pki }));
  await allReady(running, record.without?.includes('agents') ? 0 : nodes.length, started);
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
      webhooks.close();
      await https.close();
      await store.close();
      await block.release();
    },
  };
}

function clusterNodes(record: LabRecord, block: AddressBlock): readonly ClusterNode[] {
  const capacity = { cpu: availableParallelism(), memory: totalmem(), pods: POD_LIMIT };
  const runtime = processRuntime({ bundles: record.bundles });
  return nameNodes(record.clusterName, record.config).map((node) => {
    for (const mount of node.extraMounts) mkdirSync(mount.hostPath, { recursive: true });
    return { ...node, nodeIp: block.nodeIp(node.index), podCidr: block.podCidr(node.index), capacity, runtime };
  });
}

/** The state on disk; in memory for a lab that ends with its maker. */
async function openStore(record: LabRecord, folder: LabFolder, random: Random, log: Logger): Promise<Store<KubeObject>> {
  if (record.ephemeral) return createMemoryStore<KubeObject>();
  return openDurableStore<KubeObject>({
    fileSystem: nodeFileSystem(),
    folder: folder.state,
    random,
    onNotice: (notice) => log.warn({ notice }, 'state on disk'),
  });
}

/** Resolves when `count` nodes have been heard of since `started`, and are Ready: what an earlier life said of them does not count. */
async function allReady(cluster: Cluster, count: number, started: number): Promise<void> {
  if (count === 0) return;
  const done = new AbortController();
  const heard = new Set<string>();
  for await (const event of cluster.client.watch(LEASES, { namespace: 'kube-node-lease', signal: done.signal })) {
    if (event.type === 'BOOKMARK') continue;
    if (Date.parse(event.object.spec?.renewTime ?? '') >= started) heard.add(event.object.metadata.name ?? '');
    if (heard.size >= count) break;
  }
  const ready = new Set<string>();
  for await (const event of cluster.client.watch(NODES, { signal: done.signal })) {
    if (event.type === 'BOOKMARK') continue;
    const name = event.object.metadata.name ?? '';
    const isReady = event.object.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    if (isReady && heard.has(name)) ready.add(name);
    if (ready.size >= count) break;
  }
  done.abort();
}
