// Bringing a pod's volumes in place: attempts, the waits between them, and what is told of failures.
import type { Pod } from '@holdfast/schema';
import type { PayloadSources } from '../volumes/payload.ts';
import type { MountFailure, VolumeManager } from '../volumes/volume-manager.ts';
import type { PodHost } from './pod-host.ts';

/** Upstream's back-off for volume operations. */
const RETRY_MS = { first: 500, last: 122_000 };
/** podAttachAndMountTimeout: how long an attachment is waited for without a word. */
const ATTACH_PATIENCE_MS = 123_000;

export class PodMounts {
  readonly #volumes: VolumeManager;
  readonly #host: Pick<PodHost, 'clock' | 'events' | 'log'>;
  #done = false;
  #delayMs = RETRY_MS.first;
  #logged = '';
  #patienceEndMs: number | undefined;

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
    this.#tell(pod, failures);
    const delayMs = this.#delayMs;
    if (failures.some(({ stage }) => stage === 'mount')) this.#delayMs = Math.min(this.#delayMs * 2, RETRY_MS.last);
    return delayMs;
  }

  #tell(pod: Pod, failures: readonly MountFailure[]): void {
    const { events, log } = this.#host;
    const told = failures.filter(({ stage }) => stage !== 'attach' || this.#attachIsOverdue());
    for (const { message } of told) events.event(pod, 'Warning', 'FailedMount', message);
    const text = failures.map(({ message }) => message).join('\n');
    if (text !== this.#logged)
      log.warn({ pod: pod.metadata.name, namespace: pod.metadata.namespace, failures }, 'volumes could not be mounted');
    this.#logged = text;
  }

  #attachIsOverdue(): boolean {
    const now = this.#host.clock.now();
    this.#patienceEndMs ??= now + ATTACH_PATIENCE_MS;
    if (now < this.#patienceEndMs) return false;
    this.#patienceEndMs = now + ATTACH_PATIENCE_MS;
    return true;
  }
}
