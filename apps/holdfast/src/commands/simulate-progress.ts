// What `holdfast simulate` tells while it works, on stderr: how far it is, and each history that fails as soon as it does.
import { type Clock, every } from '@holdfast/clock';
import { liveLine, type ProgressOutput } from '@holdfast/lab/exercise';
import { type SeedResult, violationLine } from '@holdfast/lab/simulation';

const TERMINAL_MS = 1000;
const PLAIN_MS = 10_000;

export interface SimulateProgress {
  /** A history has ended. */
  result(result: SeedResult): void;
  /** All have, and one of them is made shorter. */
  shorten(seed: number): void;
  /** Nothing more is told. */
  end(): void;
}

export function failureLine({ seed, violations }: SeedResult): string {
  return `seed ${seed} ${violations.slice(0, 1).map(violationLine).join('')}`;
}

/** Work that ends before the first line is due goes without. */
export function simulateProgress(output: ProgressOutput, clock: Clock, histories: number): SimulateProgress {
  const live = liveLine(output);
  let startMs = clock.now();
  let ended = 0;
  let failed = 0;
  let shortened: number | undefined;
  const status = (): string => {
    const seconds = (clock.now() - startMs) / 1000;
    if (shortened !== undefined) return `making the history of seed ${shortened} shorter, for ${duration(seconds)}`;
    const rate = ended / seconds;
    const left = ended === 0 ? [] : [`about ${duration((histories - ended) / rate)} left`];
    const failures = failed === 0 ? [] : [`${failed} failed`];
    return [`${ended} of ${histories} histories`, `${rate.toFixed(1)} a second`, ...failures, ...left].join(', ');
  };
  const stop = every(clock, output.isTTY ? TERMINAL_MS : PLAIN_MS, () => live.status(status()));
  return {
    result(result) {
      ended++;
      if (result.violations.length === 0) return;
      failed++;
      live.line(failureLine(result));
    },
    shorten(seed) {
      shortened = seed;
      startMs = clock.now();
      live.clear();
    },
    end() {
      stop();
      live.clear();
    },
  };
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % 60} s`;
}
