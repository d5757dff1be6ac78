// The agent of a node that is another program, found by the Node as it is stored at the moment.
import { type KubeObject, type Node, NODES, notFound } from '@holdfast/schema';
import type { Store } from '@holdfast/store';
import { Kubelet, type KubeletFinder } from './kubelet.ts';
import type { KubeletTransport } from './transport.ts';

export function kubeletFinder(store: Pick<Store<KubeObject>, 'get'>, transport: KubeletTransport): KubeletFinder {
  return (name) => {
    const entry = store.get(`core/nodes/${name}`);
    if (!entry) throw notFound(NODES, name);
    return new Kubelet(entry.value as Node, transport);
  };
}
