// A node of the database: waits until it belongs to a cluster, then serves.
import { type Clock, type Random, sleep, uuid } from '@holdfast/clock';
import { noAnswer, withLimit } from '../limits.ts';
import type { Resolve } from '../net/resolve.ts';
import type { Message } from '../raft/messages.ts';
import type { Replica, StateMachine } from '../replica.ts';
import { type Call, Refusal } from '../rpc/call.ts';
import { Peer } from '../rpc/peer.ts';
import type { Disk } from '../store/disk.ts';
import { type Identity, loadIdentity, saveIdentity } from '../store/identity.ts';
import { RaftStore } from '../store/raft-store.ts';
import { founding, isNodeInfo, Membership, type NodeInfo } from './membership.ts';
import { Serving } from './serving.ts';
import { ReplicatedState, snapshotOf } from './replicated-state.ts';
import type { SqlPort } from './sql-port.ts';

/** Nodes that this one was told of are asked for membership so often. */
const JOIN_PAUSE_MS = 500;
const JOIN_LIMIT_MS = 6_000;
const STATUS_LIMIT_MS = 1_000;

export interface NodeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly resolve: Resolve;
  /** What the node says of itself, but for its store. */
  readonly info: Omit<NodeInfo, 'storeId'>;
  /** Addresses of nodes to be joined, this one's own perhaps among them. */
  readonly join: readonly string[];
  readonly database: StateMachine;
  readonly startSql: (replica: Replica, nodeId: number) => Promise<SqlPort>;
  readonly log: (text: string) => void;
  /** The node cannot go on: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

export class CockroachNode {
  readonly #options: NodeOptions;
  readonly #stop = new AbortController();
  readonly #peers = new Map<string, Peer>();
  #identity: Identity;
  #serving: Serving | undefined;
  #joining: Promise<void> = Promise.resolve();
  #founding = false;

  private constructor(options: NodeOptions, identity: Identity) {
    this.#options = options;
    this.#identity = identity;
  }

  /** Reads who this node is: before anybody may ask. Rejects where the store cannot be used. */
  static async open(options: NodeOptions): Promise<CockroachNode> {
    return new CockroachNode(options, await loadIdentity(options.disk, options.random));
  }

  /** Serves or waits for a cluster. Rejects where the store cannot be used. */
  async start(): Promise<void> {
    const { log } = this.#options;
    if (this.#identity.member) {
      await this.#serve(this.#identity.member.nodeId);
      return;
    }
    log('initial startup completed, will now attempt to join a running cluster, or wait for `cockroach init`');
    this.#joining = this.#join().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.onFatal(error);
    });
  }

  /** Undefined until the node belongs to a cluster. */
  get serving(): Serving | undefined {
    return this.#serving;
  }

  receive(message: Message, address: string): void {
    this.#serving?.receive(message, address);
  }

  /** Answers other nodes and the command line. Rejects with Refusal. */
  async call(call: Call, signal: AbortSignal): Promise<unknown> {
    if (call.method === 'status') return { clusterId: this.#identity.member?.clusterId ?? null };
    if (call.method === 'init') return this.#found();
    const serving = this.#serving;
    if (!serving) throw new Refusal('uninitialized', 'node is waiting for the cluster to be initialized: run `cockroach init` on one node');
    switch (call.method) {
      case 'join':
        return { clusterId: serving.clusterId, nodeId: await serving.admit(nodeInfo(call.argument), signal) };
      case 'ping':
        return serving.pinged();
      case 'propose': {
        const position = serving.propose(call.bytes);
        if (!position) throw new Refusal('notLeader', 'this node does not lead');
        return position;
      }
      case 'read':
        return serving.readIndex(signal);
      case 'nodes':
        return serving.nodes();
      case 'drain':
        return serving.drain(signal);
    }
  }

  /** Hands the lead over, ends the connections of clients, and stops. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the node stops'));
    await this.#joining;
    await this.#serving?.stop();
    for (const peer of this.#peers.values()) peer.close();
  }

  /** Begins a new cluster. */
  async #found(): Promise<{ readonly clusterId: string }> {
    const { disk, random, database, log } = this.#options;
    if (this.#identity.member || this.#founding) throw new Refusal('refused', 'cluster has already been initialized');
    this.#founding = true;
    try {
      const other = await this.#initializedPeer();
      if (other) throw new Refusal('refused', `cluster has already been initialized: ${other} belongs to it`);
      const { storeId } = this.#identity;
      const clusterId = uuid(random);
      const data = snapshotOf(founding(clusterId, { ...this.#options.info, storeId }), database.snapshot());
      // Its index is past the beginning, so that nobody's empty log can pass for a log that follows on it.
      const snapshot = { index: 1, term: 1, configuration: { voters: [1], learners: [] }, data };
      const { store } = await RaftStore.open(disk, snapshot);
      await store.saveSnapshot(snapshot, []);
      await this.#become({ clusterId, nodeId: 1 });
      log(`cluster ${clusterId} has been initialized; this is node 1`);
      return { clusterId };
    } finally {
      this.#founding = false;
    }
  }

  /** Asks the nodes that this one was told of until one takes it in, or a new cluster begins here. */
  async #join(): Promise<void> {
    const { clock, join, log } = this.#options;
    const own = this.#options.info.address;
    const { signal } = this.#stop;
    let said = '';
    while (!this.#identity.member) {
      for (const address of join.filter((other) => other !== own)) {
        const outcome = this.#founding ? 'a new cluster begins here' : await this.#askToJoin(address);
        if (this.#identity.member || outcome === undefined) return;
        if (said !== outcome) log(`cannot join yet: ${outcome}`);
        said = outcome;
      }
      await sleep(clock, JOIN_PAUSE_MS, signal);
    }
  }

  /** Undefined: the node belongs to a cluster now. Otherwise the reason why not. */
  async #askToJoin(address: string): Promise<string | undefined> {
    const { storeId } = this.#identity;
    let value: unknown;
    try {
      const argument = { ...this.#options.info, storeId };
      value = await this.#withLimit(JOIN_LIMIT_MS, (signal) => this.#peer(address).call({ method: 'join', argument }, signal));
    } catch (error) {
      this.#stop.signal.throwIfAborted();
      return `${address}: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (!isJoined(value)) return `${address}: gave an answer that is none`;
    if (this.#founding || this.#identity.member) return 'a new cluster begins here';
    await this.#become(value);
    this.#options.log(`joined cluster ${value.clusterId} as node ${value.nodeId}`);
    return undefined;
  }

  async #become(member: { readonly clusterId: string; readonly nodeId: number }): Promise<void> {
    const identity = { ...this.#identity, member };
    await saveIdentity(this.#options.disk, identity);
    this.#identity = identity;
    await this.#serve(member.nodeId);
  }

  async #serve(nodeId: number): Promise<void> {
    const { disk, database, random, info, onFatal } = this.#options;
    // A newcomer's state comes from the leader; until then it has no say.
    const nothing = { clusterId: this.#identity.member!.clusterId, nextId: 1, members: [] };
    const configuration = { voters: [], learners: [] };
    const initial = { index: 0, term: 0, configuration, data: snapshotOf(nothing, database.snapshot()) };
    const { store, stored } = await RaftStore.open(disk, initial);
    this.#serving = new Serving({
      ...this.#options,
      self: nodeId,
      info: { ...info, storeId: this.#identity.storeId },
      store,
      stored,
      random,
      state: new ReplicatedState(new Membership(), database),
      peer: (address) => this.#peer(address),
      onFatal,
    });
    await this.#serving.start();
  }

  async #initializedPeer(): Promise<string | undefined> {
    const others = this.#options.join.filter((address) => address !== this.#options.info.address);
    const answers = await Promise.allSettled(
      others.map(async (address) => {
        const status = await this.#withLimit(STATUS_LIMIT_MS, (signal) =>
          this.#peer(address).call({ method: 'status', argument: null }, signal),
        );
        return typeof status === 'object' && status !== null && 'clusterId' in status && status.clusterId !== null ? address : undefined;
      }),
    );
    // A node that does not answer cannot say that it is initialized; CockroachDB does not wait for it either.
    return answers.flatMap((answer) => (answer.status === 'fulfilled' && answer.value !== undefined ? [answer.value] : []))[0];
  }

  #peer(address: string): Peer {
    const known = this.#peers.get(address);
    if (known) return known;
    const peer = new Peer({ clock: this.#options.clock, resolve: this.#options.resolve, address });
    this.#peers.set(address, peer);
    return peer;
  }

  #withLimit<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withLimit(this.#options.clock, limitMs, () => noAnswer(limitMs), work, this.#stop.signal);
  }
}

function nodeInfo(value: unknown): NodeInfo {
  if (!isNodeInfo(value)) throw new Refusal('refused', 'a node that wants to join must say who it is');
  return value;
}

function isJoined(value: unknown): value is { readonly clusterId: string; readonly nodeId: number } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'clusterId' in value &&
    typeof value.clusterId === 'string' &&
    'nodeId' in value &&
    typeof value.nodeId === 'number'
  );
}
