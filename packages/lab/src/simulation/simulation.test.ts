import { ENDPOINTSLICES, PODS, SERVICES, STATEFULSETS } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { isConditionTrue } from '@holdfast/controller';
import { Simulation } from './simulation.ts';

const NODES = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

const set = {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    serviceName: 'web',
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'db:1' }] } },
  },
};

const service = { metadata: { name: 'web', namespace: 'default' }, spec: { clusterIP: 'None', selector: { app: 'web' } } };

function readyPods(sim: Simulation): number {
  return sim.list(PODS).filter((pod) => isConditionTrue(pod.status?.conditions, 'Ready')).length;
}

/** A minute with a set, a crash, a restart of every program and of the API; the trace of all changes. */
async function eventful(seed: number): Promise<readonly string[]> {
  const trace: string[] = [];
  const sim = new Simulation({ seed, nodes: NODES, observe: ({ type, object }, atMs) => trace.push(JSON.stringify([atMs, type, object])) });
  await sim.start();
  await sim.run(sim.client.create(STATEFULSETS, set));
  await sim.clock.runUntil(() => readyPods(sim) === 3);
  sim.runtime.crash({ namespace: 'default', pod: 'web-1' });
  sim.controllers.crash();
  await sim.advance(1000);
  await sim.run(sim.api.stop());
  await sim.advance(1000);
  sim.api.start();
  await sim.run(sim.controllers.start());
  await sim.advance(60_000);
  expect(readyPods(sim)).toBe(3);
  await sim.stop();
  return trace;
}

describe('a simulated cluster', () => {
  it('does the same for the same seed, event for event, and other things for another', async () => {
    const first = await eventful(1);
    expect(await eventful(1)).toEqual(first);
    expect(await eventful(2)).not.toEqual(first);
  });

  it('goes on when its controllers were cut off and lost replies', async () => {
    const sim = new Simulation({ nodes: NODES });
    await sim.start();
    let requests = 0;
    sim.controllers.link.inject(({ method }) => (method !== 'GET' && ++requests % 3 === 0 ? 'lostReply' : undefined));
    await sim.run(sim.client.create(STATEFULSETS, set));
    await sim.advance(5000);
    sim.controllers.link.mend();
    sim.scheduler.link.partition();
    await sim.advance(100_000);
    sim.scheduler.link.mend();
    await sim.clock.runUntil(() => readyPods(sim) === 3, 600_000);
    expect(sim.bugs).toEqual([]);
  });

  it('cuts off one controller that is apart, and no other', async () => {
    const sim = new Simulation({ nodes: NODES, apart: ['endpointslice-controller', 'statefulset-controller'] });
    await sim.start();
    sim.apart.get('endpointslice-controller')?.link.cut();
    await sim.run(sim.client.create(SERVICES, service));
    await sim.run(sim.client.create(STATEFULSETS, set));
    await sim.clock.runUntil(() => readyPods(sim) === 3, 600_000);
    const endpoints = (): number =>
      sim
        .list(ENDPOINTSLICES)
        .filter(({ metadata }) => metadata.generateName === 'web-')
        .flatMap((slice) => slice.endpoints ?? []).length;
    expect(endpoints()).toBe(0);
    sim.apart.get('endpointslice-controller')?.link.mend();
    await sim.clock.runUntil(() => endpoints() === 3, 600_000);
    expect(sim.members().map(({ name }) => name)).toEqual([
      'controllers',
      'endpointslice-controller',
      'statefulset-controller',
      'scheduler',
      ...NODES.map(({ name }) => name),
    ]);
  });

  it('a node that is lost is not Ready after its grace period, and its pods are not replaced while it may run them', async () => {
    const sim = new Simulation({ nodes: NODES });
    await sim.start();
    await sim.run(sim.client.create(STATEFULSETS, set));
    await sim.clock.runUntil(() => readyPods(sim) === 3);
    const uids = (): readonly unknown[] => sim.list(PODS).map(({ metadata }) => metadata.uid);
    const before = uids();
    sim.nodes.get(sim.list(PODS)[0]?.spec?.nodeName ?? '')?.crash();
    await sim.advance(600_000);
    expect(readyPods(sim)).toBeLessThan(3);
    expect(uids()).toEqual(before);
  });

  it('an agent that is stopped ends its containers at once, also while the API is silent', async () => {
    const sim = new Simulation({ nodes: [{ name: 'a' }] });
    await sim.start();
    await sim.run(sim.client.create(STATEFULSETS, set));
    await sim.clock.runUntil(() => readyPods(sim) === 3);
    const agent = sim.nodes.get('a');
    agent?.link.partition();
    // Long enough that its heartbeat waits for an answer.
    await sim.advance(20_000);
    const stopping = agent?.stop();
    await sim.advance(0);
    expect(sim.runtime.running()).toBe(0);
    await sim.run(Promise.resolve(stopping));
  });

  it('a node without power runs nothing, whatever its program had begun', async () => {
    const sim = new Simulation({ nodes: [{ name: 'a' }], script: { container: () => ({ startMs: 1000 }) } });
    await sim.start();
    await sim.run(sim.client.create(STATEFULSETS, set));
    await sim.clock.runUntil(() => sim.list(PODS).some(({ spec }) => spec?.nodeName === 'a'));
    sim.nodes.get('a')?.link.partition();
    sim.loseNode('a');
    await sim.advance(60_000);
    expect(sim.runtime.running()).toBe(0);
  });
});
