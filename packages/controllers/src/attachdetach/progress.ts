// What this controller remembers between its passes: attachments that it waits for, detachments that are due, what it has told.
import type { CsiVolume } from '@holdfast/controller';
import type { Pod, VolumeAttachment } from '@holdfast/schema';

/** How long one attempt may take (upstream's CSI plugin); after that it is reported and waited for again. */
const ATTACH_TIMEOUT_MS = 120_000;

interface Attempt {
  readonly sinceMs: number;
  /** The failure that was told last, by its time. */
  readonly told?: string;
}

export class AttachProgress {
  /** By 'volume/node'. */
  readonly #attempts = new Map<string, Attempt>();
  readonly #unwanted = new Map<string, number>();
  readonly #conflicts = new Set<string>();

  /** Brings what is remembered of a volume in line with what is there now. */
  observe(volume: string, attachments: readonly VolumeAttachment[], wanted: ReadonlyMap<string, readonly Pod[]>, nowMs: number): void {
    const attached = new Set(attachments.map(({ spec }) => keyOf(volume, spec?.nodeName)));
    const needed = new Set([...wanted.keys()].map((nodeName) => keyOf(volume, nodeName)));
    for (const key of attached) if (!needed.has(key) && !this.#unwanted.has(key)) this.#unwanted.set(key, nowMs);
    for (const key of keysOf(this.#unwanted, volume)) if (!attached.has(key) || needed.has(key)) this.#unwanted.delete(key);
    for (const key of keysOf(this.#attempts, volume)) if (!needed.has(key)) this.#attempts.delete(key);
    for (const key of keysOf(this.#conflicts, volume)) if (!needed.has(key) || attached.has(key)) this.#conflicts.delete(key);
  }

  unwantedSinceMs(volume: string, nodeName: string): number | undefined {
    return this.#unwanted.get(keyOf(volume, nodeName));
  }

  attaching(volume: string, nodeName: string, nowMs: number): void {
    this.#attempts.set(keyOf(volume, nodeName), { sinceMs: nowMs });
  }

  /** True when this attachment was waited for: then it is told, once. */
  attached(volume: string, nodeName: string): boolean {
    return this.#attempts.delete(keyOf(volume, nodeName));
  }

  /** True the first time that the volume is found to be elsewhere. */
  reportConflict(volume: string, nodeName: string): boolean {
    const key = keyOf(volume, nodeName);
    if (this.#conflicts.has(key)) return false;
    this.#conflicts.add(key);
    return true;
  }

  /** Why the attempt has failed, where that is news. */
  failure(
    volume: string,
    nodeName: string,
    { status }: VolumeAttachment,
    { driver, handle }: CsiVolume,
    nowMs: number,
  ): string | undefined {
    const key = keyOf(volume, nodeName);
    const attempt = this.#attempts.get(key);
    if (!attempt) return undefined;
    const { attachError } = status ?? {};
    const stamp = `${attachError?.time} ${attachError?.message}`;
    if (attachError && attempt.told !== stamp) {
      this.#attempts.set(key, { ...attempt, told: stamp });
      return attachError.message ?? '';
    }
    if (nowMs - attempt.sinceMs < ATTACH_TIMEOUT_MS) return undefined;
    this.#attempts.set(key, { ...attempt, sinceMs: nowMs });
    return `timed out waiting for external-attacher of ${driver} CSI driver to attach volume ${handle}`;
  }

  /** How long until the next attempt of the volume has taken too long. */
  nextTimeoutMs(volume: string, nowMs: number): number | undefined {
    const waits = keysOf(this.#attempts, volume).map((key) => (this.#attempts.get(key)?.sinceMs ?? nowMs) + ATTACH_TIMEOUT_MS - nowMs);
    return waits.length > 0 ? Math.max(0, Math.min(...waits)) : undefined;
  }
}

function keyOf(volume: string, nodeName = ''): string {
  return `${volume}/${nodeName}`;
}

function keysOf(map: { keys(): IterableIterator<string> }, volume: string): readonly string[] {
  return [...map.keys()].filter((key) => key.startsWith(`${volume}/`));
}
