// Runs the steps of an exercise, one after the other, and keeps what each one took and showed.
import type { Clock } from '@holdfast/clock';
import type { Progress } from './progress.ts';
import type { Criterion, StepReport } from './report.ts';

/** What a step's work is given. */
export interface StepContext {
  readonly status: (text: string) => void;
  readonly evidence: (text: string) => void;
}

/** Collects steps and criteria. */
export class StepRunner {
  readonly #clock: Clock;
  readonly #progress: Progress;
  readonly steps: StepReport[] = [];
  readonly criteria: Criterion[] = [];

  constructor(clock: Clock, progress: Progress) {
    this.#clock = clock;
    this.#progress = progress;
  }

  /** Runs one step; what it throws ends the exercise. */
  async step<T>(name: string, commands: readonly string[], work: (context: StepContext) => Promise<T>): Promise<T> {
    const started = this.#clock.now();
    const evidence: string[] = [];
    this.#progress.step(name, commands);
    try {
      const result = await work({
        status: (text) => this.#progress.status(text),
        evidence: (text) => {
          evidence.push(text);
          this.#progress.evidence(text);
        },
      });
      this.#progress.done(this.#clock.now() - started);
      return result;
    } catch (error) {
      this.#progress.failed(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      this.steps.push({ name, command: commands.join(' && '), durationMs: Math.round(this.#clock.now() - started), evidence });
    }
  }

  /** Notes whether something that had to hold did hold. */
  judge(name: string, met: boolean, evidence: string): void {
    this.criteria.push({ name, met, evidence });
  }
}
