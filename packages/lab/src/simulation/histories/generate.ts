// A random history from a seed: the same seed gives the same history.
import { type Random, seededRandom } from '@holdfast/clock';
import { pick, weighted } from './chances.ts';
import type { Action, Fault, History, Step } from './history.ts';
import { kindOf, type WorkloadShape } from './workloads/index.ts';
import { MOST_REPLICAS } from './workloads/workload.ts';
import { hasStorage, nodeName, type World } from './world.ts';

const MOST_STEPS = 12;
/** What a step waits at most after the one before it. */
const GAP_MS = 40_000;
/** A history in so many is run twice, to compare. */
const COMPARED_ONE_IN = 6;

/** In a history in so many the workloads have an owner. */
const OWNED_ONE_IN = 6;
const MOST_OWNER_STEPS = 6;
/** Makes of a history's seed the one for its owner. */
const OWNER_CHANCES = 0x6f_77_6e_72;
const COLLECTOR = 'generic-garbage-collector';

/** In a history in so many the namespace is deleted. */
const NAMESPACE_GOES_ONE_IN = 8;
const NAMESPACE_CONTROLLER = 'namespace-controller';

/** Controllers and how often something happens to each, where a world holds what they work on. */
const CONTROLLERS: Readonly<Record<WorkloadShape['kind'] | 'storage' | 'all', readonly (readonly [number, string])[]>> = {
  StatefulSet: [[6, 'statefulset-controller']],
  Deployment: [
    [5, 'deployment-controller'],
    [4, 'replicaset-controller'],
  ],
  DaemonSet: [[6, 'daemon-set-controller']],
  Job: [[8, 'job-controller']],
  storage: [
    [2, 'persistent-volume-binder'],
    [1, 'pvc-protection-controller'],
    [1, 'pv-protection-controller'],
    [1, 'attachdetach-controller'],
  ],
  all: [
    [2, COLLECTOR],
    [2, 'node-controller'],
    [2, 'disruption-controller'],
    [2, 'endpointslice-controller'],
    [1, 'pod-garbage-collector'],
  ],
};

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
  const restart = random.int(COMPARED_ONE_IN) === 0 ? { atMs: random.int(atMs + 30_000), program: restarted(random, whole) } : undefined;
  if (random.int(NAMESPACE_GOES_ONE_IN) === 0) {
    // When there is room for it again depends on how long its end took: two runs need not agree.
    const goes = namespaceGoes(random, atMs, restart === undefined);
    steps.splice(0, steps.length, ...inOrder([...steps, ...goes]));
  }
  // Chances of its own: what else happens does not depend on whether there is an owner.
  const ofOwners = seededRandom(seed ^ OWNER_CHANCES);
  const owned = ofOwners.int(OWNED_ONE_IN) === 0;
  if (owned) steps.splice(0, steps.length, ...inOrder([...steps, ...ownerSteps(ofOwners, atMs, restart === undefined)]));
  const named = new Set([...steps.map((step) => ('program' in step ? step.program : '')), restart?.program]);
  const apart = [...controllersOf(whole).map(([, account]) => account), NAMESPACE_CONTROLLER].filter((account) => named.has(account));
  return { seed, world: { ...whole, ...(owned ? { owned } : {}), apart }, steps, ...(restart ? { restart } : {}) };
}

function inOrder(steps: readonly Step[]): readonly Step[] {
  return steps.toSorted((a, b) => a.atMs - b.atMs);
}

/** What happens to an owner and its resource, at times with something that happens to who cleans up after it. */
function ownerSteps(random: Random, endMs: number, mayGo: boolean): readonly Step[] {
  const steps = Array.from(
    { length: 1 + random.int(MOST_OWNER_STEPS) },
    (): Step => ({ atMs: random.int(endMs + 20_000), ...ownerAction(random, mayGo) }),
  );
  if (random.next() < 0.5) steps.push({ atMs: random.int(endMs + 20_000), ...programFault(random, COLLECTOR) });
  return steps;
}

/** When there is room again for a workload that goes with its owner depends on how long that took: two runs need not agree. */
function ownerAction(random: Random, mayGo: boolean): Action {
  const served = pick(random, [['v1'], ['v1', 'v2'], ['v2'], ['v2'], []] as const);
  const ends: readonly Choice[] = [
    [3, () => ({ do: 'createOwner' })],
    [2, () => ({ do: 'deleteOwner', propagation: pick(random, ['Background', 'Foreground', 'Orphan'] as const) })],
    [1, () => ({ do: 'deleteDefinition' })],
  ];
  return weighted<Action>(random, [[5, () => ({ do: 'serve', versions: served })], ...(mayGo ? ends : [])]);
}

/** The end of the namespace, at times with something that happens to its controller, or with a new beginning. */
function namespaceGoes(random: Random, endMs: number, mayReturn: boolean): readonly Step[] {
  const atMs = random.int(endMs + 1);
  const steps: Step[] = [{ atMs, do: 'deleteNamespace' }];
  if (random.next() < 0.5) steps.push({ atMs: atMs + random.int(8000), ...programFault(random, NAMESPACE_CONTROLLER) });
  // Mostly about when it is gone, so that what still ends meets what begins.
  if (mayReturn && random.next() < 0.5)
    steps.push({ atMs: atMs + random.int(random.next() < 0.7 ? 12_000 : 90_000), do: 'createNamespace' });
  return steps;
}

/** What a restart must not be noticed of, whenever it comes. */
function restarted(random: Random, world: World): string {
  return random.next() < 0.4 ? 'controllers' : random.next() < 0.8 ? controllerIn(random, world) : 'scheduler';
}

/** Often moments apart, so that steps meet each other under way. */
function gap(random: Random): number {
  return random.next() < 0.5 ? 1 + random.int(2000) : 1 + random.int(GAP_MS);
}

function generateWorld(random: Random): World {
  const nodes = 1 + random.int(4);
  const workloads = Array.from({ length: random.next() < 0.7 ? 1 : 2 }, (_, index) => {
    const kind = weighted<WorkloadShape['kind']>(random, [
      [11, () => 'StatefulSet'],
      [5, () => 'Deployment'],
      [2, () => 'DaemonSet'],
      [2, () => 'Job'],
    ]);
    return kindOf({ kind }).generate(random, index === 0 ? 'db' : 'log');
  });
  return {
    nodes,
    disks: Math.ceil((workloads.filter((shape) => 'storage' in shape && shape.storage).length * MOST_REPLICAS) / nodes) + 1,
    workloads,
    publishNotReady: random.next() < 0.3,
    apart: [],
    startMs: random.int(3) * 500,
    readyMs: random.int(3) * 2000,
    stopMs: random.int(4) * 2000,
  };
}

function generateAction(random: Random, world: World): Action {
  const shape = pick(random, world.workloads);
  const workload = shape.name;
  const node = nodeName(random.int(world.nodes));
  const pod = random.int(MOST_REPLICAS);
  return weighted<Action>(random, [
    ...actionsOn(random, shape),
    [3, () => ({ do: 'deletePod', workload, pod })],
    [4, () => ({ do: 'evictPod', workload, pod })],
    [1, () => ({ do: 'deleteWorkload', workload, propagation: pick(random, ['Background', 'Foreground', 'Orphan'] as const) })],
    [1, () => ({ do: 'createWorkload', workload })],
    [1, () => ({ do: 'cordon', node })],
    [1, () => ({ do: 'uncordon', node })],
    [3, () => ({ do: 'drain', node })],
  ]);
}

type Choice = readonly [number, () => Action];

/** What only this kind of workload lets its user do. */
function actionsOn(random: Random, { kind, name: workload }: WorkloadShape): readonly Choice[] {
  const scale: Choice = [4, () => ({ do: 'scale', workload, replicas: random.int(MOST_REPLICAS + 1) })];
  const rollouts: readonly Choice[] = [
    [3, () => ({ do: 'rollout', workload, version: 2 + random.int(3) })],
    [1, () => ({ do: 'rollout', workload, version: 'missing' })],
  ];
  const pauses: readonly Choice[] = [
    [1, () => ({ do: 'pause', workload })],
    [1, () => ({ do: 'resume', workload })],
  ];
  switch (kind) {
    case 'StatefulSet':
      return [
        scale,
        ...rollouts,
        [1, () => ({ do: 'partition', workload, ordinal: random.int(MOST_REPLICAS) })],
        [2, () => ({ do: 'deleteClaim', workload, claim: random.int(MOST_REPLICAS) })],
      ];
    case 'Deployment':
      return [scale, ...rollouts, [2, () => ({ do: 'undo', workload })], ...pauses];
    case 'DaemonSet':
      return rollouts;
    case 'Job':
      return [scale, ...pauses];
  }
}

function generateFault(random: Random, world: World): Fault {
  const workload = pick(random, world.workloads).name;
  const pod = random.int(MOST_REPLICAS);
  const node = nodeName(random.int(world.nodes));
  const program = generateProgram(random, world, node);
  const forMs = duration(random);
  const [restart, ...others] = programFaults(random, program, forMs);
  return weighted<Fault>(random, [
    [3, () => ({ fault: 'crashPod', workload, pod })],
    [2, () => ({ fault: 'hangPod', workload, pod })],
    [3, () => ({ fault: 'loseNode', node, forMs, removed: random.next() < 0.2 })],
    restart,
    [1, () => ({ fault: 'restartApi', forMs: random.int(20_000) })],
    ...others,
  ]);
}

function programFault(random: Random, program: string): Fault {
  return weighted(random, programFaults(random, program, duration(random)));
}

type FaultChoice = readonly [number, () => Fault];

/** What can happen to any program: it ends, or its way to the API is not as it should be. */
function programFaults(random: Random, program: string, forMs: number): readonly [FaultChoice, ...FaultChoice[]] {
  const kind = pick(random, ['lostReply', 'lostReply', 'refused', 'conflict', 'unavailable'] as const);
  return [
    [4, () => ({ fault: 'restart', program, forMs })],
    [3, () => ({ fault: 'partition', program, forMs })],
    [2, () => ({ fault: 'slow', program, forMs, delayMs: 1 + random.int(3000) })],
    [4, () => ({ fault: kind, program, forMs, oneIn: 1 + random.int(4) })],
  ];
}

function generateProgram(random: Random, world: World, node: string): string {
  return weighted<string>(random, [
    [2, () => 'controllers'],
    [3, () => controllerIn(random, world)],
    [1, () => 'scheduler'],
    [3, () => node],
  ]);
}

function controllerIn(random: Random, world: World): string {
  return weighted(
    random,
    controllersOf(world).map(([weight, account]) => [weight, () => account] as const),
  );
}

function controllersOf(world: World): readonly (readonly [number, string])[] {
  const kinds = new Set(world.workloads.map(({ kind }) => kind));
  return [...[...kinds].flatMap((kind) => CONTROLLERS[kind]), ...(hasStorage(world) ? CONTROLLERS.storage : []), ...CONTROLLERS.all];
}

/** Mostly short; at times long enough for evictions by taints and for the force detach. */
function duration(random: Random): number {
  if (random.next() < 0.6) return random.int(10_000);
  return random.next() < 0.8 ? random.int(90_000) : random.int(500_000);
}
