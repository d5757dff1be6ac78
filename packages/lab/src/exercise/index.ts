export type { CockroachExerciseOptions } from './cockroachdb.ts';
export { COCKROACH_STEPS, runCockroachExercise } from './cockroachdb.ts';
export type { Progress, ProgressOutput } from './progress.ts';
export { textProgress } from './progress.ts';
export type { Criterion, ExerciseReport, StepReport, WriteReport } from './report.ts';
