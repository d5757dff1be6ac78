// Pods that wait for room on a node which is being made for them: others of no higher priority must leave it to them.
import type { Pod } from '@holdfast/schema';

interface Nomination {
  readonly pod: Pod;
  readonly nodeName: string;
}

const NOBODY: readonly Pod[] = [];

export class Nominations {
  readonly #byUid = new Map<string, Nomination>();
  readonly #onNode = new Map<string, Map<string, Pod>>();

  set(pod: Pod, nodeName: string): void {
    this.delete(pod);
    const uid = pod.metadata.uid ?? '';
    this.#byUid.set(uid, { pod, nodeName });
    const there = this.#onNode.get(nodeName) ?? new Map<string, Pod>();
    this.#onNode.set(nodeName, there.set(uid, pod));
  }

  delete({ metadata: { uid = '' } }: Pod): void {
    const known = this.#byUid.get(uid);
    if (!known) return;
    this.#byUid.delete(uid);
    const there = this.#onNode.get(known.nodeName);
    there?.delete(uid);
    if (there?.size === 0) this.#onNode.delete(known.nodeName);
  }

  nodeOf({ metadata: { uid = '' } }: Pod): string | undefined {
    return this.#byUid.get(uid)?.nodeName;
  }

  /** Nominated pods of the node, by the order of their nomination. */
  on(nodeName: string): readonly Pod[] {
    const there = this.#onNode.get(nodeName);
    return there ? [...there.values()] : NOBODY;
  }
}
