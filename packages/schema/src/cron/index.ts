export type { CronClock } from './next.ts';
export { cronClock } from './next.ts';
export type { CronSchedule } from './parse.ts';
export { CronProblem, cronProblem, parseCron } from './parse.ts';
export { timeZone } from './zone.ts';
