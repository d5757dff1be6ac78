// A control plane in process and in simulated time: the real API server, and the controllers that a test names.
import { loadCel } from '@holdfast/apiserver';
import { createTestServer } from '@holdfast/apiserver/testing';
import { type Client, createClient, type Fault, faultyTransport, inProcessTransport, type TransportRequest } from '@holdfast/client';
import { FakeClock, seededRandom } from '@holdfast/clock';
import { type ComponentFactory, createManager, type Manager, silentLogger } from '@holdfast/controller';
import { type ApiHandler, type Pod, PODS } from '@holdfast/schema';

export interface TestCluster {
  readonly client: Client;
  /** The server itself, for requests that are not made as the client makes them. */
  readonly handle: ApiHandler;
  readonly clock: FakeClock;
  readonly manager: Manager;
  /** Lets everything that follows from the last writes happen. */
  settled(): Promise<void>;
  /** Creates or updates a pod, its status included. */
  putPod(pod: Pod): Promise<Pod>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Disposing of it throws when the server ran into a bug. */
export function testCluster(...components: readonly ComponentFactory[]): Promise<TestCluster> {
  return faultyCluster(() => undefined, ...components);
}

/** A cluster whose controllers' requests fail as `faultFor` says; those of the test's own client do not. */
export async function faultyCluster(
  faultFor: (request: TransportRequest) => Fault | undefined,
  ...components: readonly ComponentFactory[]
): Promise<TestCluster> {
  // The server loads a part of itself when it first needs it: real time that must not pass within simulated time.
  await loadCel();
  const clock = new FakeClock();
  const bugs: unknown[] = [];
  const server = createTestServer({
    clock,
    onBug: (error) => bugs.push(error),
  });
  const transport = inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] });
  const client = createClient(transport, { forceFreeze: true });
  const ofControllers = createClient(faultyTransport(transport, faultFor), { forceFreeze: true });
  const stop = new AbortController();
  const manager = createManager({ client: ofControllers, clock, random: seededRandom(2), log: silentLogger, components });
  await manager.start(stop.signal);
  await clock.advance(50);
  return {
    client,
    handle: server.handle,
    clock,
    manager,
    settled: () => clock.advance(50),
    async putPod(pod) {
      const key = { namespace: 'default', name: pod.metadata.name ?? '' };
      const existing = (await client.list(PODS, { namespace: 'default' })).items.find(({ metadata }) => metadata.name === key.name);
      const containers = (pod.spec?.containers ?? []).map((container) => ({ ...container, image: 'db:1' }));
      const made =
        existing ?? (await client.create(PODS, { metadata: { ...pod.metadata, uid: undefined }, spec: { ...pod.spec, containers } }));
      return client.updateStatus(PODS, { ...made, status: pod.status });
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
