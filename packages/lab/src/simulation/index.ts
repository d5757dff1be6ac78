// The simulated cluster and the histories that are run on it.
export type { Change } from './recording-store.ts';
export type { InitialCluster } from './initial-cluster.ts';
export { initialCluster } from './initialise.ts';
export { Simulation, type SimulatedNode, type SimulationOptions } from './simulation.ts';
export { generateHistory } from './histories/generate.ts';
export type { Action, Fault, History, Step } from './histories/history.ts';
export type { InvariantName, Violation } from './histories/invariants/index.ts';
export { type Outcome, runHistory, type RunOptions } from './histories/run-history.ts';
export { runSeeds, type SeedResult, type SeedsOptions } from './histories/run-seeds.ts';
export { answerSeeds } from './histories/seed-worker.ts';
export { type BrokenRule, BROKEN_RULES, breakRule, concerns } from './histories/sabotage.ts';
export { shrink, shrinkFailure } from './histories/shrink.ts';
export { tellHistory, violationLine } from './histories/story.ts';
export { traceDigest } from './histories/trace-digest.ts';
