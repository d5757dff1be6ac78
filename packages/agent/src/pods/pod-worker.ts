// One pod on this node, from its assignment to its removal: volumes, address, containers, status, end.
import type { CancelTimer } from '@holdfast/clock';
import type { Pod } from '@holdfast/schema';
import { TokenSource } from '../volumes/token-source.ts';
import { VolumeManager } from '../volumes/volume-manager.ts';
import { admit } from './admission.ts';
import { containerHost } from './container-host.ts';
import { type ContainerHost, ContainerRunner } from './container-runner.ts';
import { type ContainerRecord, containersOf, ephemeralOf } from './container-record.ts';
import { decide } from './decide.ts';
import { writeHostsFile } from './hosts-file.ts';
import type { PodHost } from './pod-host.ts';
import { PodMounts } from './pod-mounts.ts';
import { type PodOutcome, podStatus } from './pod-status.ts';
import { adoptRecord } from './adopt.ts';
import { mentions, payloadSources } from './pod-sources.ts';
import { deleteForGood } from './delete-for-good.ts';
import { StatusWriter } from './status-writer.ts';

const SANDBOX_RETRY_MS = 10_000;
const RETRY_MS = 1000;
/** What a force-deleted pod's containers get. */
const FORCED_GRACE_SECONDS = 1;
const DEFAULT_GRACE_SECONDS = 30;

type Ending =
  /** DELETE of the API: graceful, finished by the agent's own DELETE with grace 0. */
  | 'deleted'
  /** The object is gone already. */
  | 'removed'
  /** The pod has run its course, was refused or has taken too long: it stays, in a final phase. */
  | 'outcome'
  /** The agent stops: nothing is written. */
  | 'shutdown';

/** From the least final to the most. */
const FINALITY: readonly Ending[] = ['outcome', 'deleted', 'removed', 'shutdown'];

export class PodWorker {
  readonly uid: string;
  readonly #host: PodHost;
  readonly #writer: StatusWriter;
  readonly #runners: Map<string, ContainerRunner>;
  readonly #containerHost: ContainerHost;
  readonly #volumes: VolumeManager;
  readonly #mounts: PodMounts;
  readonly #tokens: TokenSource;
  readonly #work = new AbortController();
  readonly #onGone: () => void;
  #podIp: string | undefined;
  #startTimeMs: number | undefined;
  #outcome: PodOutcome | undefined;
  #ending: Ending | undefined;
  #graceMs = Number.POSITIVE_INFINITY;
  #finished: Promise<void> | undefined;
  #over = false;
  #busy: Promise<void> | undefined;
  #again = false;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #cancelWake: CancelTimer = () => undefined;
  #cancelRefresh: CancelTimer = () => undefined;

  /** `onGone` is called when nothing of the pod is left on the node. */
  constructor(pod: Pod, host: PodHost, onGone: () => void) {
    this.uid = pod.metadata.uid ?? '';
    this.#host = host;
    this.#onGone = onGone;
    this.#writer = new StatusWriter(pod, host);
    this.#tokens = new TokenSource(host.client, host.clock);
    const podFolder = host.podFolder(this.uid);
    this.#volumes = new VolumeManager({
      client: host.client,
      clock: host.clock,
      runtime: host.runtime,
      podFolder,
      nodePath: (path) => host.nodePath(path),
      node: () => host.node(),
      podUid: this.uid,
      volumesInUse: host.volumesInUse,
    });
    this.#mounts = new PodMounts(this.#volumes, host);
    const spec = pod.spec ?? { containers: [] };
    this.#containerHost = containerHost(host, this.#volumes, {
      pod: () => this.pod,
      podIp: () => this.#podIp ?? '',
      changed: () => {
        this.#report();
        this.#wake();
      },
    });
    this.#runners = new Map(
      containersOf(spec).map((roled) => [
        roled.container.name,
        new ContainerRunner(roled, adoptRecord(roled, pod, host.clock.now()), this.#containerHost),
      ]),
    );
    this.#addEphemeral(pod);
    // A pod that had ended before this agent came to know it is not started again.
    this.#over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  }

  get pod(): Pod {
    return this.#writer.pod;
  }

  /** Whether the pod takes up room on the node. */
  get active(): boolean {
    return !this.#over && this.#startTimeMs !== undefined;
  }

  get podIp(): string | undefined {
    return this.#podIp;
  }

  runner(container: string): ContainerRunner | undefined {
    return this.#runners.get(container);
  }

  /** The pod's object has changed (or is seen for the first time). */
  update(pod: Pod): void {
    const before = this.pod.metadata;
    this.#writer.observe(pod);
    this.#addEphemeral(pod);
    if (pod.metadata.deletionTimestamp) this.#end('deleted', this.#graceSeconds());
    else {
      if (before.labels !== pod.metadata.labels || before.annotations !== pod.metadata.annotations) this.refreshVolumes();
      this.#wake();
    }
  }

  /** Containers that were added to the pod since it was last looked at. */
  #addEphemeral(pod: Pod): void {
    for (const roled of ephemeralOf(pod.spec ?? { containers: [] })) {
      const { name } = roled.container;
      if (this.#runners.has(name)) continue;
      this.#runners.set(name, new ContainerRunner(roled, adoptRecord(roled, pod, this.#host.clock.now()), this.#containerHost));
    }
  }

  /** The pod's object is gone. */
  removed(): void {
    this.#writer.abandon();
    this.#end('removed', FORCED_GRACE_SECONDS);
  }

  /** Ends everything within `graceSeconds` without a word to the API. Resolves when nothing runs any more. */
  shutdown(graceSeconds: number): Promise<void> {
    this.#writer.abandon();
    this.#end('shutdown', Math.min(graceSeconds, this.#graceSeconds()));
    return this.#finished ?? Promise.resolve();
  }

  /** Something that the pod's volumes or environment are made of has changed. */
  referencesChanged(kind: 'ConfigMap' | 'Secret', name: string): void {
    if (!mentions(this.pod, kind, name)) return;
    this.refreshVolumes();
    this.#wakeWaiting();
  }

  /** Brings volumes whose content comes from the API up to date. */
  refreshVolumes(): void {
    if (!this.#mounts.done || this.#ending || this.#over) return;
    this.#cancelRefresh();
    void this.#volumes
      .refresh(this.pod, payloadSources(this.pod, this.#podIp ?? '', this.#host, this.#tokens))
      .catch((error: unknown) =>
        this.#host.log.warn({ err: error, pod: this.pod.metadata.name }, 'volumes could not be brought up to date'),
      )
      .then(() => this.#scheduleRefresh());
  }

  #scheduleRefresh(): void {
    const dueMs = this.#tokens.nextRenewalMs();
    this.#cancelRefresh();
    if (dueMs === undefined || this.#ending) return;
    this.#cancelRefresh = this.#host.clock.after(Math.max(RETRY_MS, dueMs - this.#host.clock.now()), () => this.refreshVolumes());
  }

  /** A waiting container may find what it lacked: look now instead of at the next attempt. */
  #wakeWaiting(): void {
    this.#mounts.hurry();
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    for (const runner of this.#runners.values()) runner.retryConfiguration();
    this.#wake();
  }

  #wake(): void {
    if (this.#ending || this.#over) return;
    this.#again = true;
    this.#busy ??= this.#loop().finally(() => {
      this.#busy = undefined;
      // What came in while the loop was ending.
      if (this.#again) this.#wake();
    });
  }

  async #loop(): Promise<void> {
    while (this.#again && !this.#ending && !this.#over) {
      this.#again = false;
      try {
        await this.#pass();
      } catch (error) {
        if (this.#work.signal.aborted) return;
        this.#host.log.error(
          { err: error, pod: this.pod.metadata.name, namespace: this.pod.metadata.namespace },
          'pod could not be brought forward',
        );
        this.#wakeAfter(RETRY_MS);
      }
    }
  }

  async #pass(): Promise<void> {
    const { clock } = this.#host;
    const { pod } = this;
    const spec = pod.spec ?? { containers: [] };
    if (this.#startTimeMs === undefined && !this.#accept(pod)) return;
    if (this.#deadlinePassed()) return;
    this.#report();
    if (!this.#prepareSandbox() || !(await this.#mount())) return;
    await this.#startEphemeral();
    const plan = decide(spec, this.#records(), clock.now());
    for (const { name, untilMs, delayMs } of plan.backOff) this.#runners.get(name)?.backOff(untilMs, delayMs);
    if (plan.outcome) {
      this.#outcome = { phase: plan.outcome };
      this.#end('outcome', this.#graceSeconds());
      return;
    }
    const [next] = plan.start;
    if (next !== undefined) {
      await this.#runners.get(next)?.start(this.#work.signal);
      // Each start may change what is to be done next, so the rest is decided anew.
      this.#again = true;
    } else if (plan.wakeAtMs !== undefined) this.#wakeAfter(plan.wakeAtMs - clock.now());
    this.#report();
  }

  /** Ephemeral containers are started once each, before anything else, whatever the others do. */
  async #startEphemeral(): Promise<void> {
    for (const runner of this.#runners.values()) {
      const { role, phase, created } = runner.record;
      if (role !== 'ephemeral' || created || phase.kind !== 'waiting' || this.#ending) continue;
      const leftMs = (phase.retryAtMs ?? 0) - this.#host.clock.now();
      if (leftMs > 0) this.#wakeAfter(leftMs);
      else await runner.start(this.#work.signal);
    }
  }

  /** Takes the pod on, or refuses it. */
  #accept(pod: Pod): boolean {
    const rejection = pod.status?.startTime ? undefined : admit(pod, this.#host.activePods(this.uid), this.#host.node());
    this.#startTimeMs = pod.status?.startTime ? Date.parse(pod.status.startTime) : this.#host.clock.now();
    if (!rejection) return true;
    this.#host.events.event(pod, 'Warning', rejection.reason, rejection.message);
    this.#outcome = { phase: 'Failed', reason: rejection.reason, message: `Pod was rejected: ${rejection.message}` };
    this.#end('outcome', 0);
    return false;
  }

  #deadlinePassed(): boolean {
    const seconds = this.pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined || this.#startTimeMs === undefined) return false;
    const leftMs = this.#startTimeMs + seconds * 1000 - this.#host.clock.now();
    if (leftMs > 0) {
      this.#wakeAfter(leftMs);
      return false;
    }
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#host.events.event(this.pod, 'Normal', 'DeadlineExceeded', message);
    this.#outcome = { phase: 'Failed', reason: 'DeadlineExceeded', message };
    this.#end('outcome', this.#graceSeconds());
    return true;
  }

  #prepareSandbox(): boolean {
    if (this.#podIp !== undefined) return true;
    this.#podIp = this.pod.spec?.hostNetwork ? this.#host.nodeIp : this.#host.addresses.take();
    if (this.#podIp !== undefined) return true;
    this.#host.events.event(
      this.pod,
      'Warning',
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: no IP addresses available in the pod range of the node',
    );
    this.#wakeAfter(SANDBOX_RETRY_MS);
    return false;
  }

  async #mount(): Promise<boolean> {
    if (this.#mounts.done) return true;
    const sources = payloadSources(this.pod, this.#podIp ?? '', this.#host, this.#tokens);
    const retryMs = await this.#mounts.attempt(this.pod, sources, () => !this.#ending);
    if (retryMs !== undefined) this.#wakeAfter(retryMs);
    if (!this.#mounts.done) return false;
    if (this.#host.runtime.usesFiles) writeHostsFile(this.#host.podFolder(this.uid), this.pod, this.#podIp ?? '', this.#host.clusterDomain);
    this.#scheduleRefresh();
    return true;
  }

  #wakeAfter(ms: number): void {
    const at = this.#host.clock.now() + Math.max(0, ms);
    if (at >= this.#wakeAtMs) return;
    this.#wakeAtMs = at;
    this.#cancelWake();
    this.#cancelWake = this.#host.clock.after(Math.max(0, ms), () => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#wake();
    });
  }

  #report(): void {
    if (this.#startTimeMs === undefined) return;
    const facts = {
      records: this.#records(),
      hostIp: this.#host.nodeIp,
      podIp: this.#podIp ?? (this.#over ? this.pod.status?.podIP : undefined),
      sandbox: this.#mounts.done && this.#podIp !== undefined,
      startTimeMs: this.#startTimeMs,
      // While containers are still being stopped the pod keeps its phase.
      outcome: this.#over ? this.#outcome : undefined,
    };
    this.#writer.set(podStatus(this.pod, facts));
  }

  #records(): ReadonlyMap<string, ContainerRecord> {
    return new Map([...this.#runners].map(([name, runner]) => [name, runner.record]));
  }

  /** Begins to end the pod, or hurries the ending that is under way. */
  #end(ending: Ending, graceSeconds: number): void {
    const first = this.#ending === undefined;
    // A later event may only make the ending more final: a pod that ran its course is deleted, a deleted one removed.
    const escalates = this.#ending === undefined || FINALITY.indexOf(ending) > FINALITY.indexOf(this.#ending);
    if (escalates) this.#ending = ending;
    if (first) {
      this.#work.abort();
      this.#cancelWake();
      this.#cancelRefresh();
      for (const runner of this.#runners.values()) runner.terminating();
    }
    if (!this.#finished) {
      this.#graceMs = graceSeconds * 1000;
      this.#finished = this.#finish();
    } else if (this.#over) {
      // Everything was stopped when the pod had run its course; what is left is to let go of it.
      if (escalates) this.#finished = this.#finished.then(() => this.#letGo());
    } else if (graceSeconds * 1000 < this.#graceMs) {
      this.#graceMs = graceSeconds * 1000;
      void this.#stopAll();
    }
  }

  async #finish(): Promise<void> {
    await this.#busy;
    await this.#stopAll();
    this.#over = true;
    this.#settle();
    this.#report();
    this.#volumes.removeAll();
    if (this.#podIp !== undefined && !this.pod.spec?.hostNetwork) this.#host.addresses.give(this.#podIp);
    await this.#letGo();
  }

  /** Main containers together, then sidecars in reverse order, all within the same budget; preStop hooks all at once. */
  async #stopAll(): Promise<void> {
    const runners = [...this.#runners.values()];
    const stop = (runner: ContainerRunner, turn?: Promise<unknown>): Promise<void> =>
      runner.stop(`Stopping container ${runner.container.name}`, this.#graceMs, turn);
    const isSidecar = ({ record }: ContainerRunner): boolean => record.role === 'sidecar';
    let turn: Promise<unknown> = Promise.all(runners.filter((runner) => !isSidecar(runner)).map((runner) => stop(runner)));
    for (const runner of runners.filter(isSidecar).toReversed()) turn = Promise.all([turn, stop(runner, turn)]);
    await turn;
  }

  #settle(): void {
    for (const runner of this.#runners.values()) if (this.#outcome?.reason === undefined || runner.record.created) runner.settle();
    if (this.#outcome) return;
    const failed = [...this.#runners.values()].some(
      ({ record }) => record.role === 'main' && record.phase.kind === 'terminated' && record.phase.termination.exitCode !== 0,
    );
    this.#outcome = { phase: failed ? 'Failed' : 'Succeeded' };
  }

  async #letGo(): Promise<void> {
    if (this.#ending === 'outcome') return;
    if (this.#ending === 'deleted') {
      await this.#writer.flush();
      await deleteForGood(this.pod, this.#host, () => this.#ending === 'deleted');
    }
    this.#onGone();
  }

  #graceSeconds(): number {
    const { metadata, spec } = this.pod;
    return metadata.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  }
}
