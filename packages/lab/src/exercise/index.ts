export type { CockroachExerciseOptions } from './cockroachdb.ts';
export { COCKROACH_STEPS, runCockroachExercise } from './cockroachdb.ts';
export { type LiveLine, liveLine, type ProgressOutput } from './live-line.ts';
export type { Progress } from './progress.ts';
export { textProgress } from './progress.ts';
export type { Criterion, ExerciseReport, StepReport, WriteReport } from './report.ts';
