// The thread's side of running many seeds: answers each seed with what came of its history.
import type { MessagePort } from 'node:worker_threads';
import type { InitialCluster } from '../initial-cluster.ts';
import { initialCluster } from '../initialise.ts';
import { generateHistory } from './generate.ts';
import { runHistory } from './run-history.ts';
import type { SeedResult } from './run-seeds.ts';

/** Serves a port until it is closed: one history at a time, in the order in which seeds come. */
export async function answerSeeds(port: MessagePort): Promise<void> {
  const from = await initialCluster();
  let last: Promise<void> = Promise.resolve();
  port.on('message', (seed: number) => {
    last = last.then(async () => port.postMessage(await resultOf(seed, from)));
  });
  port.postMessage('ready');
}

/** A history that cannot be run at all is a failure like any other. */
async function resultOf(seed: number, from: InitialCluster): Promise<SeedResult> {
  try {
    const { violations, endMs } = await runHistory(generateHistory(seed), { from });
    return { seed, violations, endMs };
  } catch (error) {
    const message = `the history could not be run: ${error instanceof Error ? error.stack : String(error)}`;
    return { seed, violations: [{ invariant: 'bugs', atMs: 0, message }], endMs: 0 };
  }
}
