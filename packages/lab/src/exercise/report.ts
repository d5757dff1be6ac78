// What an exercise reports; the names are the same for every exercise.

/** Something that had to hold. */
export interface Criterion {
  readonly name: string;
  readonly met: boolean;
  /** What was seen, in words. */
  readonly evidence: string;
}

/** What the writer that ran all the time found. */
export interface WriteReport {
  /** Writes that the database confirmed. */
  readonly acknowledged: number;
  /** Confirmed writes that could not be read back at the end: must be 0. */
  readonly lost: number;
  /** The longest time without a confirmation, in milliseconds. */
  readonly longestGapMs: number;
}

/** One step with how long it took. */
export interface StepReport {
  readonly name: string;
  /** The command that a user would type for it. */
  readonly command: string;
  readonly durationMs: number;
  readonly evidence: readonly string[];
}

export interface ExerciseReport {
  readonly exercise: string;
  readonly lab: string;
  readonly startedAt: string;
  readonly passed: boolean;
  readonly criteria: readonly Criterion[];
  readonly writes: WriteReport;
  /** From `uncordon` until all database nodes are live again, in milliseconds; null when it did not come to that. */
  readonly recoveryMs: number | null;
  readonly image: { readonly requested: string; readonly ran: 'real' | 'understudy' | 'unknown'; readonly detail: string };
  readonly steps: readonly StepReport[];
  /** Why the exercise ended early, if it did. */
  readonly error?: string;
}
