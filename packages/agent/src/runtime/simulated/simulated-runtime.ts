// Containers without processes: what they do follows a script, on the clock of the node. For scale, prediction and tests.
import type { Clock } from '@holdfast/clock';
import { sleep } from '@holdfast/clock';
import type { LogOptions } from '@holdfast/schema';
import {
  type ContainerExit,
  type ContainerLog,
  type ContainerSite,
  type ContainerSpec,
  ContainerStartError,
  ImagePullError,
  type ProbeOutcome,
  type ProbePurpose,
  type Runtime,
  type RunningContainer,
} from '../runtime.ts';

/** Which container a script is asked about. */
export type SimulatedContainer = Pick<ContainerSpec, 'namespace' | 'pod' | 'uid' | 'container' | 'restartCount' | 'image'> & {
  readonly nodeName: string;
};

/** What a container does. Times are milliseconds after its start; absent: at once, never, or as ordinary containers do. */
export interface SimulatedBehaviour {
  /** How long it takes to start. */
  readonly startMs?: number;
  /** When it ends of itself, with `exitCode` (default 0). */
  readonly exitAfterMs?: number;
  readonly exitCode?: number;
  /** From when on startup and readiness probes succeed. */
  readonly readyAfterMs?: number;
  /** From when on liveness probes fail. */
  readonly unhealthyAfterMs?: number;
  /** How long it takes to end after SIGTERM (default 0, exit code 0); longer than the grace period: it is killed (137). */
  readonly stopMs?: number;
  /** Its log. */
  readonly log?: string;
}

export interface SimulatedScript {
  /** Default: `{}` for every container. */
  readonly container?: (container: SimulatedContainer) => SimulatedBehaviour;
  /** Whether anybody has the image. Default: every image. */
  readonly hasImage?: (reference: string) => boolean;
  /** How long a pull takes. Default 0: images are at hand. */
  readonly pullMs?: number;
  /** Whether a path exists on a node (local volumes). Default: every path. */
  readonly pathExists?: (nodeName: string, path: string) => boolean;
}

/** A container of a pod; without a name, any of it. */
export interface ContainerTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
}

/** The simulated runtime, and the means to interfere with what it runs. */
export interface SimulatedRuntime extends Runtime {
  /** Ends a running container as if its process had died; false when there is none. Default exit code 137 (SIGKILL). */
  crash(target: ContainerTarget, exitCode?: number): boolean;
  /** Makes a running container answer nothing any more: probes fail, SIGTERM is not heard. False when there is none. */
  hang(target: ContainerTarget): boolean;
  /** Ends all that runs on a node at once, as when its machine loses power. */
  loseNode(nodeName: string): void;
  /** How many containers run. */
  running(): number;
  /** The containers that run. */
  containers(): readonly SimulatedContainer[];
}

/** Makes the runtime. `clock` is needed for pulls that take time; `onStart` is told of each container that begins to run. */
export function simulatedRuntime({
  script = {},
  clock,
  onStart,
}: {
  readonly script?: SimulatedScript;
  readonly clock?: Clock;
  readonly onStart?: (container: SimulatedContainer) => void;
} = {}): SimulatedRuntime {
  const containers = new Set<SimulatedRun>();
  const pulled = new Set<string>();
  /** How often each node lost power. */
  const losses = new Map<string, number>();
  const has = script.hasImage ?? ((): boolean => true);
  const find = ({ namespace, pod, container }: ContainerTarget): SimulatedRun | undefined =>
    [...containers].find(
      ({ spec }) => spec.namespace === namespace && spec.pod === pod && (container ?? spec.container) === spec.container,
    );
  return {
    name: 'simulated',
    usesFiles: false,
    images: () => [...pulled].map((name) => ({ names: [name], sizeBytes: 0 })),
    findImage: (reference) => (has(reference) && (!script.pullMs || pulled.has(reference)) ? imageOf(reference) : undefined),
    pullImage: async (reference, signal) => {
      if (clock && script.pullMs) await sleep(clock, script.pullMs, signal);
      if (!has(reference)) throw new ImagePullError(`the script of the simulated runtime has no image "${reference}"`);
      pulled.add(reference);
      return imageOf(reference);
    },
    start: async (spec, site, signal) => {
      const behaviour = script.container?.({ ...spec, nodeName: site.nodeName }) ?? {};
      const before = losses.get(site.nodeName);
      if (behaviour.startMs) await sleep(site.clock, behaviour.startMs, signal);
      if (losses.get(site.nodeName) !== before)
        throw new ContainerStartError('RunContainerError', `${site.nodeName} lost power (simulated)`);
      const run = new SimulatedRun(spec, behaviour, site, () => containers.delete(run));
      onStart?.(run.container);
      containers.add(run);
      return run;
    },
    crash: (target, exitCode = 137) => {
      const found = find(target);
      found?.end({ exitCode });
      return found !== undefined;
    },
    hang: (target) => {
      const found = find(target);
      found?.hang();
      return found !== undefined;
    },
    loseNode: (nodeName) => {
      losses.set(nodeName, (losses.get(nodeName) ?? 0) + 1);
      for (const run of containers) if (run.container.nodeName === nodeName) run.end({ exitCode: 137 });
    },
    running: () => containers.size,
    containers: () => [...containers].map(({ container }) => container),
    pathExists: (nodeName, path) => script.pathExists?.(nodeName, path) ?? true,
  };
}

class SimulatedRun implements RunningContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly container: SimulatedContainer;
  readonly log: ContainerLog;
  readonly exited: Promise<ContainerExit>;
  readonly #behaviour: SimulatedBehaviour;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #onEnd: () => void;
  #resolve: (exit: ContainerExit) => void = () => undefined;
  #cancels: (() => void)[] = [];
  #ended = false;
  #hangs = false;
  #killAtMs = Number.POSITIVE_INFINITY;

  constructor(spec: ContainerSpec, behaviour: SimulatedBehaviour, { clock, nodeName }: ContainerSite, onEnd: () => void) {
    this.spec = spec;
    this.container = { ...spec, nodeName };
    this.id = `simulated://${spec.uid}/${spec.container}/${spec.restartCount}`;
    this.#behaviour = behaviour;
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#onEnd = onEnd;
    this.exited = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.log = { read: (options) => textLog(behaviour.log ?? '', options) };
    if (behaviour.exitAfterMs !== undefined) this.#after(behaviour.exitAfterMs, { exitCode: behaviour.exitCode ?? 0 });
  }

  stop(graceMs: number): Promise<ContainerExit> {
    const stopMs = this.#hangs ? Number.POSITIVE_INFINITY : (this.#behaviour.stopMs ?? 0);
    if (stopMs === 0) this.end({ exitCode: 0 });
    else {
      if (this.#killAtMs === Number.POSITIVE_INFINITY && stopMs !== Number.POSITIVE_INFINITY) this.#after(stopMs, { exitCode: 0 });
      const killAt = this.#clock.now() + graceMs;
      if (killAt < this.#killAtMs) {
        this.#killAtMs = killAt;
        this.#after(graceMs, { exitCode: 137 });
      }
    }
    return this.exited;
  }

  /** Ends the container, once. */
  end(exit: ContainerExit): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const cancel of this.#cancels) cancel();
    this.#onEnd();
    this.#resolve(exit);
  }

  /** From now on nothing is answered, and only SIGKILL ends it. */
  hang(): void {
    this.#hangs = true;
  }

  exec(): Promise<{ readonly error: string }> {
    return Promise.resolve({ error: 'this node is simulated: it has no processes, so no command can be run in its containers' });
  }

  probe(purpose: ProbePurpose): Promise<ProbeOutcome> {
    const ageMs = this.#clock.now() - this.#startMs;
    const { readyAfterMs = 0, unhealthyAfterMs = Number.POSITIVE_INFINITY } = this.#behaviour;
    if (this.#hangs) return Promise.resolve({ success: false, message: 'no answer (simulated: it hangs)' });
    const success = purpose === 'hook' || (purpose === 'liveness' ? ageMs < unhealthyAfterMs : ageMs >= readyAfterMs);
    return Promise.resolve({ success, message: success ? '' : 'failed by script' });
  }

  #after(ms: number, exit: ContainerExit): void {
    this.#cancels = [...this.#cancels, this.#clock.after(ms, () => this.end(exit))];
  }
}

function imageOf(reference: string): { readonly reference: string; readonly id: string } {
  return { reference, id: `simulated://${reference}` };
}

async function* textLog(text: string, { tailLines }: LogOptions): AsyncIterable<Uint8Array> {
  const lines = text.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1);
  const wanted = tailLines === undefined ? lines : tailLines === 0 ? [] : lines.slice(-tailLines);
  if (wanted.length > 0) yield Buffer.from(`${wanted.join('\n')}\n`);
}
