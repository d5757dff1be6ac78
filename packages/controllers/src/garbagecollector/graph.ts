// Who depends on whom, by uid: kept from the events of all resources.
import type { KubeObject, ResourceType } from '@holdfast/schema';

/** An object's place: its resource and its name. */
export interface Place {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
}

export class DependencyGraph {
  readonly #dependents = new Map<string, Map<string, Place>>();

  /** Enters an object's references; `old` is its last state. */
  set(place: Place, object: KubeObject, old?: KubeObject): void {
    // Most changes are of something else; what is the same for both was entered when the object came.
    if (old && sameUids(object, old)) return;
    const next = new Set(uidsOf(object));
    for (const uid of uidsOf(old)) if (!next.has(uid)) this.#remove(uid, place);
    for (const uid of next) {
      const dependents = this.#dependents.get(uid) ?? new Map<string, Place>();
      dependents.set(placeKey(place), place);
      this.#dependents.set(uid, dependents);
    }
  }

  delete(place: Place, object: KubeObject): void {
    for (const uid of uidsOf(object)) this.#remove(uid, place);
  }

  dependentsOf(uid: string): readonly Place[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  #remove(uid: string, place: Place): void {
    const dependents = this.#dependents.get(uid);
    dependents?.delete(placeKey(place));
    if (dependents?.size === 0) this.#dependents.delete(uid);
  }
}

export function placeKey({ type, namespace, name }: Place): string {
  return `${type.group}|${type.resource}|${namespace}|${name}`;
}

function sameUids({ metadata: { ownerReferences: a = [] } }: KubeObject, { metadata: { ownerReferences: b = [] } }: KubeObject): boolean {
  return a === b || (a.length === b.length && a.every(({ uid }, at) => uid === b[at]?.uid));
}

function uidsOf(object: KubeObject | undefined): readonly string[] {
  return (object?.metadata.ownerReferences ?? []).map((owner) => owner.uid);
}
