// The simulated cluster: histories a second, the same trace for the same seed, and how soon a broken rule shows.
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Clock } from '@holdfast/clock';
import {
  breakRule,
  BROKEN_RULES,
  concerns,
  generateHistory,
  initialCluster,
  runHistory,
  runSeeds,
  traceDigest,
} from '@holdfast/lab/simulation';

const WORKER = pathToFileURL(fileURLToPath(new URL('../dist/simulate-worker.mjs', import.meta.url)));

type Figures = Readonly<Record<string, number>>;

/** Run: HOLDFAST_HISTORIES=10000 npm run bench -- simulate (default 500 histories). */
export async function historyFigures(clock: Clock): Promise<Figures> {
  const histories = Number(process.env['HOLDFAST_HISTORIES'] ?? 500);
  const started = clock.now();
  const results = await runSeeds({ clock, firstSeed: 1, histories, workers: availableParallelism(), workerFile: WORKER });
  const seconds = (clock.now() - started) / 1000;
  return {
    histories,
    'that broke an invariant': results.filter(({ violations }) => violations.length > 0).length,
    seconds,
    'histories per second': histories / seconds,
  };
}

/** Runs one eventful history HOLDFAST_RUNS times (default 1,000) and counts the different traces: 1 is what is wanted. */
export async function sameTraceFigures(): Promise<Figures> {
  const from = await initialCluster();
  const runs = Number(process.env['HOLDFAST_RUNS'] ?? 1000);
  const history = generateHistory(4);
  const digests = new Set<string>();
  for (let run = 0; run < runs; run++) digests.add(await traceDigest(history, from));
  return { runs, 'different traces': digests.size };
}

/** The number of the first history that notices each broken rule; histories are those of seeds 1, 2, 3 … */
export async function brokenRuleFigures(): Promise<Figures> {
  const from = await initialCluster();
  const figures: Record<string, number> = {};
  for (const rule of BROKEN_RULES) {
    for (let seed = 1; figures[rule] === undefined; seed++) {
      const history = generateHistory(seed);
      if (!concerns(rule, history)) continue;
      const { violations } = await runHistory(history, { from, sabotage: breakRule(rule) });
      if (violations.some(({ invariant }) => invariant === rule)) figures[rule] = seed;
    }
  }
  return figures;
}
