// How pods end: the order of containers, hooks, and the time that each gets.
import { PODS } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { type Simulation, simulate, spec } from './test/simulate.ts';

const side = (name: string, change = {}) => ({ name, image: 'side:1', restartPolicy: 'Always', ...change });

/** Deletes the pod and says, second by second, how many of its containers still run. */
async function runningAfterDeletion(sim: Simulation, seconds: number, gracePeriodSeconds?: number): Promise<readonly number[]> {
  await sim.node.client.delete(PODS, { namespace: 'default', name: 'web' }, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
  const seen: number[] = [];
  for (let second = 0; second < seconds; second++) {
    await sim.clock.advance(1000);
    seen.push(sim.runtime.running());
  }
  return seen;
}

describe('the end of a pod', () => {
  it('comes to its sidecars when all main containers are gone, last started first', async () => {
    const script = { container: ({ container }: { readonly container: string }) => ({ stopMs: container === 'c' ? 2500 : 1500 }) };
    await using sim = await simulate(script);
    await sim.node.run('web', spec({}, { initContainers: [side('s1'), side('s2')] }));
    await sim.clock.advance(100);
    expect(sim.runtime.running()).toBe(3);
    // The main one until 2.5 s, the second sidecar until 4 s, the first until 5.5 s.
    expect(await runningAfterDeletion(sim, 6)).toEqual([3, 3, 2, 1, 1, 0]);
    expect(await sim.node.exists('web')).toBe(false);
  });

  it('gives a sidecar whose turn does not come before the grace period is over two seconds', async () => {
    await using sim = await simulate({ container: () => ({ stopMs: 1_000_000 }) });
    await sim.node.run('web', spec({}, { initContainers: [side('s1')] }));
    await sim.clock.advance(100);
    // Main: killed when its 5 s are over; sidecar: SIGTERM then, SIGKILL two seconds later.
    expect(await runningAfterDeletion(sim, 8, 5)).toEqual([2, 2, 2, 2, 1, 1, 0, 0]);
  });

  it('runs all preStop hooks at once, those of sidecars too', async () => {
    await using sim = await simulate();
    const lifecycle = { preStop: { sleep: { seconds: 3 } } };
    await sim.node.run('web', spec({ lifecycle }, { initContainers: [side('s1', { lifecycle })] }));
    await sim.clock.advance(100);
    expect(await runningAfterDeletion(sim, 5)).toEqual([2, 2, 0, 0, 0]);
  });

  it('gives two seconds at least, also where less was asked for', async () => {
    await using sim = await simulate({ container: () => ({ stopMs: 1_000_000 }) });
    await sim.node.run('web', spec());
    await sim.clock.advance(100);
    expect(await runningAfterDeletion(sim, 3, 1)).toEqual([1, 0, 0]);
  });

  it("a failed probe's own grace period replaces the pod's", async () => {
    await using sim = await simulate({
      container: ({ restartCount }) => ({ stopMs: 1_000_000, ...(restartCount === 0 ? { unhealthyAfterMs: 5000 } : {}) }),
    });
    const livenessProbe = { tcpSocket: { port: 1 }, periodSeconds: 5, failureThreshold: 1, terminationGracePeriodSeconds: 10 };
    await sim.node.run('web', spec({ livenessProbe }, { terminationGracePeriodSeconds: 600 }));
    await sim.clock.advance(14_900);
    expect((await sim.node.pod('web')).status?.containerStatuses?.[0]?.restartCount).toBe(0);
    await sim.clock.advance(500);
    expect((await sim.node.pod('web')).status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: 'Error' } },
    });
  });

  it('a sidecar that ends is started again while the others run, and does not hold up the end of a job', async () => {
    await using sim = await simulate({ container: ({ container }) => (container === 'c' ? { exitAfterMs: 60_000 } : {}) });
    await sim.node.run('web', spec({}, { restartPolicy: 'Never', initContainers: [side('s1')] }));
    await sim.clock.advance(1000);
    expect(sim.runtime.crash({ namespace: 'default', pod: 'web', container: 's1' })).toBe(true);
    await sim.clock.advance(1000);
    expect((await sim.node.pod('web')).status?.initContainerStatuses?.[0]).toMatchObject({ restartCount: 1, started: true });
    await sim.clock.advance(60_000);
    expect((await sim.node.pod('web')).status?.phase).toBe('Succeeded');
    expect(sim.runtime.running()).toBe(0);
  });
});
