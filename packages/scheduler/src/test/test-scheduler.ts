// The scheduler against the embedded server, in simulated time, with what its tests look at.
import { createTestServer } from '@holdfast/apiserver/testing';
import { type Client, createClient, inProcessTransport } from '@holdfast/client';
import { FakeClock, seededRandom } from '@holdfast/clock';
import { createManager, findCondition, silentLogger } from '@holdfast/controller';
import {
  EVENTS,
  type Node,
  NODES,
  type ObjectMeta,
  PERSISTENTVOLUMECLAIMS,
  type PersistentVolumeClaim,
  PERSISTENTVOLUMES,
  type PersistentVolume,
  PODS,
  type Pod,
  type PodSpec,
} from '@holdfast/schema';
import { scheduler } from '../scheduler.ts';

export interface TestScheduler extends AsyncDisposable {
  readonly client: Client;
  readonly clock: FakeClock;
  /** Creates a node that takes pods: 4 cores, 8Gi, 110 pods, unless `node` says otherwise. */
  node(name: string, node?: Pick<Node, 'spec' | 'status'> & { readonly labels?: Readonly<Record<string, string>> }): Promise<Node>;
  /** Creates a pod of namespace default. */
  pod(name: string, spec?: Partial<PodSpec>, metadata?: ObjectMeta): Promise<Pod>;
  get(name: string): Promise<Pod>;
  /** The node that the pod is on, '' for none. */
  nodeOf(name: string): Promise<string>;
  /** Ends a pod as its agent would: its object goes. */
  end(name: string): Promise<void>;
  /** Message of the PodScheduled condition, which is that of FailedScheduling too. */
  refusal(name: string): Promise<string>;
  /** 'Type reason message' of the events about a pod, in order. */
  events(name: string): Promise<readonly string[]>;
  /** A claim of 1Gi, its status included where given. */
  claim(
    name: string,
    claim?: Pick<PersistentVolumeClaim, 'spec' | 'status'> & { readonly metadata?: ObjectMeta },
  ): Promise<PersistentVolumeClaim>;
  volume(name: string, spec?: PersistentVolume['spec'], metadata?: ObjectMeta): Promise<PersistentVolume>;
  /** Lets everything that follows from the last writes happen. */
  settled(): Promise<void>;
}

export async function startTestScheduler(): Promise<TestScheduler> {
  const clock = new FakeClock();
  const bugs: unknown[] = [];
  const server = createTestServer({
    clock,
    onBug: (error) => bugs.push(error),
  });
  const client = createClient(inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] }), { forceFreeze: true });
  const stop = new AbortController();
  const manager = createManager({ client, clock, random: seededRandom(2), log: silentLogger, components: [scheduler] });
  await manager.start(stop.signal);
  const namespace = 'default';
  const get = (name: string): Promise<Pod> => client.get(PODS, { namespace, name });
  const settled = (): Promise<void> => clock.advance(50);
  return {
    client,
    clock,
    get,
    settled,
    async node(name, { labels = {}, spec = {}, status = {} } = {}) {
      const made = await client.create(NODES, { metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } }, spec });
      const ready = await client.update(NODES, { ...made, spec: { ...made.spec, taints: spec.taints ?? [] } });
      const resources = { cpu: '4', memory: '8Gi', pods: '110', ...status.allocatable };
      return client.updateStatus(NODES, { ...ready, status: { ...status, capacity: resources, allocatable: resources } });
    },
    pod: (name, spec = {}, metadata = {}) =>
      client.create(PODS, {
        metadata: { ...metadata, name, namespace },
        spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'db:1' }], ...spec },
      }),
    nodeOf: async (name) => (await get(name)).spec?.nodeName ?? '',
    async end(name) {
      await client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0 });
      await settled();
    },
    refusal: async (name) => findCondition((await get(name)).status?.conditions, 'PodScheduled')?.message ?? '',
    events: async (name) =>
      (await client.list(EVENTS, { namespace })).items
        .filter(({ involvedObject }) => involvedObject?.name === name)
        .map(({ type, reason, message }) => `${type} ${reason} ${message}`),
    async claim(name, { spec, status, metadata } = {}) {
      const size = { requests: { storage: '1Gi' } };
      const made = await client.create(PERSISTENTVOLUMECLAIMS, {
        metadata: { ...metadata, name, namespace },
        spec: { accessModes: ['ReadWriteOnce'], resources: size, ...spec },
      });
      return status ? client.updateStatus(PERSISTENTVOLUMECLAIMS, { ...made, status }) : made;
    },
    async volume(name, spec = {}, metadata = {}) {
      const made = await client.create(PERSISTENTVOLUMES, {
        metadata: { ...metadata, name },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          ...(spec.csi ? {} : { hostPath: { path: '/data' } }),
          ...spec,
        },
      });
      return client.updateStatus(PERSISTENTVOLUMES, { ...made, status: { phase: spec.claimRef ? 'Bound' : 'Available' } });
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await clock.advance(0);
      await manager.stopped();
      await server.close();
      if (bugs.length > 0) throw new AggregateError(bugs, 'the API server ran into bugs');
    },
  };
}

/** Requests of a pod's only container. */
export function asking(requests: Readonly<Record<string, string>>): Partial<PodSpec> {
  return { containers: [{ name: 'c', image: 'db:1', resources: { requests } }] };
}

/** A volume `v` of this claim. */
export function using(...claims: readonly string[]): Partial<PodSpec> {
  return { volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) };
}
