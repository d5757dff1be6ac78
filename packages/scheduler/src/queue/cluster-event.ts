// What happened in the cluster that could make a waiting pod schedulable.
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '@holdfast/schema';

export type ClusterEvent =
  | { readonly kind: 'node'; readonly node: Node; readonly old: Node | undefined }
  /** A pod left a node, or ended, or needs less. */
  | { readonly kind: 'podGone'; readonly pod: Pod }
  /** A pod arrived on a node, or its labels changed. */
  | { readonly kind: 'podPlaced'; readonly pod: Pod }
  | { readonly kind: 'claim'; readonly claim: PersistentVolumeClaim }
  | { readonly kind: 'volume'; readonly volume: PersistentVolume }
  /** Classes, CSI drivers, their nodes and capacities. */
  | { readonly kind: 'storage' };
