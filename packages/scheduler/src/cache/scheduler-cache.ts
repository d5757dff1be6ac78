// Nodes and the pods on them, as the server told of them and as this scheduler has just decided.
import type { Node, Pod } from '@holdfast/schema';
import { type NodeInfo, nodeInfo, type PodInfo, podInfo, withoutPod, withPod } from './node-info.ts';

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
  /** In order; undefined when a node has come or gone. */
  #names: readonly string[] | undefined;
  #list: readonly NodeInfo[] | undefined;

  /** All nodes, by name; the same list until something changes. */
  nodes(): readonly NodeInfo[] {
    this.#names ??= [...this.#nodes.keys()].sort();
    this.#list ??= this.#names.flatMap((name) => this.#nodes.get(name) ?? []);
    return this.#list;
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
    this.#names = undefined;
    this.#list = undefined;
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
    this.removePod(pod);
    const uid = uidOf(pod);
    const info = podInfo(pod);
    this.#placed.set(uid, { nodeName, info, assumed });
    const there = this.#onNode.get(nodeName);
    if (there) there.add(uid);
    else this.#onNode.set(nodeName, new Set([uid]));
    const node = this.#nodes.get(nodeName);
    if (node) this.#setInfo(withPod(node, info));
  }

  #setInfo(info: NodeInfo): void {
    if (!this.#nodes.has(info.name)) this.#names = undefined;
    this.#nodes.set(info.name, info);
    this.#list = undefined;
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
}
