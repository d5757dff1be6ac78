// Runs one history and watches the invariants.
import type { SimulatedBehaviour, SimulatedContainer } from '@holdfast/agent';
import type { KubeObject, ResourceType } from '@holdfast/schema';
import type { Change } from '../recording-store.ts';
import type { InitialCluster } from '../initial-cluster.ts';
import { Simulation } from '../simulation.ts';
import { perform } from './actions.ts';
import { converge } from './converge.ts';
import { Deeds } from './deeds.ts';
import { begin } from './faults.ts';
import { finalState, leftFinalizers } from './final-state.ts';
import type { History, Step } from './history.ts';
import { type InvariantName, invariants, type Violation } from './invariants/index.ts';
import type { Sabotage } from './sabotage.ts';
import { BAD_IMAGE, NAMESPACE, taskOf } from './workloads/pod-template.ts';
import { makeWorld, nodeName, type World } from './world.ts';

export interface RunOptions {
  /** What the world is put into; one for all histories of a process. */
  readonly from: InitialCluster;
  readonly sabotage?: Sabotage;
  /** Told of every change; times are since the world was set up, negative before. */
  readonly observe?: (change: Change, atMs: number) => void;
  /** Told of every step, with what the server answered to it. */
  readonly onStep?: (step: Step, answer: string) => void;
}

export interface Outcome {
  /** None: the invariants held. */
  readonly violations: readonly Violation[];
  /** When everything had come to rest. */
  readonly endMs: number;
}

/** Stops at the first violation, since what follows from it says nothing new. */
export async function runHistory(history: History, options: RunOptions): Promise<Outcome> {
  const first = await runOnce(history, options);
  if (first.violations.length > 0 || !history.restart) return first;
  const { program, atMs } = history.restart;
  const restart = { atMs, fault: 'restart', program, forMs: 0 } as const;
  const steps = [...history.steps, restart].toSorted((a, b) => a.atMs - b.atMs);
  const second = await runOnce({ ...history, steps }, { from: options.from, ...(options.sabotage ? { sabotage: options.sabotage } : {}) });
  if (second.violations.length > 0) return second;
  const missing = first.state.filter((line) => !second.state.includes(line));
  const added = second.state.filter((line) => !first.state.includes(line));
  if (missing.length + added.length === 0) return first;
  const message = `after a restart of ${program} at ${atMs} ms there is ${added.join(', ') || 'nothing'} instead of ${missing.join(', ') || 'nothing'}`;
  return { violations: [{ invariant: 'restart', atMs: second.endMs, message }], endMs: second.endMs };
}

/**
 * After so many requests in no time a program is held to the rate of kube-controller-manager's clients (`--kube-api-qps`): time must go on
 * for programs that wake each other for ever, since what ends it may take time. Its burst is 30; what a history needs is far from this one.
 */
const RATE_LIMIT = { qps: 20, burst: 1000 };

interface RunOnce extends Outcome {
  readonly state: readonly string[];
}

async function runOnce(history: History, { from, sabotage = {}, observe, onStep }: RunOptions): Promise<RunOnce> {
  const { world } = history;
  const violations: Violation[] = [];
  const deeds = new Deeds();
  let beginMs = Number.POSITIVE_INFINITY;
  const sinceBegin = (): number => sim.clock.now() - beginMs;
  const report = (invariant: InvariantName, message: string): void => {
    violations.push({ invariant, atMs: sinceBegin(), message });
  };
  const watched = invariants((name) => ({
    deeds,
    list: (type) => sim.list(type),
    get: <T extends KubeObject>(type: ResourceType<T>, name: string) =>
      sim.store.get(`${type.group || 'core'}/${type.resource}/${type.namespaced ? `${NAMESPACE}/` : ''}${name}`)?.value as T | undefined,
    containers: () => sim.runtime.containers(),
    report: (message) => report(name, message),
  }));
  const sim: Simulation = new Simulation({
    seed: history.seed,
    from,
    nodes: Array.from({ length: world.nodes }, (_, index) => ({ name: nodeName(index) })),
    apart: world.apart,
    script: {
      hasImage: (reference) => reference !== BAD_IMAGE,
      container: (container) => behaviourOf(world, container),
    },
    ...sabotage,
    rateLimit: RATE_LIMIT,
    onWait: (program, { method, path }) => {
      // A program with an old view makes again what another takes away, and neither can know better until it catches up.
      if (violations.length > 0 || !deeds.seenByAll(sim.clock.now())) return;
      report('bugs', `${program} sends requests without end; one of them: ${method} ${path}`);
    },
    onStart: (container) => {
      for (const invariant of watched) invariant.started?.(container);
    },
    observe: (change, atMs) => {
      for (const invariant of watched) invariant.change?.(change, atMs);
      observe?.(change, atMs - beginMs);
    },
  });
  await sim.start();
  beginMs = sim.clock.now();
  await makeWorld(sim, world);
  const onFailure = (error: unknown): void => report('bugs', `a program could not start: ${String(error)}`);
  await play(history, { sim, world, deeds, random: sim.random, onFailure }, violations, onStep);
  // Without the restart as with it: the two runs must not differ in when their user begins to clear away.
  const restartMs = beginMs + (history.restart?.atMs ?? 0);
  if (violations.length === 0) await sim.advance(Math.max(0, restartMs - sim.clock.now()));
  if (violations.length === 0) {
    for (const { invariant, message } of await converge(sim, world, deeds)) report(invariant, `an hour after the last fault ${message}`);
    for (const problem of leftFinalizers(sim)) report('finalizers', problem);
  }
  for (const bug of sim.bugs) report('bugs', `the server ran into a bug: ${bug instanceof Error ? bug.stack : String(bug)}`);
  const endMs = sinceBegin();
  const state = violations.length === 0 ? finalState(sim) : [];
  await sim.abandon();
  return { violations, endMs, state };
}

/** Tasks end by themselves; whether a flaky one does so well depends on its pod and attempt alone. */
function behaviourOf({ startMs, readyMs, stopMs }: World, { image, uid, restartCount }: SimulatedContainer): SimulatedBehaviour {
  const task = taskOf(image.reference);
  if (!task) return { startMs, readyAfterMs: readyMs, stopMs };
  const fails = task.flaky && (Number.parseInt(uid.slice(0, 8), 16) + restartCount) % 3 === 0;
  return { startMs, exitAfterMs: startMs + task.runMs, exitCode: fails ? 1 : 0, stopMs };
}

/** Steps and recoveries in order of time. */
async function play(
  { steps, world }: History,
  breaking: Parameters<typeof begin>[0],
  violations: readonly Violation[],
  onStep: RunOptions['onStep'],
): Promise<void> {
  const { sim, deeds } = breaking;
  const beginMs = sim.clock.now();
  const agenda: { atMs: number; run: () => Promise<void> | void }[] = steps.map((step) => ({
    atMs: step.atMs,
    run: async () => {
      if ('do' in step) {
        const answer = await perform(sim, world, step, deeds);
        onStep?.(step, answer);
        return;
      }
      const recover = await begin(breaking, step);
      onStep?.(step, '');
      if (recover) agenda.push({ atMs: step.atMs + ('forMs' in step ? step.forMs : 0), run: recover });
    },
  }));
  while (agenda.length > 0 && violations.length === 0) {
    // The first of those that come next: ties in the order in which they were planned.
    const next = agenda.reduce((least, entry) => (entry.atMs < least.atMs ? entry : least));
    agenda.splice(agenda.indexOf(next), 1);
    await sim.advance(Math.max(0, beginMs + next.atMs - sim.clock.now()));
    await next.run();
  }
}
