// The plugins in upstream's order, which decides which reason a node is refused for.
import type { ComponentContext } from '@holdfast/controller';
import type { Plugin } from '../framework/plugin.ts';
import type { StorageView } from '../volumes/storage-view.ts';
import { createInterPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity, nodeNameFilter, nodeUnschedulable, taintToleration } from './node-filters.ts';
import { nodePorts } from './node-ports.ts';
import { balancedAllocation, nodeResourcesFit } from './node-resources.ts';
import { createNodeVolumeLimits } from './node-volume-limits.ts';
import { createTopologySpread } from './topology-spread.ts';
import { createVolumeBinding } from './volume-binding.ts';
import { createVolumeRestrictions } from './volume-restrictions.ts';
import { createVolumeZone } from './volume-zone.ts';

/** ImageLocality is left out: images are not pulled from anywhere here, so no node is nearer to one. */
export function defaultPlugins(context: Pick<ComponentContext, 'client' | 'clock' | 'informers'>, view: StorageView): readonly Plugin[] {
  return [
    nodeUnschedulable,
    nodeNameFilter,
    taintToleration,
    nodeAffinity,
    nodePorts,
    nodeResourcesFit,
    createVolumeRestrictions(view),
    createNodeVolumeLimits(view),
    createVolumeBinding(context, view),
    createVolumeZone(view),
    createTopologySpread(context),
    createInterPodAffinity(context),
    balancedAllocation,
  ];
}
