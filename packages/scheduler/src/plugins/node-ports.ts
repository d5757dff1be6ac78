// Two pods on one node cannot have the same port of the host.
import type { ContainerPort } from '@holdfast/schema';
import type { Plugin } from '../framework/plugin.ts';
import { unschedulable } from '../framework/status.ts';
import { podInfo } from '../cache/node-info.ts';

export const nodePorts: Plugin = {
  name: 'NodePorts',
  prepareFilter: (pod) => {
    const wanted = podInfo(pod).hostPorts;
    if (wanted.length === 0) return undefined;
    return {
      filter: ({ pods }) => {
        const taken = pods.some(({ hostPorts }) => hostPorts.some((used) => wanted.some((port) => collide(port, used))));
        return taken ? unschedulable('NodePorts', "node(s) didn't have free ports for the requested pod ports") : undefined;
      },
    };
  },
  mayHelp: (event) => (event.kind === 'node' && !event.old) || (event.kind === 'podGone' && podInfo(event.pod).hostPorts.length > 0),
};

/** The address 0.0.0.0 stands for all of them. */
function collide(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false;
  const [one, other] = [a.hostIP || '0.0.0.0', b.hostIP || '0.0.0.0'];
  return one === other || one === '0.0.0.0' || other === '0.0.0.0';
}
