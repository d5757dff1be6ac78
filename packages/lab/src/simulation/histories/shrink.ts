// Makes a failing history smaller for as long as it fails in the same way.
import type { History, Step } from './history.ts';
import type { InvariantName } from './invariants/index.ts';
import { type RunOptions, runHistory } from './run-history.ts';
import { kindOf } from './workloads/index.ts';
import { programsOf, type World } from './world.ts';

/** What can be done only where there is an owner. */
const OF_OWNERS: ReadonlySet<string> = new Set(['serve', 'deleteOwner', 'deleteDefinition', 'createOwner']);

export interface ShrinkOptions {
  /** Whether a history still fails as the first one did. */
  readonly fails: (history: History) => Promise<boolean>;
  /** At most so many histories are tried (default 400). */
  readonly limit?: number;
}

/** The smallest failing history that was found; the given one when nothing smaller fails. */
export async function shrink(history: History, { fails, limit = 400 }: ShrinkOptions): Promise<History> {
  let smallest = history;
  let left = limit;
  for (let progress = true; progress && left > 0; ) {
    progress = false;
    // Each success begins anew from what it left: the candidates of a smaller history are fewer.
    for (const candidate of candidates(smallest)) {
      if (left-- <= 0) break;
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      progress = true;
      break;
    }
  }
  return smallest;
}

/** The smallest history that breaks the same invariant as this one breaks first; undefined when it breaks none. */
export async function shrinkFailure(history: History, options: Pick<RunOptions, 'from' | 'sabotage'>): Promise<History | undefined> {
  const broken = async (candidate: History): Promise<InvariantName | undefined> =>
    (await runHistory(candidate, options)).violations[0]?.invariant;
  const first = await broken(history);
  return first && shrink(history, { fails: async (candidate) => (await broken(candidate)) === first });
}

/** Smaller histories, those that leave out most first. */
export function* candidates(history: History): Generator<History> {
  const { restart, steps, world } = history;
  if (restart) yield { ...history, restart: undefined };
  for (let size = steps.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < steps.length; from += size) yield { ...history, steps: steps.toSpliced(from, size) };
  }
  for (const smaller of smallerWorlds(world)) yield { ...history, ...possible(history, smaller) };
  for (const [index, step] of steps.entries()) {
    for (const simpler of simplerSteps(step)) yield { ...history, steps: steps.with(index, simpler) };
  }
  // Earlier: the pause before a step, and all that follows with it.
  for (const [index, { atMs }] of steps.entries()) {
    const pauseMs = atMs - (steps[index - 1]?.atMs ?? 0);
    for (const cutMs of [pauseMs - 1, Math.floor(pauseMs / 2)]) {
      if (cutMs > 0) yield { ...history, steps: steps.map((step, at) => (at < index ? step : { ...step, atMs: step.atMs - cutMs })) };
    }
  }
}

function* smallerWorlds(world: World): Generator<World> {
  const { workloads } = world;
  for (const one of workloads) if (workloads.length > 1) yield { ...world, workloads: workloads.filter((other) => other !== one) };
  for (const account of world.apart) yield { ...world, apart: world.apart.filter((other) => other !== account) };
  if (world.nodes > 1) yield { ...world, nodes: world.nodes - 1, disks: Math.ceil((world.disks * world.nodes) / (world.nodes - 1)) };
  for (const [index, shape] of workloads.entries())
    for (const smaller of kindOf(shape).smaller(shape)) yield { ...world, workloads: workloads.with(index, smaller) };
  if (world.owned) yield { ...world, owned: false };
  if (world.publishNotReady) yield { ...world, publishNotReady: false };
  for (const field of ['startMs', 'readyMs', 'stopMs'] as const) if (world[field] > 0) yield { ...world, [field]: 0 };
}

function* simplerSteps(step: Step): Generator<Step> {
  if ('oneIn' in step && step.oneIn > 1) yield { ...step, oneIn: 1 };
  if ('forMs' in step && step.forMs > 1) {
    yield { ...step, forMs: 1 };
    yield { ...step, forMs: Math.floor(step.forMs / 2) };
  }
  if ('delayMs' in step && step.delayMs > 1) yield { ...step, delayMs: 1 };
}

/** What is left of a history in a smaller world. */
function possible({ steps, restart }: History, world: World): Pick<History, 'world' | 'steps' | 'restart'> {
  const programs = new Set(programsOf(world));
  return {
    world,
    steps: steps.filter((step) => isPossible(step, world, programs)),
    restart: restart && programs.has(restart.program) ? restart : undefined,
  };
}

function isPossible(step: Step, { workloads, owned }: World, names: ReadonlySet<string>): boolean {
  if ('do' in step && OF_OWNERS.has(step.do)) return owned === true;
  if ('workload' in step && !workloads.some(({ name }) => name === step.workload)) return false;
  if ('node' in step && !names.has(step.node)) return false;
  return !('program' in step) || names.has(step.program);
}
