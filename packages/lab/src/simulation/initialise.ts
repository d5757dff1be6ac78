// What a control plane makes before the first node comes: always the same, so a process makes it once for all that it simulates.
import { type InitialCluster, newSigningKey } from './initial-cluster.ts';
import { Simulation } from './simulation.ts';

/** Longer than any controller works on a cluster in which nothing happens. */
const SETTLED_MS = 60_000;

/** Runs a control plane without nodes until it has come to rest. */
export async function initialCluster(): Promise<InitialCluster> {
  const sim = new Simulation({ nodes: [] });
  await sim.start();
  await sim.advance(SETTLED_MS);
  const atMs = sim.clock.now();
  const { entries, revision } = sim.store.list('');
  await sim.abandon();
  if (sim.bugs.length > 0) throw new Error('the server ran into a bug before there was a node', { cause: sim.bugs[0] });
  return { atMs, revision, entries, serviceAccountKey: newSigningKey() };
}
