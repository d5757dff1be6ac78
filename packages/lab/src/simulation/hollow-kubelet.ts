// A node that only pretends: pods that are bound to it are Running and Ready a moment later, deleted ones are gone.
// The stand-in that the recorded traces were made with; nothing between it and the controllers is pretended.
import { microTimestamp, sleep, timestamp } from '@holdfast/clock';
import { type Component, type ComponentContext, type ComponentFactory, type InformerEvent } from '@holdfast/controller';
import {
  isAlreadyExists,
  isConflict,
  isNotFound,
  type Lease,
  LEASES,
  type Node,
  type NodeCondition,
  NODES,
  type Pod,
  type PodCondition,
  PODS,
} from '@holdfast/schema';
import type { SimulatedNode } from './simulation.ts';

const STEP_MS = 200;
const RENEW_MS = 8000;
const RETRY_MS = 200;
const LEASE_NAMESPACE = 'kube-node-lease';
const GIB = 2 ** 30;

/** A container of an image with this tag runs and is never Ready. */
const BAD_TAG = 'bad';

/** The program of a hollow node. `index` gives pods their addresses. */
export function hollowKubelet(node: SimulatedNode, index: number): ComponentFactory {
  return (context) => new HollowKubelet(node, index, context);
}

class HollowKubelet implements Component {
  readonly name: string;
  readonly #node: SimulatedNode;
  readonly #index: number;
  readonly #context: ComponentContext;
  readonly #cancels = new Set<() => void>();
  #addresses = 0;
  #unsubscribe: () => void = () => undefined;

  constructor(node: SimulatedNode, index: number, context: ComponentContext) {
    this.name = `hollow kubelet ${node.name}`;
    this.#node = node;
    this.#index = index;
    this.#context = context;
    context.informers.informer(PODS);
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#register();
    await this.#renew();
    const { informers, log } = this.#context;
    const beat = (): void => {
      this.#later(RENEW_MS, () => {
        beat();
        this.#renew().catch((err: unknown) => log.warn({ err }, 'lease could not be renewed'));
      });
    };
    beat();
    await informers.informer(PODS).whenSynced();
    this.#unsubscribe = informers.informer(PODS).addHandler((event) => this.#onPod(event));
    signal.addEventListener('abort', () => this.#end(), { once: true });
  }

  stopped(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  #end(): void {
    this.#unsubscribe();
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #later(ms: number, work: () => void): void {
    const cancel = this.#context.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      work();
    });
    this.#cancels.add(cancel);
  }

  #onPod(event: InformerEvent<Pod>): void {
    const pod = event.object;
    if (event.type === 'deleted' || pod.spec?.nodeName !== this.#node.name) return;
    const old = event.type === 'updated' && event.old.metadata.uid === pod.metadata.uid ? event.old : undefined;
    if (pod.metadata.deletionTimestamp && !old?.metadata.deletionTimestamp) this.#later(STEP_MS, () => void this.#remove(pod));
    else if (pod.status?.phase === 'Pending' && old?.spec?.nodeName !== this.#node.name) this.#later(STEP_MS, () => void this.#run(pod));
  }

  async #run({ metadata: { namespace, name = '', uid } }: Pod): Promise<void> {
    const { client } = this.#context;
    await this.#untilDone(async () => {
      const pod = await client.get(PODS, { namespace, name });
      if (pod.metadata.uid !== uid || pod.metadata.deletionTimestamp || pod.status?.phase !== 'Pending') return;
      const podIP = `10.${this.#index}.0.${++this.#addresses}`;
      const status = { ...pod.status, phase: 'Running', podIP, podIPs: [{ ip: podIP }], startTime: timestamp(this.#context.clock) };
      await client.updateStatus(PODS, { ...pod, status: { ...status, conditions: this.#conditions(pod) } });
    });
  }

  #conditions(pod: Pod): readonly PodCondition[] {
    const now = timestamp(this.#context.clock);
    const unready = (pod.spec?.containers ?? []).filter(({ image }) => image?.endsWith(`:${BAD_TAG}`)).map(({ name }) => name);
    const reason = { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
    const ready = unready.length === 0 ? { status: 'True' } : { status: 'False', ...reason };
    return [
      ...(pod.status?.conditions ?? []),
      { type: 'Initialized', status: 'True', lastTransitionTime: now },
      { type: 'Ready', ...ready, lastTransitionTime: now },
      { type: 'ContainersReady', ...ready, lastTransitionTime: now },
    ];
  }

  async #remove({ metadata: { namespace, name = '', uid } }: Pod): Promise<void> {
    await this.#untilDone(async () => {
      await this.#context.client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
    });
  }

  /** Tries until it works or the pod is another's or gone. */
  async #untilDone(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error)) {
          this.#context.log.warn({ err: error }, 'hollow kubelet could not write');
          await sleep(this.#context.clock, RETRY_MS);
        } else if (String(error).includes('UID in precondition')) return;
      }
    }
  }

  async #register(): Promise<void> {
    const { client, clock } = this.#context;
    const { name, labels = {}, capacity = { cpu: 4, memory: 16 * GIB, pods: 110 } } = this.#node;
    const resources = { cpu: String(capacity.cpu), memory: `${capacity.memory / GIB}Gi`, pods: String(capacity.pods) };
    const now = timestamp(clock);
    const healthy = (type: string, status: string, reason: string): NodeCondition => ({
      type,
      status,
      reason,
      message: reason,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    });
    const node: Node = {
      metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels } },
      status: {
        capacity: resources,
        allocatable: resources,
        conditions: [
          healthy('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
          healthy('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
          healthy('PIDPressure', 'False', 'KubeletHasSufficientPID'),
          healthy('Ready', 'True', 'KubeletReady'),
        ],
      },
    };
    await client.create(NODES, node).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }

  async #renew(): Promise<void> {
    const { client, clock } = this.#context;
    const { name } = this.#node;
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTimestamp(clock) };
    const lease: Lease = { metadata: { name, namespace: LEASE_NAMESPACE }, spec };
    try {
      const old = await client.get(LEASES, { namespace: LEASE_NAMESPACE, name });
      await client.update(LEASES, { ...old, spec });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await client.create(LEASES, lease);
    }
  }
}
