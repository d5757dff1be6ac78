// Bringing a pod's volumes in place: attempts, the waits between them, and what is told of failures.
import type { Pod } from '@holdfast/schema';
import type { PayloadSources } from '../volumes/payload.ts';
import type { MountFailure, VolumeManager } from '../volumes/volume-manager.ts';
import type { PodHost } from './pod-host.ts';

/** Upstream's back-off for volume operations. */
const RETRY_MS = { first: 500, last: 122_000 };
/** The kubelet looks at claims every 100 ms, and at what came of it every 300 ms: what is mended before that is not told. */
const POLL_MS = 100;
const UNTOLD_MS = 300;
/** Between two tellings that a claim cannot be used: the kubelet's back-off for a pod. */
const TELL_AGAIN_MS = 10_000;
/** podAttachAndMountTimeout. */
const PATIENCE_MS = 123_000;

export class PodMounts {
  readonly #volumes: VolumeManager;
  readonly #host: Pick<PodHost, 'clock' | 'events' | 'log'>;
  #done = false;
  #delayMs = RETRY_MS.first;
  #logged = '';
  #firstFailureMs: number | undefined;
  #claimsToldMs = Number.NEGATIVE_INFINITY;
  #patienceEndMs = Number.POSITIVE_INFINITY;

  constructor(volumes: VolumeManager, host: Pick<PodHost, 'clock' | 'events' | 'log'>) {
    this.#volumes = volumes;
    this.#host = host;
  }

  /** Whether everything is in place. */
  get done(): boolean {
    return this.#done;
  }

  /** Something that was missing may be there now: the next wait is short again. */
  hurry(): void {
    this.#delayMs = RETRY_MS.first;
  }

  /** One attempt. Resolves with undefined when everything is in place, else with the time to wait before the next one. */
  async attempt(pod: Pod, sources: PayloadSources, wanted: () => boolean): Promise<number | undefined> {
    const failures = await this.#volumes.mountAll(pod, sources);
    if (failures.length === 0 && wanted()) this.#done = true;
    if (failures.length === 0 || !wanted()) return undefined;
    const now = this.#host.clock.now();
    if (this.#firstFailureMs === undefined) this.#patienceEndMs = now + PATIENCE_MS;
    this.#firstFailureMs ??= now;
    this.#tell(pod, failures, now);
    if (now < this.#firstFailureMs + UNTOLD_MS) return POLL_MS;
    const delayMs = this.#delayMs;
    if (failures.some(({ stage }) => stage === 'mount')) this.#delayMs = Math.min(this.#delayMs * 2, RETRY_MS.last);
    return delayMs;
  }

  #tell(pod: Pod, failures: readonly MountFailure[], now: number): void {
    const { events, log } = this.#host;
    const say = (message: string): void => events.event(pod, 'Warning', 'FailedMount', message);
    for (const { stage, message } of failures) if (stage === 'mount') say(message);
    const claims = failures.filter(({ stage }) => stage === 'process').map(({ message }) => message);
    if (claims.length > 0 && now >= (this.#firstFailureMs ?? now) + UNTOLD_MS && now >= this.#claimsToldMs + TELL_AGAIN_MS) {
      this.#claimsToldMs = now;
      say(summary(failures, claims.join('; ')));
    }
    if (claims.length === 0 && now >= this.#patienceEndMs) {
      this.#patienceEndMs = now + PATIENCE_MS;
      say(summary(failures, 'context deadline exceeded'));
    }
    const text = failures.map(({ message }) => message).join('\n');
    if (text !== this.#logged)
      log.warn({ pod: pod.metadata.name, namespace: pod.metadata.namespace, failures }, 'volumes could not be mounted');
    this.#logged = text;
  }
}

/** What the kubelet says of the whole when it gives up waiting, lists as Go prints them. */
function summary(failures: readonly MountFailure[], why: string): string {
  const at = (...stages: readonly MountFailure['stage'][]): string =>
    `[${failures
      .filter(({ stage }) => stages.includes(stage))
      .map(({ volume }) => volume)
      .join(' ')}]`;
  return `Unable to attach or mount volumes: unmounted volumes=${at('process', 'attach', 'mount')}, unattached volumes=${at('attach')}, failed to process volumes=${at('process')}: ${why}`;
}
