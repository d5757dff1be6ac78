// What the controllers may still see of sets and pods: states that held at some moment of the last while.
import { controllerOf, isConditionTrue } from '@holdfast/controller';
import { type Pod, PODS, type StatefulSet, STATEFULSETS } from '@holdfast/schema';
import { type Change, isOf } from '../../recording-store.ts';
import { imageOf } from '../workloads/pod-template.ts';
import { KEPT_MS, Versions } from './versions.ts';

/** A stretch of time in which a pod of a name was Running, Ready and not being deleted. */
interface Wellness {
  readonly uid: string;
  readonly image: string;
  /** As the pod's condition has it: whole seconds. */
  readonly readySinceMs: number;
  untilMs: number;
}

export class SetView {
  readonly #versions = new Versions(STATEFULSETS);
  readonly #well = new Map<string, readonly Wellness[]>();

  /** To be called with every change, before it is judged. */
  change(change: Change, atMs: number): void {
    this.#versions.change(change, atMs);
    if (isOf(change, PODS)) this.#pod(change.object, change.type === 'DELETED', atMs);
  }

  /** What a set was at any time since then, the newest last; none when it is gone. */
  versions(uid: string, sinceMs: number): readonly StatefulSet[] {
    // A set that is gone orders nothing: the garbage collector takes its pods as they come.
    return this.#versions.since(uid, sinceMs);
  }

  /**
   * Whether a pod of this name was well at any time since `sinceMs`, and by now for `minReadySeconds` on end: who still sees it well
   * counts on to this moment.
   */
  wasWell(name: string, sinceMs: number, nowMs: number, minReadySeconds: number, image?: string): boolean {
    return (this.#well.get(name) ?? []).some(
      (stretch) =>
        stretch.untilMs >= sinceMs &&
        (image === undefined || stretch.image === image) &&
        stretch.readySinceMs + minReadySeconds * 1000 <= nowMs,
    );
  }

  #pod(pod: Pod, gone: boolean, atMs: number): void {
    if (controllerOf(pod)?.kind !== 'StatefulSet') return;
    const { name = '', uid = '' } = pod.metadata;
    const stretches = this.#well.get(name) ?? [];
    const last = stretches.at(-1);
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
    if (gone || pod.metadata.deletionTimestamp || pod.status?.phase !== 'Running' || !isConditionTrue(pod.status.conditions, 'Ready')) {
      if (last && last.untilMs > atMs) last.untilMs = atMs;
      return;
    }
    const readySinceMs = Date.parse(ready?.lastTransitionTime ?? '');
    if (last?.uid === uid && last.readySinceMs === readySinceMs && last.untilMs > atMs) return;
    if (last && last.untilMs > atMs) last.untilMs = atMs;
    const kept = stretches.filter(({ untilMs }) => untilMs >= atMs - KEPT_MS);
    this.#well.set(name, [...kept, { uid, image: imageOf(pod), readySinceMs, untilMs: Number.POSITIVE_INFINITY }]);
  }
}
