// What the controllers may still see of sets and pods: states that held at some moment of the last while.
import { controllerOf, isConditionTrue } from '@holdfast/controller';
import { type Pod, PODS, type StatefulSet, STATEFULSETS } from '@holdfast/schema';
import { type Change, isOf } from '../../recording-store.ts';
import { imageOf } from '../workloads/pod-template.ts';

/** A state of a set, and until when it was the newest. */
export interface SetVersion {
  readonly set: StatefulSet;
  untilMs: number;
}

/** The last stretch of time in which a pod of a name was Running, Ready and not being deleted. */
interface Wellness {
  readonly uid: string;
  readonly image: string;
  /** As the pod's condition has it: whole seconds. */
  readonly readySinceMs: number;
  untilMs: number;
}

/** How long old states of sets are kept: longer than any fault and what follows it. */
const KEPT_MS = 900_000;

export class SetView {
  readonly #versions = new Map<string, SetVersion[]>();
  readonly #well = new Map<string, Wellness>();

  /** To be called with every change, before it is judged. */
  change(change: Change, atMs: number): void {
    if (isOf(change, STATEFULSETS)) this.#set(change.object, change.type === 'DELETED', atMs);
    if (isOf(change, PODS)) this.#pod(change.object, change.type === 'DELETED', atMs);
  }

  /** What a set was at any time since then, the newest last; none when it is gone. */
  versions(uid: string, sinceMs: number): readonly SetVersion[] {
    return (this.#versions.get(uid) ?? []).filter(({ untilMs }) => untilMs >= sinceMs);
  }

  /** Whether a pod of this name was well, for `minReadySeconds` on end, at any time from `sinceMs` to `nowMs`. */
  wasWell(name: string, sinceMs: number, nowMs: number, minReadySeconds: number, image?: string): boolean {
    const last = this.#well.get(name);
    if (!last || last.untilMs < sinceMs) return false;
    if (image !== undefined && last.image !== image) return false;
    return last.readySinceMs + minReadySeconds * 1000 <= Math.min(last.untilMs, nowMs);
  }

  #set(set: StatefulSet, gone: boolean, atMs: number): void {
    const uid = set.metadata.uid ?? '';
    // A set that is gone orders nothing: the garbage collector takes its pods as they come.
    if (gone) {
      this.#versions.delete(uid);
      return;
    }
    const versions = this.#versions.get(uid) ?? [];
    const last = versions.at(-1);
    if (last) last.untilMs = atMs;
    const kept = versions.filter(({ untilMs }) => untilMs >= atMs - KEPT_MS);
    this.#versions.set(uid, [...kept, { set, untilMs: Number.POSITIVE_INFINITY }]);
  }

  #pod(pod: Pod, gone: boolean, atMs: number): void {
    if (controllerOf(pod)?.kind !== 'StatefulSet') return;
    const { name = '', uid = '' } = pod.metadata;
    const last = this.#well.get(name);
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
    if (gone || pod.metadata.deletionTimestamp || pod.status?.phase !== 'Running' || !isConditionTrue(pod.status.conditions, 'Ready')) {
      if (last && last.untilMs > atMs) last.untilMs = atMs;
      return;
    }
    const readySinceMs = Date.parse(ready?.lastTransitionTime ?? '');
    if (last?.uid === uid && last.readySinceMs === readySinceMs && last.untilMs > atMs) return;
    this.#well.set(name, { uid, image: imageOf(pod), readySinceMs, untilMs: Number.POSITIVE_INFINITY });
  }
}
