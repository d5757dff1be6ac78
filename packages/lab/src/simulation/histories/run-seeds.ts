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

/** Most of what a history allocates is short-lived: with room for it, collecting costs half as much. */
const YOUNG_MB = 64;

/** All results in the order of seeds. Rejects when a thread dies. */
export async function runSeeds(options: SeedsOptions): Promise<readonly SeedResult[]> {
  const { firstSeed, histories, workers, workerFile, execArgv, onResult } = options;
  const results: SeedResult[] = [];
  const end = firstSeed + histories;
  let next = firstSeed;
  const serve = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(workerFile, {
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
        ...(execArgv ? { execArgv: [...execArgv] } : {}),
      });
      let done = false;
      worker.on('error', reject);
      worker.on('exit', (code) => {
        if (done) resolve();
        else reject(new Error(`a thread of the simulation ended with ${code} before its work was done`));
      });
      worker.on('message', (message: SeedResult | 'ready') => {
        if (message !== 'ready') {
          results.push(message);
          onResult?.(message);
        }
        if (next < end) worker.postMessage(next++);
        else {
          done = true;
          void worker.terminate();
        }
      });
    });
  await Promise.all(Array.from({ length: Math.max(1, Math.min(workers, histories)) }, serve));
  return results.toSorted((a, b) => a.seed - b.seed);
}
