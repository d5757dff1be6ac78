// Registers the node and keeps saying that it lives: a Lease every ten seconds, the status when it changes or every five minutes.
import type { Client } from '@holdfast/client';
import { type CancelTimer, type Clock, every, microTimestamp, sleep } from '@holdfast/clock';
import type { Logger } from '@holdfast/controller';
import {
  deepEqual,
  ignoreNotFound,
  isAlreadyExists,
  isConflict,
  isNotFound,
  KUBELET_CERTIFICATE,
  LEASES,
  type Lease,
  NODES,
  type Node,
  type NodeStatus,
} from '@holdfast/schema';
import { type NodeFacts, type NodeHoldings, nodeAnnotations, nodeLabels, nodeObject, nodeStatus } from './node-object.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const REPORT_MS = 300_000;
const RETRY_MS = 200;

export interface HeartbeatOptions {
  /** Complete when `start` is called. */
  readonly facts: () => NodeFacts;
  /** The node as a cache has it: a look that finds nothing to write costs no request. */
  readonly cached: () => Node | undefined;
  readonly images: () => NodeStatus['images'];
  readonly volumesInUse: () => readonly string[];
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #node: Node | undefined;
  #lease: Lease | undefined;
  /** What was last found to say all that there is to say. */
  #checked: { readonly status: NodeStatus | undefined; readonly holdings: NodeHoldings } | undefined;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #cancel: CancelTimer = () => undefined;
  #beating: Promise<void> = Promise.resolve();
  /** Ends requests under way: a server that says nothing must not hold up the end of an agent. */
  #signal: AbortSignal | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Resolves when the node is registered, with its status, and its lease is held. */
  async start(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    while (!signal.aborted) {
      try {
        await this.#register();
        await this.#renewLease();
        break;
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log.warn({ err: error }, 'node could not be registered');
        await sleep(this.#options.clock, RETRY_MS, signal).catch(() => undefined);
      }
    }
    if (signal.aborted) return;
    this.#cancel = every(this.#options.clock, RENEW_MS, () => {
      this.#beating = this.#beating.then(() => this.#beat());
    });
    signal.addEventListener('abort', () => this.#cancel(), { once: true });
  }

  /** Writes the status now, after writes that are under way; rejects when that is not possible. */
  reportNow(): Promise<void> {
    const report = this.#beating.then(() => this.#report());
    this.#beating = report.catch(() => undefined);
    return report;
  }

  /** Resolves when no write is under way. */
  stopped(): Promise<void> {
    return this.#beating;
  }

  async #beat(): Promise<void> {
    // One at a time is enough: what fails is tried again at the next beat, long before anybody misses it.
    try {
      await this.#renewLease();
    } catch (error) {
      this.#warn(error, 'node lease could not be renewed');
    }
    try {
      await this.#report();
    } catch (error) {
      this.#warn(error, 'node status could not be written');
    }
  }

  #warn(err: unknown, message: string): void {
    if (!this.#signal?.aborted) this.#options.log.warn({ err }, message);
  }

  async #register(): Promise<void> {
    const { client, clock } = this.#options;
    const facts = this.#options.facts();
    const wanted = nodeObject(facts, nodeStatus(facts, this.#holdings(), undefined, clock.now()));
    try {
      this.#node = await client.create(NODES, wanted, this.#call());
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      this.#node = await this.#takeOver();
    }
    await this.#report();
  }

  /** The node was there before, with marks of others: labels and what the agent annotates are brought up to date, the rest is left. */
  async #takeOver(): Promise<Node> {
    const { client } = this.#options;
    const facts = this.#options.facts();
    const old = await client.get(NODES, { name: facts.nodeName }, this.#call());
    const labels = { ...old.metadata.labels, ...nodeLabels(facts) };
    const annotations = { ...old.metadata.annotations, ...nodeAnnotations(facts) };
    // The certificate of an agent that is no longer served by anybody would keep out whoever comes after.
    if (!facts.kubelet) delete annotations[KUBELET_CERTIFICATE];
    return deepEqual(labels, old.metadata.labels ?? {}) && deepEqual(annotations, old.metadata.annotations ?? {})
      ? old
      : client.update(NODES, { ...old, metadata: { ...old.metadata, labels, annotations } }, this.#call());
  }

  async #report(): Promise<void> {
    if (this.#isReported()) return;
    const { client, clock } = this.#options;
    const facts = this.#options.facts();
    const current = await client.get(NODES, { name: facts.nodeName }, this.#call()).catch(ignoreNotFound);
    if (!current) return this.#register();
    const status = nodeStatus(facts, this.#holdings(), current.status, clock.now());
    if (!this.#isDue() && sameButHeartbeats(status, current.status)) return;
    try {
      this.#node = await client.updateStatus(NODES, { ...current, status }, this.#call());
      this.#reportedMs = clock.now();
    } catch (error) {
      if (isConflict(error)) return this.#report();
      throw error;
    }
  }

  /** Whether the cluster knows all that there is to say. */
  #isReported(): boolean {
    const known = this.#options.cached();
    return known !== undefined && !this.#isDue() && this.#isUpToDate(known);
  }

  #isDue(): boolean {
    return this.#options.clock.now() - this.#reportedMs >= REPORT_MS;
  }

  #isUpToDate({ status }: Node): boolean {
    const { clock } = this.#options;
    const facts = this.#options.facts();
    const holdings = this.#holdings();
    const { status: checked, holdings: held } = this.#checked ?? {};
    // The same status and nothing else held than at the last look: the answer is the same.
    if (status === checked && deepEqual(holdings, held)) return true;
    if (!sameButHeartbeats(nodeStatus(facts, holdings, status, clock.now()), status)) return false;
    this.#checked = { status, holdings };
    return true;
  }

  #holdings(): NodeHoldings {
    return { images: this.#options.images(), volumesInUse: this.#options.volumesInUse() };
  }

  async #renewLease(): Promise<void> {
    const renewTime = microTimestamp(this.#options.clock);
    if (!this.#lease) return this.#takeLease(renewTime);
    const renewed = { ...this.#lease, spec: { ...this.#lease.spec, renewTime } };
    try {
      this.#lease = await this.#options.client.update(LEASES, renewed, this.#call());
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      this.#lease = undefined;
      await this.#takeLease(renewTime);
    }
  }

  async #takeLease(renewTime: string): Promise<void> {
    const { client } = this.#options;
    const { nodeName } = this.#options.facts();
    const spec = { holderIdentity: nodeName, leaseDurationSeconds: LEASE_SECONDS, renewTime };
    try {
      const old = await client.get(LEASES, { namespace: LEASE_NAMESPACE, name: nodeName }, this.#call());
      this.#lease = await client.update(LEASES, { ...old, spec: { ...old.spec, ...spec } }, this.#call());
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#lease = await client.create(LEASES, this.#newLease(spec), this.#call());
    }
  }

  #newLease(spec: Lease['spec']): Lease {
    const { nodeName } = this.#options.facts();
    const uid = this.#node?.metadata.uid;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        namespace: LEASE_NAMESPACE,
        name: nodeName,
        ...(uid ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid }] } : {}),
      },
      spec,
    };
  }

  #call(): { readonly signal?: AbortSignal } {
    return this.#signal ? { signal: this.#signal } : {};
  }
}

function sameButHeartbeats(a: NodeStatus, b: NodeStatus | undefined): boolean {
  return deepEqual(withoutHeartbeats(a), withoutHeartbeats(b));
}

function withoutHeartbeats(status: NodeStatus | undefined): unknown {
  return { ...status, conditions: status?.conditions?.map((condition) => ({ ...condition, lastHeartbeatTime: undefined })) };
}
