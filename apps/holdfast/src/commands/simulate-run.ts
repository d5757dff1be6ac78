// What `holdfast simulate` does: runs histories, and makes the first one that fails as short as it gets and tells it.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LabError } from '@holdfast/lab';
import {
  generateHistory,
  initialCluster,
  runSeeds,
  type SeedResult,
  type SeedsOptions,
  shrinkFailure,
  tellHistory,
} from '@holdfast/lab/simulation';
import type { Environment } from '../environment.ts';
import { failureLine, type SimulateProgress, simulateProgress } from './simulate-progress.ts';

export interface SimulateFlags {
  readonly seed: string;
  readonly histories: string;
  readonly threads?: string;
  readonly story?: boolean;
  readonly json?: boolean;
}

const LARGEST_SEED = 2 ** 32 - 1;
const LISTED = 20;

/** The exit code: 1 when an invariant did not hold. */
export async function runSimulate(environment: Environment, flags: SimulateFlags): Promise<number> {
  const { stdout, stderr, clock } = environment;
  const firstSeed = wholeNumber('--seed', flags.seed, 0);
  const histories = wholeNumber('--histories', flags.histories, 1);
  const workers = flags.threads === undefined ? availableParallelism() : wholeNumber('--threads', flags.threads, 1);
  if (flags.story) {
    const from = await initialCluster();
    for (const line of await tellHistory(generateHistory(firstSeed), { from })) stdout.write(`${line}\n`);
    return 0;
  }
  const workerFile = pathToFileURL(join(environment.programFolder, 'simulate-worker.mjs'));
  const progress = simulateProgress(stderr, clock, histories);
  const { results, failures, seconds, story } = await outcomeOf({ clock, firstSeed, histories, workers, workerFile }, progress).finally(
    () => progress.end(),
  );
  if (flags.json) {
    const simulatedSeconds = Math.round(results.reduce((sum, { endMs }) => sum + endMs, 0) / 1000);
    const report = { firstSeed, histories, seconds, simulatedSeconds, failures, ...(story ? { shortest: story } : {}) };
    stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  } else for (const line of textOf(results, failures, seconds, story?.story)) stdout.write(`${line}\n`);
  return failures.length > 0 ? 1 : 0;
}

interface Outcome {
  readonly results: readonly SeedResult[];
  readonly failures: readonly SeedResult[];
  readonly seconds: number;
  readonly story: Story | undefined;
}

interface Story {
  readonly history: unknown;
  readonly story: readonly string[];
}

async function outcomeOf(options: SeedsOptions, progress: SimulateProgress): Promise<Outcome> {
  const startMs = options.clock.now();
  const results = await runSeeds({ ...options, onResult: (result) => progress.result(result) });
  const seconds = (options.clock.now() - startMs) / 1000;
  const failures = results.filter(({ violations }) => violations.length > 0);
  // What took its thread with it would take this one.
  const first = failures.find(({ lost }) => !lost);
  if (first) progress.shorten(first.seed);
  return { results, failures, seconds, story: first && (await storyOf(first)) };
}

async function storyOf({ seed }: SeedResult): Promise<Story | undefined> {
  const from = await initialCluster();
  const history = await shrinkFailure(generateHistory(seed), { from });
  return history && { history, story: await tellHistory(history, { from }) };
}

function textOf(
  results: readonly SeedResult[],
  failures: readonly SeedResult[],
  seconds: number,
  story: readonly string[] | undefined,
): readonly string[] {
  const first = results[0]?.seed ?? 0;
  const rate = `${(results.length / seconds).toFixed(1)} a second`;
  const what = `${results.length} histories from seed ${first}, ${rate}`;
  if (failures.length === 0) return [`${what}: every invariant held`];
  return [
    `${what}: an invariant did not hold in ${failures.length}`,
    ...failures.slice(0, LISTED).map((failure) => `  ${failureLine(failure)}`),
    ...(failures.length > LISTED ? [`  and ${failures.length - LISTED} more (--json lists all)`] : []),
    ...(story ? ['', 'The first of them, made as short as it gets:', '', ...story] : []),
  ];
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= LARGEST_SEED) return value;
  throw new LabError(`${flag}: ${JSON.stringify(text)} is not a whole number from ${least} to ${LARGEST_SEED}`);
}
