export type { SchedulerOptions } from './scheduler.ts';
export { createScheduler, scheduler } from './scheduler.ts';
// For those who explain or predict placements
export type { Diagnosis } from './fit-error.ts';
export { fitMessage, preemptionMessage } from './fit-error.ts';
