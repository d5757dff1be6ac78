// The probes of one run of a container together: the startup probe holds the others back.
import type { Clock } from '@holdfast/clock';
import type { Container, Probe } from '@holdfast/schema';
import type { ProbeOutcome, ProbePurpose, RunningContainer } from '../runtime/runtime.ts';
import { resolveAction } from './probe-action.ts';
import { ProbeWorker } from './probe-worker.ts';

type Purpose = Exclude<ProbePurpose, 'hook'>;

/** What the probes report. */
export interface ProbeListener {
  /** The container counts as started. */
  started(): void;
  ready(ready: boolean): void;
  /** The container must be killed; `graceSeconds` where the probe brings its own. */
  unhealthy(purpose: 'startup' | 'liveness', graceSeconds: number | undefined): void;
  /** A single check failed. */
  failed(purpose: Purpose, message: string): void;
}

export interface ContainerProbesOptions {
  readonly container: Container;
  readonly run: RunningContainer;
  readonly clock: Clock;
  readonly startedAtMs: number;
  readonly listener: ProbeListener;
}

export class ContainerProbes {
  readonly #options: ContainerProbesOptions;
  readonly #workers = new Map<Purpose, ProbeWorker>();

  constructor(options: ContainerProbesOptions) {
    this.#options = options;
  }

  start(): void {
    const { container, listener } = this.#options;
    if (!container.startupProbe) {
      this.#startOthers();
      return;
    }
    const probe = container.startupProbe;
    this.#watch('startup', probe, (success) => {
      this.#workers.get('startup')?.stop();
      if (success) this.#startOthers();
      else listener.unhealthy('startup', probe.terminationGracePeriodSeconds);
    });
  }

  /** The pod is terminating: only readiness is still of interest. */
  keepReadinessOnly(): void {
    this.#workers.get('startup')?.stop();
    this.#workers.get('liveness')?.stop();
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.stop();
  }

  #startOthers(): void {
    const { container, listener } = this.#options;
    listener.started();
    const { livenessProbe, readinessProbe } = container;
    if (readinessProbe) this.#watch('readiness', readinessProbe, (success) => listener.ready(success));
    else listener.ready(true);
    if (livenessProbe) {
      this.#watch('liveness', livenessProbe, (success) => {
        if (success) return;
        this.#workers.get('liveness')?.stop();
        listener.unhealthy('liveness', livenessProbe.terminationGracePeriodSeconds);
      });
    }
  }

  #watch(purpose: Purpose, probe: Probe, onResult: (success: boolean) => void): void {
    const { container, run, clock, startedAtMs, listener } = this.#options;
    const action = resolveAction(probe, container);
    const check = (timeoutMs: number): Promise<ProbeOutcome> =>
      action.kind === 'none' ? Promise.resolve({ success: false, message: action.problem }) : run.probe(purpose, action, timeoutMs);
    const worker = new ProbeWorker({
      probe,
      clock,
      startedAtMs,
      check,
      onResult,
      onFailure: (message) => listener.failed(purpose, message),
    });
    this.#workers.set(purpose, worker);
    worker.start();
  }
}
