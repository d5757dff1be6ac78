// One probe of one running container: when to check, and when enough checks agree to count.
import type { CancelTimer, Clock } from '@holdfast/clock';
import type { Probe } from '@holdfast/schema';
import type { ProbeOutcome } from '../runtime/runtime.ts';

/** Upstream's defaults, for probes that came without. */
const DEFAULTS = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

export interface ProbeWorkerOptions {
  readonly probe: Probe;
  readonly clock: Clock;
  /** When the container started: the initial delay counts from there. */
  readonly startedAtMs: number;
  readonly check: (timeoutMs: number) => Promise<ProbeOutcome>;
  /** Called when as many checks in a row agree as the threshold asks for, each time. */
  readonly onResult: (success: boolean) => void;
  /** Called for every failed check. */
  readonly onFailure: (message: string) => void;
}

/** Counts results in a row. Pure apart from its own count. */
export class ResultRun {
  #last: boolean | undefined;
  #count = 0;

  /** Adds a result; true when the thresholds are met by it. */
  add(success: boolean, probe: Probe): boolean {
    this.#count = this.#last === success ? this.#count + 1 : 1;
    this.#last = success;
    const threshold = success
      ? (probe.successThreshold ?? DEFAULTS.successThreshold)
      : (probe.failureThreshold ?? DEFAULTS.failureThreshold);
    return this.#count >= threshold;
  }
}

/** Checks every period until stopped. The period runs from one check's beginning to the next one's. */
export class ProbeWorker {
  readonly #options: ProbeWorkerOptions;
  readonly #run = new ResultRun();
  #cancel: CancelTimer = () => undefined;
  #stopped = false;

  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
  }

  /** Makes the first check when the initial delay is over: at once when it already is. */
  start(): void {
    const { probe, clock, startedAtMs } = this.#options;
    const due = startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000;
    this.#schedule(Math.max(0, due - clock.now()));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #schedule(delayMs: number): void {
    if (!this.#stopped) this.#cancel = this.#options.clock.after(delayMs, () => void this.#check());
  }

  async #check(): Promise<void> {
    const { probe, clock, check, onResult, onFailure } = this.#options;
    const begin = clock.now();
    const { success, message } = await check((probe.timeoutSeconds ?? DEFAULTS.timeoutSeconds) * 1000);
    if (this.#stopped) return;
    if (!success) onFailure(message);
    if (this.#run.add(success, probe)) onResult(success);
    this.#schedule(Math.max(0, begin + (probe.periodSeconds ?? DEFAULTS.periodSeconds) * 1000 - clock.now()));
  }
}
