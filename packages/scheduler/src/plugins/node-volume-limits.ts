// A CSI driver can attach only so many volumes to one node.
import { claimNamesOf } from '@holdfast/controller';
import type { Pod } from '@holdfast/schema';
import type { NodeInfo } from '../cache/node-info.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unschedulable } from '../framework/status.ts';
import type { StorageView } from '../volumes/storage-view.ts';

const NAME = 'NodeVolumeLimits';

export function createNodeVolumeLimits(view: StorageView): Plugin {
  return {
    name: NAME,
    prepareFilter: (pod) => {
      const wanted = attachable(pod, view);
      if (wanted.length === 0) return undefined;
      return { filter: (node) => (exceeds(wanted, node, view) ? unschedulable(NAME, 'node(s) exceed max volume count') : undefined) };
    },
    mayHelp: (event, pod) =>
      event.kind === 'storage' ||
      event.kind === 'claim' ||
      (event.kind === 'node' && !event.old) ||
      (event.kind === 'podGone' && claimNamesOf(pod).length > 0),
  };
}

/** 'driver/handle' of every CSI volume that the pod needs; a claim not bound yet counts under its uid. */
function attachable(pod: Pod, view: StorageView): readonly { readonly driver: string; readonly handle: string }[] {
  return claimNamesOf(pod).flatMap((name) => {
    const claim = view.claims.get({ namespace: pod.metadata.namespace, name });
    if (!claim) return [];
    const volume = claim.spec?.volumeName ? view.volumes.get({ name: claim.spec.volumeName }) : undefined;
    if (volume) return volume.spec?.csi ? [{ driver: volume.spec.csi.driver, handle: volume.spec.csi.volumeHandle }] : [];
    const driver = view.classOf(claim)?.provisioner ?? '';
    return view.drivers.get({ name: driver }) ? [{ driver, handle: claim.metadata.uid ?? '' }] : [];
  });
}

function exceeds(wanted: readonly { readonly driver: string; readonly handle: string }[], node: NodeInfo, view: StorageView): boolean {
  const limits = view.driverNodes.get({ name: node.name })?.spec?.drivers ?? [];
  return limits.some(({ name, allocatable }) => {
    const limit = allocatable?.count;
    const own = wanted.filter(({ driver }) => driver === name).map(({ handle }) => handle);
    if (typeof limit !== 'number' || own.length === 0) return false;
    const used = new Set([
      ...attached(node.name, name, view),
      ...node.pods.flatMap(({ pod }) => attachable(pod, view)).flatMap((one) => (one.driver === name ? [one.handle] : [])),
    ]);
    const before = used.size;
    for (const handle of own) used.add(handle);
    return used.size > before && used.size > limit;
  });
}

function attached(nodeName: string, driver: string, view: StorageView): readonly string[] {
  return view.attachments.list().flatMap(({ spec }) => {
    if (spec?.nodeName !== nodeName || spec.attacher !== driver) return [];
    const volume = view.volumes.get({ name: spec.source?.persistentVolumeName ?? '' });
    return volume?.spec?.csi ? [volume.spec.csi.volumeHandle] : [];
  });
}
