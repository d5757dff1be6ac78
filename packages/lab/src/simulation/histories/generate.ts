// A random history from a seed: the same seed gives the same history.
import { type Random, seededRandom } from '@holdfast/clock';
import type { Action, Fault, History, Step } from './history.ts';
import { type Budget, nodeName, type SetShape, type World } from './world.ts';

const MOST_REPLICAS = 4;
const MOST_STEPS = 12;
/** What a step waits at most after the one before it. */
const GAP_MS = 40_000;
/** A history in so many is run twice, to compare. */
const COMPARED_ONE_IN = 6;

/** The controllers that matter to what is in a world, and how often something happens to each. */
const CONTROLLERS: readonly (readonly [number, string])[] = [
  [6, 'statefulset-controller'],
  [2, 'persistent-volume-binder'],
  [1, 'pvc-protection-controller'],
  [1, 'pv-protection-controller'],
  [1, 'attachdetach-controller'],
  [2, 'generic-garbage-collector'],
  [2, 'node-controller'],
  [2, 'disruption-controller'],
  [1, 'pod-garbage-collector'],
];

/** The history of a seed. */
export function generateHistory(seed: number): History {
  const random = seededRandom(seed);
  const whole = generateWorld(random);
  const count = 1 + random.int(MOST_STEPS);
  const steps: Step[] = [];
  let atMs = 0;
  for (let index = 0; index < count; index++) {
    atMs += gap(random);
    const step = random.next() < 0.55 ? generateAction(random, whole) : generateFault(random, whole);
    steps.push({ atMs, ...step });
  }
  const restart = random.int(COMPARED_ONE_IN) === 0 ? { atMs: random.int(atMs + 30_000), program: restarted(random) } : undefined;
  const named = new Set([...steps.map((step) => ('program' in step ? step.program : '')), restart?.program]);
  const world = { ...whole, apart: CONTROLLERS.map(([, account]) => account).filter((account) => named.has(account)) };
  return { seed, world, steps, ...(restart ? { restart } : {}) };
}

/** What a restart must not be noticed of, whenever it comes. */
function restarted(random: Random): string {
  return random.next() < 0.4 ? 'controllers' : random.next() < 0.8 ? weightedName(random, CONTROLLERS) : 'scheduler';
}

/** Often moments apart, so that steps meet each other under way. */
function gap(random: Random): number {
  return random.next() < 0.5 ? 1 + random.int(2000) : 1 + random.int(GAP_MS);
}

function generateWorld(random: Random): World {
  const nodes = 1 + random.int(4);
  const sets = Array.from({ length: random.next() < 0.7 ? 1 : 2 }, (_, index) => generateSet(random, index === 0 ? 'db' : 'log'));
  return {
    nodes,
    disks: Math.ceil((sets.filter(({ storage }) => storage).length * MOST_REPLICAS) / nodes) + 1,
    sets,
    apart: [],
    startMs: random.int(3) * 500,
    readyMs: random.int(3) * 2000,
    stopMs: random.int(4) * 2000,
  };
}

function generateSet(random: Random, name: string): SetShape {
  const replicas = 1 + random.int(MOST_REPLICAS);
  return {
    name,
    policy: random.next() < 0.7 ? 'OrderedReady' : 'Parallel',
    replicas,
    storage: random.next() < 0.7,
    strategy: random.next() < 0.85 ? 'RollingUpdate' : 'OnDelete',
    partition: random.next() < 0.2 ? random.int(replicas) : 0,
    minReadySeconds: random.next() < 0.2 ? 1 + random.int(10) : 0,
    whenScaled: random.next() < 0.3 ? 'Delete' : 'Retain',
    whenDeleted: random.next() < 0.3 ? 'Delete' : 'Retain',
    ...(random.next() < 0.6 ? { budget: generateBudget(random, replicas) } : {}),
  };
}

function generateBudget(random: Random, replicas: number): Budget {
  return pick(random, [
    { minAvailable: random.int(replicas + 1) },
    { minAvailable: pick(random, ['50%', '51%', '100%']) },
    { maxUnavailable: random.int(replicas + 1) },
    { maxUnavailable: pick(random, ['0%', '34%', '50%']) },
  ]);
}

function generateAction(random: Random, world: World): Action {
  const set = pick(random, world.sets);
  const node = nodeName(random.int(world.nodes));
  const pod = random.int(MOST_REPLICAS);
  return weighted<Action>(random, [
    [4, () => ({ do: 'scale', set: set.name, replicas: random.int(MOST_REPLICAS + 1) })],
    [3, () => ({ do: 'rollout', set: set.name, version: 2 + random.int(3) })],
    [1, () => ({ do: 'rollout', set: set.name, version: 'missing' })],
    [1, () => ({ do: 'partition', set: set.name, ordinal: random.int(MOST_REPLICAS) })],
    [3, () => ({ do: 'deletePod', set: set.name, pod })],
    [4, () => ({ do: 'evictPod', set: set.name, pod })],
    [2, () => ({ do: 'deleteClaim', set: set.name, claim: pod })],
    [1, () => ({ do: 'deleteSet', set: set.name, propagation: pick(random, ['Background', 'Foreground', 'Orphan'] as const) })],
    [1, () => ({ do: 'createSet', set: set.name })],
    [1, () => ({ do: 'cordon', node })],
    [1, () => ({ do: 'uncordon', node })],
    [3, () => ({ do: 'drain', node })],
  ]);
}

function generateFault(random: Random, world: World): Fault {
  const set = pick(random, world.sets).name;
  const pod = random.int(MOST_REPLICAS);
  const node = nodeName(random.int(world.nodes));
  const program = generateProgram(random, node);
  const forMs = duration(random);
  const kind = pick(random, ['lostReply', 'lostReply', 'refused', 'conflict', 'unavailable'] as const);
  return weighted<Fault>(random, [
    [3, () => ({ fault: 'crashPod', set, pod })],
    [2, () => ({ fault: 'hangPod', set, pod })],
    [3, () => ({ fault: 'loseNode', node, forMs, removed: random.next() < 0.2 })],
    [4, () => ({ fault: 'restart', program, forMs })],
    [1, () => ({ fault: 'restartApi', forMs: random.int(20_000) })],
    [3, () => ({ fault: 'partition', program, forMs })],
    [2, () => ({ fault: 'slow', program, forMs, delayMs: 1 + random.int(3000) })],
    [4, () => ({ fault: kind, program, forMs, oneIn: 1 + random.int(4) })],
  ]);
}

function generateProgram(random: Random, node: string): string {
  return weighted<string>(random, [
    [2, () => 'controllers'],
    [3, () => weightedName(random, CONTROLLERS)],
    [1, () => 'scheduler'],
    [3, () => node],
  ]);
}

/** Mostly short; at times long enough for evictions by taints and for the force detach. */
function duration(random: Random): number {
  if (random.next() < 0.6) return random.int(10_000);
  return random.next() < 0.8 ? random.int(90_000) : random.int(500_000);
}

function pick<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[random.int(choices.length)];
  if (choice === undefined) throw new Error('there is nothing to choose from');
  return choice;
}

function weightedName(random: Random, choices: readonly (readonly [number, string])[]): string {
  return weighted(
    random,
    choices.map(([weight, name]) => [weight, () => name] as const),
  );
}

function weighted<T>(random: Random, choices: readonly (readonly [number, () => T])[]): T {
  let left = random.int(choices.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of choices) {
    if (left < weight) return make();
    left -= weight;
  }
  throw new Error('no choice has a weight');
}
