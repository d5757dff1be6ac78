// Volumes and nodes are chosen together: claims that wait for their first pod get a volume that the pod's node can use.
import { claimNamesOf, type ComponentContext } from '@holdfast/controller';
import { deepEqual, type Pod } from '@holdfast/schema';
import type { Plugin, PodFilter } from '../framework/plugin.ts';
import { type Rejection, unresolvable } from '../framework/status.ts';
import type { ClusterEvent } from '../queue/cluster-event.ts';
import { createClaimSignals, reservePlan } from '../volumes/bind-volumes.ts';
import { claimsOf, planVolumes } from '../volumes/find-volumes.ts';
import type { StorageView } from '../volumes/storage-view.ts';

const NAME = 'VolumeBinding';

export function createVolumeBinding(context: Pick<ComponentContext, 'client' | 'clock'>, view: StorageView): Plugin {
  const signals = createClaimSignals(view);
  return {
    name: NAME,
    prepareFilter: (pod): PodFilter | Rejection | undefined => {
      if (claimNamesOf(pod).length === 0) return undefined;
      const claims = claimsOf(pod, view);
      if (typeof claims === 'string') return unresolvable(NAME, claims);
      if (claims.immediate.length > 0) return unresolvable(NAME, 'pod has unbound immediate PersistentVolumeClaims');
      return {
        filter: ({ node }) => {
          const plan = planVolumes(claims, node, view);
          return 'bindings' in plan ? undefined : unresolvable(NAME, ...plan);
        },
      };
    },
    reserve: (pod, { node }) => {
      const claims = claimsOf(pod, view);
      if (typeof claims === 'string') throw new Error(claims);
      if (claims.delayed.length === 0) return undefined;
      const plan = planVolumes(claims, node, view);
      if (!('bindings' in plan)) throw new Error(plan.join(', '));
      return reservePlan({ context, view, signals, node, plan });
    },
    mayHelp,
  };
}

function mayHelp(event: ClusterEvent, pod: Pod): boolean {
  switch (event.kind) {
    case 'volume':
    case 'storage':
      return true;
    case 'claim':
      return event.claim.metadata.namespace === pod.metadata.namespace && claimNamesOf(pod).includes(event.claim.metadata.name ?? '');
    case 'node':
      return !event.old || !deepEqual(event.old.metadata.labels, event.node.metadata.labels);
    case 'podGone':
    case 'podPlaced':
      return false;
  }
}
