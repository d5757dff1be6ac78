// A whole cluster in virtual time: the same seed and the same steps give the same run, event for event.
import {
  type AgentHandle,
  createAgent,
  type SimulatedContainer,
  type SimulatedRuntime,
  type SimulatedScript,
  simulatedRuntime,
} from '@holdfast/agent';
import { loadCel } from '@holdfast/apiserver';
import { type Client, type RateLimit, type TransportRequest, underLimit } from '@holdfast/client';
import { FakeClock, type Random, seededRandom } from '@holdfast/clock';
import { type ComponentFactory, isConditionTrue, type Logger, silentLogger } from '@holdfast/controller';
import { type ApiHandler, type KubeObject, NODES, type NodeStreams, type ResourceType } from '@holdfast/schema';
import { scheduler } from '@holdfast/scheduler';
import type { Store } from '@holdfast/store';
import { type ControllerEntry, controlPlaneComponents } from '../cluster/components.ts';
import { type InitialCluster, newSigningKey } from './initial-cluster.ts';
import type { Link } from './link.ts';
import { Member } from './member.ts';
import { type Change, recordingStore } from './recording-store.ts';
import { SimulatedApi } from './simulated-api.ts';

/** A node of a simulated cluster. Absent: 4 CPUs, 16 GiB, 110 pods, no labels but the kubelet's. */
export interface SimulatedNode {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly capacity?: { readonly cpu: number; readonly memory: number; readonly pods: number };
}

export interface SimulationOptions {
  /** Default 1. */
  readonly seed?: number;
  readonly nodes: readonly SimulatedNode[];
  /** Begins from this, and at its time; default: from nothing, which the control plane fills first. */
  readonly from?: InitialCluster | undefined;
  /** What containers do. */
  readonly script?: SimulatedScript;
  /** Makes a node's program; default: the node agent on the simulated runtime. */
  readonly nodeProgram?: (node: SimulatedNode) => readonly ComponentFactory[];
  /** The controllers; default: all of a control plane. Tests put broken ones in. */
  readonly controllers?: () => readonly ControllerEntry[];
  /** Accounts of controllers that are programs of their own, each with its own caches and its own way to the API. */
  readonly apart?: readonly string[];
  /** How many requests each program may send; default: any number, as in the lab. */
  readonly rateLimit?: RateLimit;
  /** Told of each request that its program's limit holds back. */
  readonly onWait?: (program: string, request: TransportRequest) => void;
  /** Put between all clients and the server; tests put a broken server in. */
  readonly wrapServer?: (handle: ApiHandler) => ApiHandler;
  /** Told of each container as it begins to run. */
  readonly onStart?: (container: SimulatedContainer) => void;
  readonly log?: Logger;
  /** Told of every change with the virtual time (milliseconds since the epoch), in the order of the store. */
  readonly observe?: (change: Change, atMs: number) => void;
}

const GIB = 2 ** 30;
const CAPACITY = { cpu: 4, memory: 16 * GIB, pods: 110 };
const STOP_LIMIT_MS = 120_000;

export class Simulation {
  readonly clock: FakeClock;
  readonly random: Random;
  readonly runtime: SimulatedRuntime;
  readonly store: Store<KubeObject>;
  readonly api: SimulatedApi;
  /** Speaks as the cluster's administrator; never faulty, but refused while the API is down. */
  readonly client: Client;
  /** All controllers but those that are apart. */
  readonly controllers: Member;
  /** Controllers that are programs of their own, by account. */
  readonly apart: ReadonlyMap<string, Member>;
  readonly scheduler: Member;
  /** By node name. */
  readonly nodes: ReadonlyMap<string, Member>;
  /** Bugs that the server ran into; a run with any of them proves nothing. */
  readonly bugs: unknown[] = [];
  readonly #streams = new Map<string, NodeStreams>();
  /** What ends with the power of a node, by its name. */
  readonly #power = new Map<string, { lost: boolean }>();

  constructor(options: SimulationOptions) {
    const { seed = 1, nodes, from, script, nodeProgram, apart = [], rateLimit, onWait, wrapServer, onStart } = options;
    const { log = silentLogger, observe } = options;
    const controllers = options.controllers ?? (() => controlPlaneComponents({ caCertificate: '' }));
    const controllersOf = (belongs: (account: string) => boolean) => (): readonly ComponentFactory[] =>
      controllers().flatMap(({ account, make }) => (belongs(account) ? [make] : []));
    const clock = new FakeClock(from?.atMs, { promisesOnly: true });
    this.clock = clock;
    const random = seededRandom(seed);
    this.random = random;
    this.runtime = simulatedRuntime({ clock, ...(script ? { script } : {}), ...(onStart ? { onStart } : {}) });
    this.store = recordingStore((change) => observe?.(change, clock.now()), { from });
    this.api = new SimulatedApi({
      clock,
      random,
      log,
      store: this.store,
      nodes: (name) => this.#streams.get(name),
      serviceCidr: '10.96.0.0/16',
      serviceAccountKey: from?.serviceAccountKey ?? newSigningKey(),
      onBug: (error) => this.bugs.push(error),
      ...(wrapServer ? { wrap: wrapServer } : {}),
    });
    this.client = this.api.client('kubernetes-admin');
    const member = (
      name: string,
      username: string,
      components: () => readonly ComponentFactory[],
      fieldSelectors: Readonly<Record<string, string>> = {},
    ): Member => {
      const tell = (request: TransportRequest): void => onWait?.(name, request);
      // Each life of a program begins with a full bucket, as a new process does.
      const connect = (link: Link): Client =>
        this.api.client(username, (transport) => underLimit(link.over(transport), rateLimit, clock, tell));
      return new Member({ name, clock, random, log, connect, components, fieldSelectors });
    };
    this.controllers = member(
      'controllers',
      'system:kube-controller-manager',
      controllersOf((account) => !apart.includes(account)),
    );
    this.apart = new Map(
      apart.map((account) => [
        account,
        member(
          account,
          `system:serviceaccount:kube-system:${account}`,
          controllersOf((other) => other === account),
        ),
      ]),
    );
    this.scheduler = member('scheduler', 'system:kube-scheduler', () => [scheduler]);
    this.nodes = new Map(
      nodes.map((node, index) => [
        node.name,
        member(node.name, `system:node:${node.name}`, () => nodeProgram?.(node) ?? [this.#agent(node, index + 1).factory], {
          pods: `spec.nodeName=${node.name}`,
          nodes: `metadata.name=${node.name}`,
        }),
      ]),
    );
  }

  /** Every program: controllers, scheduler, nodes. */
  members(): readonly Member[] {
    return [this.controllers, ...this.apart.values(), this.scheduler, ...this.nodes.values()];
  }

  /** Starts everything and runs until every node is Ready. */
  async start(): Promise<void> {
    // The server loads a part of itself when it first needs it: real time that must not pass within virtual time.
    await loadCel();
    this.api.start();
    await this.run(Promise.all(this.members().map((member) => member.start())));
    const ready = (): boolean => {
      const nodes = this.list(NODES);
      return nodes.length >= this.nodes.size && nodes.every((node) => isConditionTrue(node.status?.conditions, 'Ready'));
    };
    await this.clock.runUntil(ready);
  }

  /** What the store has of a resource, in key order; costs nothing and changes nothing. */
  list<T extends KubeObject>(type: ResourceType<T>): readonly T[] {
    // The prefix names the type, so what is stored under it is of it.
    return this.store.list(`${type.group || 'core'}/${type.resource}/`).entries.map(({ value }) => value as T);
  }

  /** Moves time until `work` is done, at most `limitMs` (default ten minutes). */
  async run<T>(work: Promise<T>, limitMs = 600_000): Promise<T> {
    let done = false;
    const settled = work.finally(() => {
      done = true;
    });
    // Its failure is reported below; until then nobody listens.
    settled.catch(() => undefined);
    await this.clock.runUntil(() => done, limitMs);
    return settled;
  }

  /** Moves time forward. */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** A node loses power: its program and all its containers end at once. It can be started again. */
  loseNode(name: string): void {
    const power = this.#power.get(name);
    if (power) power.lost = true;
    this.runtime.loseNode(name);
    this.nodes.get(name)?.crash();
  }

  /** Stops everything in order. */
  async stop(): Promise<void> {
    await this.run(Promise.all(this.members().map((member) => member.stop())), STOP_LIMIT_MS);
    await this.run(this.api.stop(), STOP_LIMIT_MS);
  }

  /** Ends everything at once, as one ends a program: nothing of it is kept alive by what still waits. */
  async abandon(): Promise<void> {
    for (const member of this.members()) member.crash();
    await this.api.stop();
    await this.clock.advance(0);
  }

  #agent({ name, labels, capacity = CAPACITY }: SimulatedNode, index: number): AgentHandle {
    const power = { lost: false };
    this.#power.set(name, power);
    const whole = this.runtime;
    // What is left of the program of a node without power waits for ever.
    const runtime: SimulatedRuntime = {
      ...whole,
      start: (...args) => (power.lost ? new Promise(() => undefined) : whole.start(...args)),
    };
    const agent = createAgent({
      nodeName: name,
      nodeIp: `10.0.${index >> 8}.${index & 255}`,
      podCidr: `10.${128 + (index >> 8)}.${index & 255}.0/24`,
      capacity,
      ...(labels ? { labels } : {}),
      runtime,
      stateDir: `/simulated/${name}`,
      // As a kubelet of its own, which sees nothing of other nodes.
      ownCaches: true,
      dns: { host: '10.96.0.10', port: 53 },
      apiServer: { host: '10.96.0.1', port: 443 },
    });
    this.#streams.set(name, agent.streams);
    return agent;
  }
}
