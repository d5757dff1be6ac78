// One container of a pod through all its runs: start, probes, end, stop. Knows nothing of the other containers.
import type { Container, Pod } from '@holdfast/schema';
import type { Clock } from '@holdfast/clock';
import { ContainerConfigError, type EnvironmentSources, resolveEnvironment } from '../env/environment.ts';
import { expand } from '../env/expand.ts';
import { ContainerProbes } from '../probes/container-probes.ts';
import {
  type ContainerExit,
  type ContainerLog,
  type ContainerSpec,
  ContainerStartError,
  type Mount,
  type Runtime,
  type RuntimeImage,
  type RunningContainer,
} from '../runtime/runtime.ts';
import { backOffUntil, goDuration, nextBackOff } from './back-off.ts';
import { type ContainerRecord, lastTermination, type RoledContainer, type Termination } from './container-record.ts';
import { Deadline } from './deadline.ts';
import { ImagePuller } from './image-puller.ts';
import { runHook } from './lifecycle-hook.ts';

/** What the pod gives to its containers. */
export interface ContainerHost {
  readonly clock: Clock;
  readonly runtime: Runtime;
  readonly nodeName: string;
  readonly podFolder: string;
  readonly hostname: string;
  pod(): Pod;
  podIp(): string;
  environment(): EnvironmentSources;
  mountsOf(container: Container, env: Readonly<Record<string, string>>): readonly Mount[];
  /** Records an event about the container. */
  event(container: Container, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Records an event about the pod. */
  podEvent(type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Something has changed: look at the pod again. */
  changed(): void;
}

/** Shortest time a container gets between SIGTERM and SIGKILL, however long preStop and waiting for its turn took. */
const MIN_GRACE_MS = 2000;
/** Mistakes in the configuration are tried again as often. */
const CONFIG_RETRY_MS = 10_000;
const NO_LIMIT_MS = 24 * 3_600_000;

export class ContainerRunner {
  readonly container: Container;
  readonly #host: ContainerHost;
  readonly #images: ImagePuller;
  #record: ContainerRecord;
  #run: RunningContainer | undefined;
  #probes: ContainerProbes | undefined;
  #log: ContainerLog | undefined;
  #previousLog: ContainerLog | undefined;
  #deadline: Deadline | undefined;
  #stopping: Promise<void> | undefined;

  constructor({ container }: RoledContainer, record: ContainerRecord, host: ContainerHost) {
    this.container = container;
    this.#record = record;
    this.#host = host;
    this.#images = new ImagePuller({
      runtime: host.runtime,
      clock: host.clock,
      say: (type, reason, message) => host.event(container, type, reason, message),
    });
  }

  get record(): ContainerRecord {
    return this.#record;
  }

  /** The running container, while it runs. */
  get running(): RunningContainer | undefined {
    return this.#run;
  }

  /** The log of the current or last run, or of the one before. */
  log(previous: boolean): ContainerLog | undefined {
    return previous ? this.#previousLog : this.#log;
  }

  /** Resolves when the container runs and its postStart hook is over, or when it is known what it waits for. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock } = this.#host;
    const pull = await this.#images.ensure(this.container, signal);
    if (signal.aborted) return;
    if (pull.kind === 'waiting') {
      this.#wait(pull.reason, pull.message, pull.retryAtMs);
      return;
    }
    const previous = lastTermination(this.#record);
    try {
      const spec = await this.#specOf(pull.image);
      if (signal.aborted) return;
      const run = await this.#host.runtime.start(spec, { nodeName: this.#host.nodeName, podFolder: this.#host.podFolder, clock }, signal);
      this.#began(run, pull.image, spec, previous);
      await this.#postStart(run, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#failed(error, previous);
    }
  }

  /** The container has to wait before its next start. */
  backOff(untilMs: number, delayMs: number): void {
    const { metadata } = this.#host.pod();
    const where = `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
    const message = `back-off ${goDuration(delayMs)} restarting failed container=${this.container.name} pod=${where}`;
    this.#wait('CrashLoopBackOff', message, untilMs);
    this.#host.event(this.container, 'Warning', 'BackOff', `Back-off restarting failed container ${this.container.name} in pod ${where}`);
  }

  /**
   * preStop, SIGTERM, SIGKILL, within `graceMs`. Resolves when the container has ended; at once when it does not run.
   * `turn`: SIGTERM waits for it, as long as there is time; preStop does not. Calling again with less time shortens the wait.
   */
  stop(message: string, graceMs: number, turn?: Promise<unknown>): Promise<void> {
    const run = this.#run;
    if (!run) return Promise.resolve();
    if (this.#stopping) {
      if (this.#deadline?.within(graceMs) && this.#termSent) void run.stop(Math.max(graceMs, MIN_GRACE_MS));
      return this.#stopping;
    }
    this.#deadline = new Deadline(this.#host.clock);
    this.#deadline.within(graceMs);
    this.#host.event(this.container, 'Normal', 'Killing', message);
    this.#stopping = this.#stop(run, this.#deadline, turn);
    return this.#stopping;
  }

  /** The pod is terminating: only readiness is still probed. */
  terminating(): void {
    this.#probes?.keepReadinessOnly();
  }

  /** What the configuration lacked may be there now: the next attempt need not wait. */
  retryConfiguration(): void {
    const { phase } = this.#record;
    if (phase.kind !== 'waiting' || phase.reason !== 'CreateContainerConfigError') return;
    this.#record = { ...this.#record, phase: { ...phase, retryAtMs: this.#host.clock.now() } };
  }

  /** Marks a container that never ran, or that was lost, as ended: for the pod's final status. */
  settle(): void {
    if (this.#record.phase.kind === 'terminated') return;
    const last = this.#record.last;
    const lost: Termination = last ?? {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was terminated',
      startedAtMs: 0,
      finishedAtMs: 0,
      containerId: '',
    };
    const { last: _last, ...rest } = this.#record;
    this.#record = { ...rest, phase: { kind: 'terminated', termination: lost }, ready: false, started: false };
  }

  #termSent = false;

  async #stop(run: RunningContainer, deadline: Deadline, turn: Promise<unknown> | undefined): Promise<void> {
    const preStop = this.container.lifecycle?.preStop;
    if (preStop && deadline.leftMs() > 0) await this.#preStop(run, preStop, deadline);
    if (turn && deadline.leftMs() > 0) {
      const wait = deadline.wait();
      await Promise.race([turn, wait.passed, run.exited]);
      wait.forget();
    }
    this.#termSent = true;
    await run.stop(Math.max(deadline.leftMs(), MIN_GRACE_MS));
  }

  async #preStop(
    run: RunningContainer,
    preStop: NonNullable<NonNullable<Container['lifecycle']>['preStop']>,
    deadline: Deadline,
  ): Promise<void> {
    const { clock } = this.#host;
    const over = new AbortController();
    const wait = deadline.wait();
    const hook = runHook(preStop, this.container, run, { clock, limitMs: deadline.leftMs(), signal: over.signal }).catch(() => undefined);
    // A container that ends by itself needs no further waiting.
    const outcome = await Promise.race([hook, wait.passed.then(() => undefined), run.exited.then(() => ({ success: true, message: '' }))]);
    over.abort();
    wait.forget();
    if (outcome && !outcome.success) this.#host.event(this.container, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
  }

  async #specOf(image: RuntimeImage): Promise<ContainerSpec> {
    const { container } = this;
    const pod = this.#host.pod();
    const env = await resolveEnvironment(container, this.#host.environment());
    const lookup = (name: string): string | undefined => env[name];
    let mounts: readonly Mount[];
    try {
      mounts = this.#host.mountsOf(container, env);
    } catch (error) {
      throw new ContainerConfigError(error instanceof Error ? error.message : String(error), { cause: error });
    }
    return {
      namespace: pod.metadata.namespace ?? '',
      pod: pod.metadata.name ?? '',
      uid: pod.metadata.uid ?? '',
      container: container.name,
      restartCount: this.#record.created ? this.#record.restartCount + 1 : 0,
      image,
      command: container.command?.map((word) => expand(word, lookup)),
      args: container.args?.map((word) => expand(word, lookup)),
      workingDir: container.workingDir,
      env,
      mounts,
      podIp: this.#host.podIp(),
      hostname: this.#host.hostname,
      terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
      terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
    };
  }

  #began(run: RunningContainer, image: RuntimeImage, spec: ContainerSpec, previous: Termination | undefined): void {
    const now = this.#host.clock.now();
    this.#host.event(this.container, 'Normal', 'Created', `Created container: ${this.container.name}`);
    this.#host.event(this.container, 'Normal', 'Started', `Started container ${this.container.name}`);
    if (image.understudy) this.#host.podEvent('Warning', 'Understudy', image.understudy);
    this.#previousLog = this.#log;
    this.#log = run.log;
    this.#run = run;
    this.#stopping = undefined;
    this.#termSent = false;
    this.#record = {
      ...this.#record,
      ...(previous ? { last: previous, restartBackOff: nextBackOff(this.#record.restartBackOff, previous.finishedAtMs, now) } : {}),
      phase: { kind: 'running', startedAtMs: now },
      restartCount: spec.restartCount,
      created: true,
      image: image.reference,
      imageId: image.id,
      containerId: run.id,
      ready: false,
      started: false,
    };
    void run.exited.then((exit) => this.#ended(run, exit, now));
    this.#host.changed();
  }

  async #postStart(run: RunningContainer, signal: AbortSignal): Promise<void> {
    const hook = this.container.lifecycle?.postStart;
    if (hook) {
      const outcome = await Promise.race([
        runHook(hook, this.container, run, { clock: this.#host.clock, limitMs: NO_LIMIT_MS, signal }),
        run.exited.then(() => ({ success: true, message: '' })),
        aborted(signal),
      ]);
      if (!outcome || signal.aborted) return;
      if (!outcome.success) {
        this.#host.event(this.container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
        void this.stop('FailedPostStartHook', this.#graceMs());
        return;
      }
    }
    if (this.#run === run && this.#record.phase.kind === 'running') this.#startProbes(run, this.#record.phase.startedAtMs);
  }

  #startProbes(run: RunningContainer, startedAtMs: number): void {
    const update = (change: Partial<ContainerRecord>): void => {
      if (this.#run !== run) return;
      this.#record = { ...this.#record, ...change };
      this.#host.changed();
    };
    const { container } = this;
    this.#probes = new ContainerProbes({
      container,
      run,
      clock: this.#host.clock,
      startedAtMs,
      listener: {
        started: () => update({ started: true, everStarted: true }),
        ready: (ready) => {
          if (this.#record.ready !== ready) update({ ready });
        },
        failed: (purpose, message) => {
          const what = `${purpose[0]?.toUpperCase()}${purpose.slice(1)}`;
          this.#host.event(container, 'Warning', 'Unhealthy', `${what} probe failed: ${message}`);
        },
        unhealthy: (purpose, graceSeconds) =>
          void this.stop(
            `Container ${container.name} failed ${purpose} probe, will be restarted`,
            graceSeconds === undefined ? this.#graceMs() : graceSeconds * 1000,
          ),
      },
    });
    this.#probes.start();
  }

  #graceMs(): number {
    return (this.#host.pod().spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  #ended(run: RunningContainer, exit: ContainerExit, startedAtMs: number): void {
    if (this.#run !== run) return;
    this.#probes?.stop();
    this.#probes = undefined;
    this.#run = undefined;
    const termination: Termination = {
      exitCode: exit.exitCode,
      reason: exit.reason ?? (exit.exitCode === 0 ? 'Completed' : 'Error'),
      message: exit.message,
      startedAtMs,
      finishedAtMs: this.#host.clock.now(),
      containerId: run.id,
    };
    this.#record = { ...this.#record, phase: { kind: 'terminated', termination }, ready: false, started: false };
    this.#host.changed();
  }

  #wait(reason: string, message: string, retryAtMs: number): void {
    const last = lastTermination(this.#record);
    this.#record = {
      ...this.#record,
      phase: { kind: 'waiting', reason, message, retryAtMs },
      ...(last ? { last } : {}),
      ready: false,
      started: false,
    };
    this.#host.changed();
  }

  #failed(error: unknown, previous: Termination | undefined): void {
    const message = error instanceof Error ? error.message : String(error);
    const now = this.#host.clock.now();
    const reason =
      error instanceof ContainerConfigError
        ? 'CreateContainerConfigError'
        : error instanceof ContainerStartError
          ? error.reason
          : 'CreateContainerError';
    this.#host.event(this.container, 'Warning', 'Failed', `Error: ${message}`);
    if (reason !== 'RunContainerError') {
      this.#wait(reason, message, now + CONFIG_RETRY_MS);
      return;
    }
    // The container was made but its program could not be run: that counts as a run that ended at once, and backs off like one.
    const restartBackOff = previous ? nextBackOff(this.#record.restartBackOff, previous.finishedAtMs, now) : undefined;
    this.#record = {
      ...this.#record,
      ...(restartBackOff ? { restartBackOff } : {}),
      restartCount: this.#record.created ? this.#record.restartCount + 1 : 0,
      created: true,
      phase: { kind: 'waiting', reason, message, retryAtMs: backOffUntil(restartBackOff, now) ?? now },
      last: { exitCode: 128, reason: 'StartError', message, startedAtMs: 0, finishedAtMs: now, containerId: '' },
    };
    this.#host.changed();
  }
}

/** Resolves with undefined when the signal aborts. */
function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}
