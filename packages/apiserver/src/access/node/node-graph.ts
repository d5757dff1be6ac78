// What is related to which node: the objects that the pods bound to it refer to.
import { type KubeObject, type PersistentVolumeClaim, type Pod, podReferences, type VolumeAttachment } from '@holdfast/schema';
import type { Store } from '@holdfast/store';

export const GRAPH_PREFIXES = ['core/pods/', 'core/persistentvolumeclaims/', 'storage.k8s.io/volumeattachments/'] as const;

interface Known {
  /** What they were read from: the very same says the same again. */
  readonly spec: object;
  readonly node: string;
  readonly references: readonly string[];
}

export class NodeGraph {
  /** By storage key of the pod or attachment. */
  readonly #sources = new Map<string, Known>();
  /** node → reference → number of sources that make it. */
  readonly #related = new Map<string, Map<string, number>>();
  /** Volume of a claim: 'namespace/claim' → volume. */
  readonly #volumes = new Map<string, string>();

  /** Forgets what came from below `prefix`. */
  clear(prefix: string): void {
    if (prefix === 'core/persistentvolumeclaims/') this.#volumes.clear();
    for (const key of this.#sources.keys()) if (key.startsWith(prefix)) this.remove(key);
  }

  load(store: Pick<Store<KubeObject>, 'list'>, prefix: string): number {
    const { entries, revision } = store.list(prefix);
    for (const { key, value } of entries) this.put(key, value);
    return revision;
  }

  put(key: string, object: KubeObject): void {
    const { namespace = '', name = '' } = object.metadata;
    if (key.startsWith('core/persistentvolumeclaims/')) {
      const volume = (object as PersistentVolumeClaim).spec?.volumeName;
      if (volume) this.#volumes.set(`${namespace}/${name}`, volume);
      else this.#volumes.delete(`${namespace}/${name}`);
      return;
    }
    if (key.startsWith('core/pods/')) {
      const pod = object as Pod;
      const { spec } = pod;
      // Most changes of a pod are of its status.
      if (spec && this.#sources.get(key)?.spec === spec) return;
      this.#replace(key, spec?.nodeName ? { spec, node: spec.nodeName, references: podReferences(pod) } : undefined);
      return;
    }
    const { spec } = object as VolumeAttachment;
    this.#replace(key, spec?.nodeName ? { spec, node: spec.nodeName, references: [`volumeattachments//${name}`] } : undefined);
  }

  remove(key: string): void {
    if (key.startsWith('core/persistentvolumeclaims/')) this.#volumes.delete(key.slice('core/persistentvolumeclaims/'.length));
    else this.#replace(key, undefined);
  }

  /** Whether a pod bound to `node` refers to this object. Resources of the core group, and volumeattachments. */
  relates(node: string, resource: string, namespace: string, name: string): boolean {
    const related = this.#related.get(node);
    if (!related) return false;
    if (resource !== 'persistentvolumes') return related.has(`${resource}/${namespace}/${name}`);
    for (const [claim, volume] of this.#volumes) if (volume === name && related.has(`persistentvolumeclaims/${claim}`)) return true;
    return false;
  }

  #replace(key: string, next: Known | undefined): void {
    const before = this.#sources.get(key);
    // Added first, so that what both have never seems gone.
    if (next) {
      this.#sources.set(key, next);
      this.#count(next, 1);
    } else this.#sources.delete(key);
    if (before) this.#count(before, -1);
  }

  #count({ node, references }: Known, by: number): void {
    const related = this.#related.get(node) ?? new Map<string, number>();
    for (const reference of references) {
      const count = (related.get(reference) ?? 0) + by;
      if (count > 0) related.set(reference, count);
      else related.delete(reference);
    }
    if (related.size > 0) this.#related.set(node, related);
    else this.#related.delete(node);
  }
}
