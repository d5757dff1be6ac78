// The agent of a pod's node: in this process, or another program that is reached over the network.
import { failure, type NodeDialer, type NodeStreams, type StatusError } from '@holdfast/schema';
import type { Kubelet, KubeletFinder } from '../kubelet/kubelet.ts';

/** How agents are found. */
export interface NodeAccess {
  readonly nodes: NodeDialer;
  /** For nodes whose agents are other programs; absent: there are none. */
  readonly kubelet?: KubeletFinder | undefined;
}

export type NodeEnd = { readonly here: NodeStreams } | { readonly here?: undefined; readonly elsewhere: Kubelet };

/** Throws an internal failure (500), as upstream does when a kubelet cannot be reached. */
export function dialNode({ nodes, kubelet }: NodeAccess, name: string): NodeEnd {
  const here = nodes(name);
  if (here) return { here };
  if (kubelet) return { elsewhere: kubelet(name) };
  throw noAgent(name);
}

export function noAgent(name: string): StatusError {
  return failure(500, '', `error dialing backend: no agent of node ${JSON.stringify(name)} can be reached`);
}
