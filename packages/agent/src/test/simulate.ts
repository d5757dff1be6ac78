// A node of the simulated runtime under a simulated clock.
import type { Client } from '@holdfast/client';
import { FakeClock } from '@holdfast/clock';
import type { Pod, PodSpec } from '@holdfast/schema';
import { type SimulatedRuntime, type SimulatedScript, simulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';
import { startTestNode, type TestNode } from './test-node.ts';

export interface Simulation extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly node: TestNode;
  readonly runtime: SimulatedRuntime;
}

export async function simulate(script: SimulatedScript = {}, clock = new FakeClock(), client?: Client): Promise<Simulation> {
  const runtime = simulatedRuntime({ script, clock });
  const starting = startTestNode({ clock, runtime, stateDir: '/simulated', ...(client ? { client } : {}) });
  await clock.advance(0);
  const node = await starting;
  return {
    clock,
    node,
    runtime,
    [Symbol.asyncDispose]: async () => {
      const stopped = node.stop();
      await clock.advance(10_000);
      await stopped;
    },
  };
}

/** A pod of one container `c`. */
export const spec = (change: Partial<PodSpec['containers'][number]> = {}, pod: Partial<PodSpec> = {}): PodSpec => ({
  containers: [{ name: 'c', image: 'db:1', ...change }],
  ...pod,
});

/** The status of a condition. */
export const condition = (pod: Pod, type: string): string | undefined =>
  pod.status?.conditions?.find((found) => found.type === type)?.status;
