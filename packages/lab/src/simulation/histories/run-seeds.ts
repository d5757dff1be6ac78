// Runs the histories of many seeds on all cores.
import { Worker } from 'node:worker_threads';
import type { CancelTimer, Clock } from '@holdfast/clock';
import type { Violation } from './invariants/index.ts';

/** What came of the history of one seed. */
export interface SeedResult {
  readonly seed: number;
  /** None: the invariants held. */
  readonly violations: readonly Violation[];
  /** Virtual time until everything had come to rest. */
  readonly endMs: number;
  /** Its thread was lost on it: it can be run neither shorter nor once more. */
  readonly lost?: true;
}

export interface SeedsOptions {
  /** Real time. */
  readonly clock: Clock;
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
/** A history takes a tenth of a second. */
const LIMIT_MINUTES = 2;

/** All results in the order of seeds. A thread that is lost on a seed is that seed's failure; rejects when one cannot begin. */
export async function runSeeds(options: SeedsOptions): Promise<readonly SeedResult[]> {
  const { firstSeed, histories, workers, onResult } = options;
  const results: SeedResult[] = [];
  const end = firstSeed + histories;
  let next = firstSeed;
  const work: Work = {
    take: () => (next < end ? next++ : undefined),
    tell: (result) => {
      results.push(result);
      onResult?.(result);
    },
  };
  const serve = async (): Promise<void> => {
    try {
      while (next < end) await runThread(options, work);
    } catch (error) {
      // Nothing is left to do for the others.
      next = end;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(workers, histories)) }, serve));
  return results.toSorted((a, b) => a.seed - b.seed);
}

interface Work {
  /** The next seed; undefined when all are taken. */
  readonly take: () => number | undefined;
  readonly tell: (result: SeedResult) => void;
}

/** One thread, until no seed is left or it is lost on one. */
function runThread({ clock, workerFile, execArgv }: SeedsOptions, { take, tell }: Work): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile, {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      ...(execArgv ? { execArgv: [...execArgv] } : {}),
    });
    let seed: number | undefined;
    let over = false;
    const end = (): void => {
      over = true;
      cancel();
      // Ends one in an endless loop, too.
      worker.terminate().then(() => resolve(), reject);
    };
    const lose = (how: string): void => {
      if (over) return;
      if (seed === undefined) reject(new Error(`a thread of the simulation ${how}`));
      else tell({ seed, violations: [{ invariant: 'bugs', atMs: 0, message: `the history ${how}` }], endMs: 0, lost: true });
      end();
    };
    const limit = (): CancelTimer =>
      clock.after(LIMIT_MINUTES * 60_000, () => lose(`did not ${seed === undefined ? 'begin' : 'end'} within ${LIMIT_MINUTES} minutes`));
    let cancel = limit();
    worker.on('error', (error) => lose(`failed: ${error.stack ?? String(error)}`));
    worker.on('exit', (code) => lose(`came to its end with exit code ${code}`));
    worker.on('message', (message: SeedResult | 'ready') => {
      if (over) return;
      if (message !== 'ready') tell(message);
      seed = take();
      if (seed === undefined) {
        end();
        return;
      }
      cancel();
      cancel = limit();
      worker.postMessage(seed);
    });
  });
}
