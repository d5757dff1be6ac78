// How long failed pods of daemon sets are left alone, so that a set does not fight with a kubelet that rejects its pods (upstream's failedPodsBackoff).
import { type BackOff, isRested, nextBackOff } from '@holdfast/controller';
import type { DaemonSet } from '@holdfast/schema';

const LIMITS = { initialMs: 1000, maxMs: 15 * 60_000 };
/** Upstream's BackoffGCInterval. */
const CLEAN_UP_MS = 60_000;

/** Kept in memory only: a controller that starts again begins without it, as upstream's does. */
export class FailedPodsBackOff {
  readonly #states = new Map<string, BackOff>();
  #cleanedMs = 0;

  /** Milliseconds after which to look at a failed pod of this node again; 0 where it may be deleted. All of the delay, as upstream has it. */
  waitMs(set: DaemonSet, node: string, nowMs: number): number {
    const state = this.#states.get(keyOf(set, node));
    if (!state || isRested(state, nowMs, LIMITS)) return 0;
    return nowMs - state.updatedMs < state.delayMs ? state.delayMs : 0;
  }

  /** Notes that a failed pod of this node is deleted: the next one waits twice as long. */
  deleting(set: DaemonSet, node: string, nowMs: number): void {
    const key = keyOf(set, node);
    this.#states.set(key, nextBackOff(this.#states.get(key), nowMs, nowMs, LIMITS));
    if (nowMs - this.#cleanedMs >= CLEAN_UP_MS) this.#cleanUp(nowMs);
  }

  #cleanUp(nowMs: number): void {
    this.#cleanedMs = nowMs;
    for (const [key, state] of this.#states) if (isRested(state, nowMs, LIMITS)) this.#states.delete(key);
  }
}

/** A changed set begins anew, once it was looked at. */
function keyOf({ metadata, status }: DaemonSet, node: string): string {
  return `${metadata.uid}/${status?.observedGeneration ?? 0}/${node}`;
}
