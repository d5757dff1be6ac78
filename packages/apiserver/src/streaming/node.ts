// The agent of a pod's node.
import { internalError, type NodeDialer, type NodeStreams } from '@holdfast/schema';

/** Throws InternalError (500), as upstream does when a kubelet cannot be reached. */
export function dialNode(nodes: NodeDialer, name: string): NodeStreams {
  const node = nodes(name);
  if (!node) throw internalError(new Error(`error dialing backend: no agent of node ${JSON.stringify(name)} can be reached`));
  return node;
}
