// An hour of a cluster of 100 nodes in which nothing happens but heartbeats, in simulated time. Run: npm run bench -- simulate-idle
import { systemClock } from '@holdfast/clock';
import { Simulation } from '@holdfast/lab/simulation';

const NODES = 100;
const HOUR_MS = 3_600_000;

/** Real milliseconds, and what was written meanwhile. */
export async function idleHourFigures(): Promise<{ readonly ms: number; readonly writes: number }> {
  const clock = systemClock();
  const sim = new Simulation({ nodes: Array.from({ length: NODES }, (_, index) => ({ name: `node-${index}` })) });
  await sim.start();
  const started = clock.now();
  await sim.advance(HOUR_MS);
  const figures = { ms: clock.now() - started, writes: sim.store.revision };
  await sim.abandon();
  return figures;
}
