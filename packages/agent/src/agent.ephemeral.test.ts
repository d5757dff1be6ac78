// Containers that are added to a pod that runs.
import { type Pod, PODS } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { condition, type Simulation, simulate, spec } from './test/simulate.ts';

async function debug(sim: Simulation, ...names: readonly string[]): Promise<void> {
  const pod = await sim.node.pod('web');
  const added = names.map((name) => ({ name, image: 'shell:1' }));
  const ephemeralContainers = [...(pod.spec?.ephemeralContainers ?? []), ...added];
  await sim.node.client.updateSubresource(PODS, { namespace: 'default', name: 'web' }, 'ephemeralcontainers', {
    ...pod,
    spec: { ...pod.spec, ephemeralContainers },
  });
  await sim.clock.advance(10);
}

const states = ({ status }: Pod): readonly string[] =>
  (status?.ephemeralContainerStatuses ?? []).map(({ name, state }) => `${name} ${Object.keys(state ?? {}).join()}`);

describe('ephemeral containers', () => {
  it('run once, beside the others, and say nothing about the pod', async () => {
    await using sim = await simulate({ container: ({ container }) => (container === 'debug' ? { exitAfterMs: 5000, exitCode: 3 } : {}) });
    await sim.node.run('web', spec());
    await sim.clock.advance(10);
    await debug(sim, 'debug');
    expect(states(await sim.node.pod('web'))).toEqual(['debug running']);
    expect((await sim.node.pod('web')).status?.ephemeralContainerStatuses).toMatchObject([{ ready: false }]);
    expect(await sim.node.events('web')).toContain('Started: Started container debug');
    await sim.clock.advance(600_000);
    const pod = await sim.node.pod('web');
    expect(pod.status?.ephemeralContainerStatuses).toMatchObject([
      { restartCount: 0, state: { terminated: { exitCode: 3, reason: 'Error' } } },
    ]);
    expect([pod.status?.phase, condition(pod, 'Ready'), pod.status?.containerStatuses?.[0]?.restartCount]).toEqual(['Running', 'True', 0]);
  });

  it('come into a pod whose own containers cannot be started, and wait for their image', async () => {
    let there = false;
    await using sim = await simulate({ hasImage: (reference) => reference === 'shell:1' && there });
    await sim.node.run('web', spec());
    await sim.clock.advance(10);
    await debug(sim, 'debug');
    expect(states(await sim.node.pod('web'))).toEqual(['debug waiting']);
    there = true;
    await sim.clock.advance(15_000);
    const pod = await sim.node.pod('web');
    expect([states(pod), pod.status?.phase]).toEqual([['debug running'], 'Pending']);
  });

  it('end with their pod', async () => {
    await using sim = await simulate();
    await sim.node.run('web', spec());
    await sim.clock.advance(10);
    await debug(sim, 'one');
    await debug(sim, 'two');
    expect(sim.runtime.running()).toBe(3);
    await sim.node.client.delete(PODS, { namespace: 'default', name: 'web' });
    await sim.clock.advance(10);
    expect(sim.runtime.running()).toBe(0);
    expect(await sim.node.exists('web')).toBe(false);
  });
});
