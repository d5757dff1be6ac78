// A node that belongs to a cluster: its group, its view of the others, and its SQL port.
import { type Clock, type Random, sleep } from '@holdfast/clock';
import type { Message } from '../raft/messages.ts';
import type { Replica } from '../replica.ts';
import { Refusal } from '../rpc/call.ts';
import type { Peer } from '../rpc/peer.ts';
import type { RaftStore, Stored } from '../store/raft-store.ts';
import { GroupReplica } from './group-replica.ts';
import { LIVE_MS, Liveness } from './liveness.ts';
import type { Member, NodeInfo } from './membership.ts';
import { type LogPosition, RaftDriver, TICK_MS } from './raft-driver.ts';
import type { ReplicatedState } from './replicated-state.ts';
import type { SqlPort } from './sql-port.ts';

export interface ServingOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly self: number;
  readonly info: NodeInfo;
  readonly store: RaftStore;
  readonly stored: Stored;
  readonly state: ReplicatedState;
  readonly peer: (address: string) => Peer;
  readonly startSql: (replica: Replica, nodeId: number) => Promise<SqlPort>;
  readonly log: (text: string) => void;
  readonly onFatal: (error: unknown) => void;
}

/** A row of `cockroach node status`. Times are in milliseconds since 1970. */
export interface NodeStatus extends Omit<Member, 'storeId'> {
  readonly updatedAtMs: number | undefined;
  readonly isAvailable: boolean;
  readonly isLive: boolean;
}

/** So long a draining node looks for somebody to take its lead. */
const HAND_OVER_LIMIT_MS = 5_000;

export class Serving {
  readonly #options: ServingOptions;
  readonly #driver: RaftDriver;
  readonly #liveness: Liveness;
  readonly #replica: GroupReplica;
  readonly #stop = new AbortController();
  /** Where nodes were heard from: a newcomer has no members yet, but must answer the leader. */
  readonly #addresses = new Map<number, string>();
  #sql: SqlPort | undefined;
  #draining = false;

  constructor(options: ServingOptions) {
    const { self, clock, random, state } = options;
    this.#options = options;
    this.#driver = new RaftDriver({
      ...options,
      send: (message) => this.#peerOf(message.to)?.send(message, options.info.address),
      onChange: () => {
        this.#replica.leaderChanged();
        this.#noteLeader();
      },
    });
    this.#liveness = new Liveness({
      clock,
      self,
      members: () => state.membership.members,
      ping: async (member, signal) => void (await options.peer(member.address).call({ method: 'ping', argument: null }, signal)),
    });
    this.#replica = new GroupReplica({
      driver: this.#driver,
      clock,
      random,
      call: async (nodeId, call, signal) => {
        const peer = this.#peerOf(nodeId);
        if (!peer) throw new Refusal('notLeader', `node ${nodeId} is not known here yet`);
        return peer.call(call, signal);
      },
      describe: () => this.#liveness.describe(),
    });
  }

  async start(): Promise<void> {
    this.#sql = await this.#options.startSql(this.#replica, this.#options.self);
    void this.#announce();
  }

  get clusterId(): string {
    return this.#options.state.membership.clusterId;
  }

  get nodeId(): number {
    return this.#options.self;
  }

  /** Why clients should not be sent here; undefined when they may. */
  get notReady(): string | undefined {
    if (this.#draining) return 'node is shutting down';
    if (this.#driver.leader === 0)
      return `node is not healthy: lost quorum: no majority of the nodes can be reached: ${this.#liveness.describe()}`;
    if (!this.#driver.voters.includes(this.#options.self)) return 'node is not healthy: it is still catching up';
    return undefined;
  }

  /** Numbers for the metrics. */
  get figures(): {
    readonly connections: number;
    readonly isLeader: boolean;
    readonly leader: number;
    readonly term: number;
    readonly commit: number;
    readonly applied: number;
    readonly liveNodes: number;
    readonly voters: number;
    readonly liveVoters: number;
    readonly logBytes: number;
  } {
    const { members } = this.#options.state.membership;
    const { voters } = this.#driver;
    return {
      connections: this.#sql?.connections ?? 0,
      isLeader: this.#driver.isLeader,
      leader: this.#driver.leader,
      term: this.#driver.term,
      commit: this.#driver.commit,
      applied: this.#driver.appliedIndex,
      liveNodes: members.filter((member) => this.#liveness.isLive(member.nodeId)).length,
      voters: voters.length,
      liveVoters: voters.filter((id) => this.#liveness.isLive(id)).length,
      logBytes: this.#options.store.logBytes,
    };
  }

  receive(message: Message, address: string): void {
    this.#addresses.set(message.from, address);
    this.#driver.receive(message);
  }

  propose(bytes: Uint8Array): LogPosition | undefined {
    return this.#driver.propose(bytes);
  }

  readIndex(signal: AbortSignal): Promise<number> {
    const index = this.#driver.readIndex(signal);
    if (!index) throw new Refusal('notLeader', 'this node does not lead');
    return index;
  }

  /** Takes a node in; resolves with its number. */
  async admit(join: NodeInfo, signal: AbortSignal): Promise<number> {
    const nodeId = Number(await this.#replica.proposeCommand((id) => ({ id, kind: 'membership', join }), signal));
    this.#options.log(`node ${nodeId} at ${join.address} belongs to the cluster`);
    return nodeId;
  }

  /** Says whether this node is there, and will stay. */
  pinged(): { readonly nodeId: number } {
    if (this.#draining) throw new Refusal('refused', 'node is shutting down');
    return { nodeId: this.#options.self };
  }

  nodes(): readonly NodeStatus[] {
    return this.#options.state.membership.members.map(({ nodeId, address, sqlAddress, httpAddress, locality, build, startedAtMs }) => {
      const member = { nodeId, address, sqlAddress, httpAddress, locality, build, startedAtMs };
      const isLive = this.#liveness.isLive(member.nodeId);
      return { ...member, updatedAtMs: this.#liveness.heardAtMs(member.nodeId), isAvailable: isLive, isLive };
    });
  }

  /** Clients are sent elsewhere and the lead goes to another node; resolves when this node can end without a gap. */
  async drain(signal: AbortSignal): Promise<{ readonly nodeId: number }> {
    const { clock, log, self } = this.#options;
    this.#draining = true;
    const end = clock.now() + HAND_OVER_LIMIT_MS;
    const alone = this.#driver.voters.length < 2;
    while (!alone && this.#driver.isLeader && clock.now() < end) {
      this.#driver.transferLead();
      await sleep(clock, TICK_MS, signal);
    }
    const sql = this.#sql;
    this.#sql = undefined;
    await sql?.[Symbol.asyncDispose]();
    log('node drained: it does not lead and has no client connections');
    return { nodeId: self };
  }

  async stop(): Promise<void> {
    if (!this.#draining) await this.drain(this.#stop.signal);
    this.#stop.abort(new Error('the node stops'));
    this.#liveness.stop();
    await this.#driver.stop();
  }

  /** What a node says of itself (its address, say) may have changed since it was here last. */
  async #announce(): Promise<void> {
    const { state, info, self, clock, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#replica.readBarrier(signal);
        const known = state.membership.member(self);
        if (known && JSON.stringify({ ...info, nodeId: self }) !== JSON.stringify({ ...known, nodeId: self }))
          await this.admit(info, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        log(`cannot announce this node yet: ${error instanceof Error ? error.message : String(error)}`);
        // The majority that is missing comes back without telling.
        await sleep(clock, LIVE_MS, signal).catch(() => undefined);
      }
    }
  }

  #peerOf(nodeId: number): Peer | undefined {
    const address = this.#options.state.membership.member(nodeId)?.address ?? this.#addresses.get(nodeId);
    return address !== undefined && nodeId !== this.#options.self ? this.#options.peer(address) : undefined;
  }

  #noteLeader(): void {
    const { leader, term } = this.#driver;
    this.#options.log(leader === 0 ? `no leader in term ${term}: ${this.#liveness.describe()}` : `node ${leader} leads in term ${term}`);
  }
}
