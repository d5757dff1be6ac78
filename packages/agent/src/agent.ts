// The node agent: what the kubelet is on a real node, as a component that speaks to the API like any other.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Component,
  type ComponentContext,
  type ComponentFactory,
  createEventRecorder,
  type InformerEvent,
} from '@holdfast/controller';
import { type KubeObject, type Node, type NodeApi, NODES, type NodeStreams, PODS, type Pod, SERVICES, type Taint } from '@holdfast/schema';
import { AddressPool } from './node/address-pool.ts';
import { Heartbeat } from './node/heartbeat.ts';
import { type HostMount, nodePathMapper } from './node/host-paths.ts';
import { ownReferences, type ReferenceSource, sharedReferences } from './node/reference-watches.ts';
import { VolumesInUse } from './node/volumes-in-use.ts';
import { allocatableOf, type NodeFacts, nodeObject, nodeStatus } from './node/node-object.ts';
import type { PodHost } from './pods/pod-host.ts';
import { PodWorker } from './pods/pod-worker.ts';
import { createNodeStreams } from './node-streams.ts';
import { reapOrphans } from './runtime/process/orphans.ts';
import type { Runtime } from './runtime/runtime.ts';
import { NodeAccess } from './server/access.ts';
import { createNodeHandler, guarded, type NodeHandler } from './server/node-api.ts';

export interface AgentOptions {
  readonly nodeName: string;
  readonly nodeIp: string;
  /** Pod addresses are given out of this range: '127.64.2.0/24'. */
  readonly podCidr: string;
  /** Labels besides those that every kubelet sets. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Pick<Taint, 'key' | 'value' | 'effect'>[];
  /** cpu in cores, memory in bytes, number of pods. */
  readonly capacity: { readonly cpu: number; readonly memory: number; readonly pods: number };
  readonly runtime: Runtime;
  /** Folder of this node: pods' volumes, roots and logs, and the node's own files. Made with mode 0700. */
  readonly stateDir: string;
  readonly hostMounts?: readonly HostMount[];
  /** The cluster's DNS server and API server, as told to containers. */
  readonly dns: { readonly host: string; readonly port: number };
  readonly apiServer: { readonly host: string; readonly port: number };
  /** Default 'cluster.local'. */
  readonly clusterDomain?: string;
  /** What containers get at most between SIGTERM and SIGKILL when the agent stops. Default 5 seconds. */
  readonly shutdownGraceSeconds?: number;
  /**
   * Whether the caches hold what only this node may see, as under a kubelet's own identity (default false: they are shared by
   * several agents, and hold all pods, nodes, ConfigMaps and Secrets).
   */
  readonly ownCaches?: boolean;
  /** Serves the kubelet's API to those who may use it; absent: only this process can reach the agent. */
  readonly listen?: (api: NodeApi) => Promise<NodeListener>;
}

/** Where the kubelet's API is served. */
export interface NodeListener {
  readonly port: number;
  /** SHA-256 of the certificate that it shows, in hexadecimal. */
  readonly certificate: string;
  close(): Promise<void>;
}

/** An agent: the component to run, and the node's end of logs and exec. */
export interface AgentHandle {
  readonly factory: ComponentFactory;
  readonly streams: NodeStreams;
}

const SHUTDOWN_GRACE_SECONDS = 5;
const NODE_INDEX = 'spec.nodeName';

/** Makes an agent without starting it. */
export function createAgent(options: AgentOptions): AgentHandle {
  const workers = new Map<string, PodWorker>();
  const streams = createNodeStreams((uid) => workers.get(uid));
  const handle = createNodeHandler({ workers: () => workers.values(), streams });
  return { factory: (context) => new Agent(options, context, workers, handle), streams: { ...streams, handle } };
}

class Agent implements Component {
  readonly name: string;
  readonly #options: AgentOptions;
  readonly #context: ComponentContext;
  readonly #workers: Map<string, PodWorker>;
  #facts: NodeFacts;
  readonly #heartbeat: Heartbeat;
  readonly #host: PodHost;
  readonly #references: ReferenceSource;
  readonly #stopping = new AbortController();
  readonly #handle: NodeHandler;
  #listener: NodeListener | undefined;
  #unsubscribe: () => void = () => undefined;
  #running = false;

  constructor(options: AgentOptions, context: ComponentContext, workers: Map<string, PodWorker>, handle: NodeHandler) {
    const { nodeName, runtime } = options;
    this.name = `agent ${nodeName}`;
    this.#options = options;
    this.#context = { ...context, log: context.log.child({ node: nodeName }) };
    this.#workers = workers;
    this.#handle = handle;
    this.#facts = {
      nodeName,
      nodeIp: options.nodeIp,
      podCidr: options.podCidr,
      labels: options.labels ?? {},
      taints: options.taints ?? [],
      capacity: options.capacity,
      machineId: createHash('sha256').update(`${nodeName}/${options.stateDir}`).digest('hex').slice(0, 32),
    };
    const { client, clock, log, informers } = this.#context;
    const images = (): { readonly names: readonly string[]; readonly sizeBytes: number }[] => [...runtime.images()];
    const nodes = informers.informer(NODES);
    const cached = (): Node | undefined => nodes.get({ name: nodeName });
    const inUse: VolumesInUse = new VolumesInUse(() => this.#heartbeat.reportNow());
    this.#heartbeat = new Heartbeat({ facts: () => this.#facts, images, volumesInUse: () => inUse.list(), cached, client, clock, log });
    this.#references = options.ownCaches ? ownReferences(this.#context) : sharedReferences(this.#context);
    this.#host = this.#makeHost(inUse);
    informers.informer(PODS).addIndex(NODE_INDEX, nodeOf);
    informers.informer(SERVICES);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { informers } = this.#context;
    if (this.#options.runtime.usesFiles) await this.#prepareFolder();
    this.#running = true;
    await this.#listen();
    await this.#heartbeat.start(signal);
    if (signal.aborted) return;
    const pods = informers.informer(PODS);
    await Promise.all([PODS, SERVICES, NODES].map((type) => informers.informer<KubeObject>(type).whenSynced()));
    await this.#references.start((kind, namespace, name) => this.#onReference(kind, namespace, name), this.#stopping.signal);
    if (signal.aborted) return;
    this.#removeStrangers(new Set(pods.byIndex(NODE_INDEX, this.#options.nodeName).map(({ metadata }) => metadata.uid ?? '')));
    this.#unsubscribe = pods.addHandler((event) => this.#onPod(event), { index: NODE_INDEX, value: this.#options.nodeName });
  }

  async stopped(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    this.#unsubscribe();
    this.#stopping.abort();
    const grace = this.#options.shutdownGraceSeconds ?? SHUTDOWN_GRACE_SECONDS;
    // At once: whatever else has to end, a worker that is not told would start containers again that ended.
    const ended = [...this.#workers.values()].map((worker) => worker.shutdown(grace));
    await Promise.all([...ended, this.#heartbeat.stopped(), this.#references.stopped()]);
    this.#workers.clear();
    // Last: who follows a log hears how its container ended.
    await Promise.all([this.#listener?.close(), this.#host.events.flush()]);
  }

  /** Before the node says where. */
  async #listen(): Promise<void> {
    const { listen, nodeName } = this.#options;
    if (!listen) return;
    const access = new NodeAccess({ ...this.#context, nodeName });
    this.#listener = await listen(guarded(this.#handle, access));
    const { port, certificate } = this.#listener;
    this.#facts = { ...this.#facts, kubelet: { port, certificate } };
    this.#context.log.info({ port }, 'the kubelet API is served');
  }

  #onPod(event: InformerEvent<Pod>): void {
    if (!this.#running) return;
    // The same name may come back as another pod without a deletion being seen in between.
    if (event.type === 'updated' && event.old.metadata.uid !== event.object.metadata.uid)
      this.#workers.get(event.old.metadata.uid ?? '')?.removed();
    if (event.object.spec?.nodeName !== this.#options.nodeName) return;
    const uid = event.object.metadata.uid ?? '';
    if (event.type === 'deleted') {
      this.#workers.get(uid)?.removed();
      return;
    }
    let worker = this.#workers.get(uid);
    if (!worker) {
      const made = new PodWorker(event.object, this.#host, () => this.#forget(uid, made));
      this.#workers.set(uid, made);
      this.#follow();
      worker = made;
    }
    worker.update(event.object);
  }

  #follow(): void {
    this.#references.follow([...this.#workers.values()].map(({ pod }) => pod));
  }

  #onReference(kind: 'ConfigMap' | 'Secret', namespace: string, name: string): void {
    if (!this.#running) return;
    for (const worker of this.#workers.values()) {
      if (worker.pod.metadata.namespace === namespace) worker.referencesChanged(kind, name);
    }
  }

  #forget(uid: string, worker: PodWorker): void {
    if (this.#workers.get(uid) !== worker) return;
    this.#workers.delete(uid);
    this.#follow();
    if (!this.#options.runtime.usesFiles || !this.#running) return;
    rm(this.#host.podFolder(uid), { recursive: true, force: true }).catch((error: unknown) =>
      this.#context.log.warn({ err: error, uid }, 'pod folder could not be removed'),
    );
  }

  async #prepareFolder(): Promise<void> {
    mkdirSync(this.#options.stateDir, { recursive: true, mode: 0o700 });
    const killed = await reapOrphans(this.#options.stateDir);
    if (killed.length > 0) this.#context.log.warn({ pids: killed }, 'killed processes that an earlier agent had left');
  }

  /** Folders of pods that are no longer this node's. */
  #removeStrangers(known: ReadonlySet<string>): void {
    const folder = join(this.#options.stateDir, 'pods');
    if (!this.#options.runtime.usesFiles || !existsSync(folder)) return;
    for (const uid of readdirSync(folder)) if (!known.has(uid)) rmSync(join(folder, uid), { recursive: true, force: true });
  }

  #makeHost(volumesInUse: VolumesInUse): PodHost {
    const { nodeName, nodeIp, runtime, stateDir, podCidr, dns, apiServer, clusterDomain = 'cluster.local' } = this.#options;
    const { client, clock, log, random, informers } = this.#context;
    const services = informers.informer(SERVICES);
    const nodes = informers.informer(NODES);
    const fallback = nodeObject(this.#facts, nodeStatus(this.#facts, {}, undefined, clock.now()));
    return {
      nodeName,
      nodeIp,
      client,
      clock,
      log,
      runtime,
      clusterDomain,
      volumesInUse,
      references: this.#references,
      events: createEventRecorder({ client, clock, random, component: 'kubelet', host: nodeName }),
      addresses: new AddressPool(podCidr),
      allocatable: allocatableOf(this.#facts),
      node: () => nodes.get({ name: nodeName }) ?? fallback,
      podFolder: (uid) => join(stateDir, 'pods', uid),
      nodePath: nodePathMapper(join(stateDir, 'root'), this.#options.hostMounts ?? []),
      services: (namespace) => {
        const kubernetes = services.get({ namespace: 'default', name: 'kubernetes' });
        const own = services.list(namespace).filter((service) => service !== kubernetes);
        return [...(kubernetes ? [kubernetes] : []), ...own].toSorted(byName);
      },
      nodeVariables: (podIp) => ({
        KUBERNETES_SERVICE_HOST: apiServer.host,
        KUBERNETES_SERVICE_PORT: String(apiServer.port),
        KUBERNETES_SERVICE_PORT_HTTPS: String(apiServer.port),
        HOLDFAST_POD_IP: podIp,
        HOLDFAST_DNS: `${dns.host}:${dns.port}`,
      }),
      activePods: (exceptUid) =>
        [...this.#workers.values()].filter((worker) => worker.active && worker.uid !== exceptUid).map((worker) => worker.pod),
    };
  }
}

function nodeOf(pod: Pod): readonly string[] {
  return pod.spec?.nodeName ? [pod.spec.nodeName] : [];
}

function byName(a: KubeObject, b: KubeObject): number {
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}
