// Nodes and the pods on them, as the server told of them and as this scheduler has just decided.
import type { Node, Pod } from '@holdfast/schema';
import { type NodeInfo, nodeInfo, type PodInfo, podInfo, withoutPod, withPod, withPodReplaced } from './node-info.ts';
import { repels, type Snapshot, withAffinity } from './snapshot.ts';

interface Placed {
  readonly nodeName: string;
  readonly info: PodInfo;
  /** Decided here and not yet seen in the server's answer. */
  readonly assumed: boolean;
}

export class SchedulerCache {
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #placed = new Map<string, Placed>();
  /** Uids by node, also for nodes that are not known (yet). */
  readonly #onNode = new Map<string, Set<string>>();
  /** All nodes by name, and those of them whose pods have affinity; undefined when a node has come or gone. */
  #list: NodeInfo[] | undefined;
  readonly #position = new Map<string, number>();
  #withAffinity: readonly NodeInfo[] | undefined;
  readonly #repelling = new Set<string>();

  /**
   * What one scheduling cycle looks at. It is the cache itself and not a copy, since a cycle ends before anything else can happen: good
   * until something is changed here.
   */
  snapshot(): Snapshot {
    const nodes = (this.#list ??= this.#sorted());
    return {
      nodes,
      nodesWithAffinity: (this.#withAffinity ??= withAffinity(nodes)),
      repelling: this.#repelling.size > 0,
      node: (name) => this.#nodes.get(name),
    };
  }

  #sorted(): NodeInfo[] {
    const sorted = [...this.#nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#position.clear();
    for (const [position, { name }] of sorted.entries()) this.#position.set(name, position);
    return sorted;
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  setNode(node: Node): void {
    const name = node.metadata.name ?? '';
    const pods = [...(this.#onNode.get(name) ?? [])].flatMap((uid) => this.#placed.get(uid)?.info ?? []);
    this.#setInfo(nodeInfo(node, pods));
  }

  removeNode(name: string): void {
    this.#nodes.delete(name);
    this.#repelling.delete(name);
    this.#list = undefined;
    this.#withAffinity = undefined;
  }

  /** Counts a pod on a node before the binding is written. */
  assume(pod: Pod, nodeName: string): void {
    this.#place({ ...pod, spec: { containers: [], ...pod.spec, nodeName } }, nodeName, true);
  }

  /** Takes back an assumption; does nothing when the server has confirmed it. */
  forget(pod: Pod): void {
    if (this.#placed.get(uidOf(pod))?.assumed) this.removePod(pod);
  }

  isAssumed(pod: Pod): boolean {
    return this.#placed.get(uidOf(pod))?.assumed === true;
  }

  /** A pod that the server says is on a node. */
  setPod(pod: Pod): void {
    this.#place(pod, pod.spec?.nodeName ?? '', false);
  }

  removePod(pod: Pod): void {
    const uid = uidOf(pod);
    const placed = this.#placed.get(uid);
    if (!placed) return;
    this.#placed.delete(uid);
    const there = this.#onNode.get(placed.nodeName);
    there?.delete(uid);
    if (there?.size === 0) this.#onNode.delete(placed.nodeName);
    const info = this.#nodes.get(placed.nodeName);
    if (info) this.#setInfo(withoutPod(info, uid));
  }

  #place(pod: Pod, nodeName: string, assumed: boolean): void {
    const uid = uidOf(pod);
    const before = this.#placed.get(uid);
    const info = podInfo(pod, before?.info);
    const known = this.#nodes.get(nodeName);
    if (before?.nodeName === nodeName && known) {
      this.#placed.set(uid, { nodeName, info, assumed });
      this.#setInfo(withPodReplaced(known, info));
      return;
    }
    this.removePod(pod);
    this.#placed.set(uid, { nodeName, info, assumed });
    const there = this.#onNode.get(nodeName);
    if (there) there.add(uid);
    else this.#onNode.set(nodeName, new Set([uid]));
    const node = this.#nodes.get(nodeName);
    if (node) this.#setInfo(withPod(node, info));
  }

  #setInfo(info: NodeInfo): void {
    const before = this.#nodes.get(info.name);
    this.#nodes.set(info.name, info);
    if (repels(info)) this.#repelling.add(info.name);
    else this.#repelling.delete(info.name);
    if ((before?.podsWithAffinity.length ?? 0) + info.podsWithAffinity.length > 0) this.#withAffinity = undefined;
    const position = this.#position.get(info.name);
    if (before && this.#list && position !== undefined) this.#list[position] = info;
    else this.#list = undefined;
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
}
