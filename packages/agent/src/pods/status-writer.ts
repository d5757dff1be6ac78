// Writes one pod's status: the latest wish wins, one write at a time, none when nothing changed.
import type { Client } from '@holdfast/client';
import { type Clock, sleep, timestamp } from '@holdfast/clock';
import type { Logger } from '@holdfast/controller';
import { deepEqual, isConflict, isNotFound, PODS, type Pod, type PodStatus } from '@holdfast/schema';
import { mergeStatus } from './pod-status.ts';

const RETRY_MS = 1000;

export class StatusWriter {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** The newest version known, from the cache or from an answer to a write. */
  #pod: Pod;
  #wanted: PodStatus | undefined;
  #writing: Promise<void> | undefined;
  #gone = false;

  constructor(pod: Pod, { client, clock, log }: { readonly client: Client; readonly clock: Clock; readonly log: Logger }) {
    this.#pod = pod;
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  /** The newest version of the pod. */
  get pod(): Pod {
    return this.#pod;
  }

  /** A version from the cache; older ones than the last write's answer are passed over. */
  observe(pod: Pod): void {
    if (versionOf(pod) >= versionOf(this.#pod)) this.#pod = pod;
  }

  /** Asks for a status. Returns at once. */
  set(status: PodStatus): void {
    this.#wanted = status;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when what was asked for has been written, or cannot be any more. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  /** Ends writing: the pod is gone. */
  abandon(): void {
    this.#gone = true;
  }

  async #write(): Promise<void> {
    while (this.#wanted && !this.#gone) {
      const wanted = this.#wanted;
      const status = mergeStatus(this.#pod.status, wanted, timestamp(this.#clock));
      this.#wanted = undefined;
      if (deepEqual(status, this.#pod.status)) continue;
      try {
        this.#pod = await this.#client.updateStatus(PODS, { ...this.#pod, status });
        // What begins with a write mostly goes on at once, as with an image that is there: only where that comes to rest is worth the next one.
        await sleep(this.#clock, 0);
      } catch (error) {
        // A later wish replaces this one; otherwise it is still what should be written.
        this.#wanted ??= wanted;
        await this.#recover(error);
      }
    }
  }

  async #recover(error: unknown): Promise<void> {
    const { namespace = '', name = '', uid } = this.#pod.metadata;
    if (isNotFound(error)) {
      this.#gone = true;
      return;
    }
    if (!isConflict(error)) {
      this.#log.warn({ err: error, namespace, pod: name }, 'pod status could not be written');
      await sleep(this.#clock, RETRY_MS);
      return;
    }
    try {
      const current = await this.#client.get(PODS, { namespace, name });
      if (current.metadata.uid === uid) this.#pod = current;
      else this.#gone = true;
    } catch (failure) {
      if (isNotFound(failure)) this.#gone = true;
      else {
        this.#log.warn({ err: failure, namespace, pod: name }, 'pod could not be read');
        await sleep(this.#clock, RETRY_MS);
      }
    }
  }
}

function versionOf(pod: Pod): number {
  return Number(pod.metadata.resourceVersion ?? 0);
}
