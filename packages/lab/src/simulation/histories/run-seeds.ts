// Runs the histories of many seeds on all cores.
import { Worker } from 'node:worker_threads';
import type { Violation } from './invariants/index.ts';

/** What came of the history of one seed. */
export interface SeedResult {
  readonly seed: number;
  /** None: the invariants held. */
  readonly violations: readonly Violation[];
  /** Virtual time until everything had come to rest. */
  readonly endMs: number;
}

export interface SeedsOptions {
  readonly firstSeed: number;
  /** How many, from the first one up. */
  readonly histories: number;
  readonly workers: number;
  /** A module that calls `answerSeeds(parentPort)`. */
  readonly workerFile: URL;
  /** Given to node where the module is TypeScript. */
  readonly execArgv?: readonly string[];
  /** Told of each as it ends, in no order. */
  readonly onResult?: (result: SeedResult) => void;
}

/** All results in the order of seeds. Rejects when a thread dies. */
export async function runSeeds(options: SeedsOptions): Promise<readonly SeedResult[]> {
  const { firstSeed, histories, workers, workerFile, execArgv, onResult } = options;
  const results: SeedResult[] = [];
  const end = firstSeed + histories;
  let next = firstSeed;
  const serve = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(workerFile, execArgv ? { execArgv: [...execArgv] } : {});
      worker.on('error', reject);
      // After the last seed the thread is ended from here, and nobody listens to this any more.
      worker.on('exit', (code) => reject(new Error(`a thread of the simulation ended with ${code} before its work was done`)));
      worker.on('message', (message: SeedResult | 'ready') => {
        if (message !== 'ready') {
          results.push(message);
          onResult?.(message);
        }
        if (next < end) worker.postMessage(next++);
        else worker.terminate().then(() => resolve(), reject);
      });
    });
  await Promise.all(Array.from({ length: Math.max(1, Math.min(workers, histories)) }, serve));
  return results.toSorted((a, b) => a.seed - b.seed);
}
