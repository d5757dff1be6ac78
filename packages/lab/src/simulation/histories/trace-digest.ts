// One number for everything that happened in a history: two runs with the same digest did the same, event for event.
import { createHash } from 'node:crypto';
import type { InitialCluster } from '../initial-cluster.ts';
import type { History } from './history.ts';
import { runHistory } from './run-history.ts';

/** SHA-256, in hex, over every change with its time. */
export async function traceDigest(history: History, from: InitialCluster): Promise<string> {
  const hash = createHash('sha256');
  await runHistory(history, { from, observe: ({ type, object }, atMs) => void hash.update(JSON.stringify([atMs, type, object])) });
  return hash.digest('hex');
}
