// Parts of a control plane as programs of their own.
export type { ProgramOptions } from './run-leader.ts';
export { runControllers, runScheduler } from './run-leader.ts';
export type { KubeletOptions } from './run-agent.ts';
export { runAgent } from './run-agent.ts';
