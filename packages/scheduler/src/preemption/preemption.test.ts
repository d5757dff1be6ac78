// Pods of higher priority get room: who has to go for them, and what all sides are told.
import { NODES, PODDISRUPTIONBUDGETS, PODS, PRIORITYCLASSES } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { asking, startTestScheduler, type TestScheduler } from '../test/test-scheduler.ts';

const CLASSES = { low: 10, middle: 100, high: 1000 };

async function start(nodes: readonly string[] = ['n1']): Promise<TestScheduler> {
  const sim = await startTestScheduler();
  for (const name of nodes) await sim.node(name);
  for (const [name, value] of Object.entries(CLASSES)) await sim.client.create(PRIORITYCLASSES, { metadata: { name }, value });
  await sim.client.create(PRIORITYCLASSES, { metadata: { name: 'patient' }, value: 1000, preemptionPolicy: 'Never' });
  return sim;
}

/** Runs a pod on a node, as its agent would report it. */
async function running(sim: TestScheduler, name: string, priorityClassName: string, cpu: string, labels = {}): Promise<void> {
  await sim.pod(name, { priorityClassName, ...asking({ cpu }) }, { labels });
  await sim.settled();
  const pod = await sim.get(name);
  expect(pod.spec?.nodeName).toBeDefined();
  const startTime = new Date(sim.clock.now()).toISOString().replace('.000', '').replace(/\.\d+/, '');
  await sim.client.updateStatus(PODS, { ...pod, status: { ...pod.status, phase: 'Running', startTime } });
  await sim.clock.advance(1000);
}

const wanting = (priorityClassName: string, cpu: string) => ({ priorityClassName, ...asking({ cpu }) });
const isLeaving = async (sim: TestScheduler, name: string): Promise<boolean> =>
  (await sim.get(name)).metadata.deletionTimestamp !== undefined;

describe('preemption', () => {
  test('ends as few as possible, says why, and keeps the room for the pod that needs it', async () => {
    await using sim = await start();
    await running(sim, 'old', 'low', '1');
    await running(sim, 'young', 'low', '1');
    await running(sim, 'equal', 'high', '2');
    const { metadata } = await sim.pod('p', wanting('high', '1'));
    await sim.settled();
    // The one that has run less long goes; that of the same priority is not touched.
    expect(await Promise.all(['old', 'young', 'equal'].map((name) => isLeaving(sim, name)))).toEqual([false, true, false]);
    const victim = await sim.get('young');
    expect(victim.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    });
    expect(await sim.events('young')).toContain(`Normal Preempted Preempted by pod ${metadata.uid} on node n1`);
    // No word on preemption where it was of help.
    expect(await sim.refusal('p')).toBe('0/1 nodes are available: 1 Insufficient cpu.');
    expect((await sim.get('p')).status?.nominatedNodeName).toBe('n1');
    // Meanwhile no pod of lower priority takes the room, however small it is, and the pod itself sends nobody else away.
    await sim.pod('small', wanting('low', '100m'));
    await sim.clock.advance(30_000);
    expect(await isLeaving(sim, 'old')).toBe(false);
    await sim.end('young');
    await sim.clock.advance(15_000);
    expect(await sim.nodeOf('p')).toBe('n1');
    expect(await sim.nodeOf('small')).toBe('');
  });

  test('a pod that waits for its victims says so', async () => {
    await using sim = await start();
    await running(sim, 'a', 'low', '4');
    await sim.pod('p', wanting('high', '4'));
    await sim.settled();
    // Another pod ends elsewhere in the meantime: the pod is tried again, and waits.
    const node = await sim.node('n2', { status: { allocatable: { cpu: '1' } } });
    expect(node.metadata.name).toBe('n2');
    await sim.clock.advance(2000);
    expect(await sim.refusal('p')).toBe(
      '0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to a terminating pod on the nominated node.',
    );
    expect((await sim.get('p')).status?.nominatedNodeName).toBe('n1');
  });

  test('never, for a pod whose class says so', async () => {
    await using sim = await start();
    await running(sim, 'a', 'low', '4');
    await sim.pod('p', wanting('patient', '1'));
    await sim.settled();
    expect(await sim.refusal('p')).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
    );
    expect(await isLeaving(sim, 'a')).toBe(false);
  });

  test('does not help where even an empty node would be too small', async () => {
    await using sim = await start();
    await running(sim, 'a', 'low', '1');
    await sim.pod('p', wanting('high', '5'));
    await sim.settled();
    expect(await sim.refusal('p')).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Insufficient cpu.',
    );
  });

  test('on the node with the fewest broken budgets, then the lowest priorities, then the fewest pods', async () => {
    await using sim = await start(['n1', 'n2', 'n3']);
    const on = (node: string, priorityClassName: string) => ({
      ...wanting(priorityClassName, '4'),
      nodeSelector: { 'kubernetes.io/hostname': node },
    });
    await sim.pod('guarded', on('n1', 'low'), { labels: { app: 'guarded' } });
    await sim.pod('middle', on('n2', 'middle'));
    await sim.pod('low', on('n3', 'low'));
    const budget = await sim.client.create(PODDISRUPTIONBUDGETS, {
      metadata: { name: 'guarded', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
    });
    const status = { currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 1 };
    await sim.client.updateStatus(PODDISRUPTIONBUDGETS, { ...budget, status });
    await sim.settled();
    const leaving = async (): Promise<readonly boolean[]> => Promise.all(['guarded', 'middle', 'low'].map((name) => isLeaving(sim, name)));
    await sim.pod('p1', wanting('high', '4'));
    await sim.settled();
    expect(await leaving()).toEqual([false, false, true]);
    await sim.pod('p2', wanting('high', '4'));
    await sim.settled();
    expect(await leaving()).toEqual([false, true, true]);
    // Where nothing else is left, the budget is broken: upstream promises no more than to try.
    await sim.pod('p3', wanting('high', '4'));
    await sim.settled();
    expect(await leaving()).toEqual([true, true, true]);
  });

  test('also for rules between pods: the one that repels has to go', async () => {
    await using sim = await start();
    const labels = { app: 'db' };
    const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    await sim.pod('bystander', wanting('low', '1'));
    await sim.pod('first', { priorityClassName: 'low', affinity }, { labels });
    await sim.settled();
    await sim.pod('p', { priorityClassName: 'high', affinity }, { labels });
    await sim.settled();
    expect([await isLeaving(sim, 'first'), await isLeaving(sim, 'bystander')]).toEqual([true, false]);
  });

  test('a nomination goes with its pod, and with a node that turns out to be of no use', async () => {
    await using sim = await start(['n1', 'n2']);
    await sim.pod('a', { ...wanting('low', '4'), nodeSelector: { 'kubernetes.io/hostname': 'n1' } });
    await sim.pod('b', { ...wanting('middle', '4'), nodeSelector: { 'kubernetes.io/hostname': 'n2' } });
    await sim.settled();
    await sim.pod('p', wanting('high', '4'));
    await sim.settled();
    expect((await sim.get('p')).status?.nominatedNodeName).toBe('n1');
    const node = await sim.client.get(NODES, { name: 'n1' });
    await sim.client.update(NODES, { ...node, spec: { ...node.spec, taints: [{ key: 'broken', effect: 'NoSchedule' }] } });
    await sim.clock.advance(301_000);
    expect((await sim.get('p')).status?.nominatedNodeName).toBe('n2');
    await sim.end('p');
    await sim.end('b');
    await sim.pod('late', wanting('low', '4'));
    await sim.settled();
    expect(await sim.nodeOf('late')).toBe('n2');
  });
});
