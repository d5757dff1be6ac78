// From a claim to a place on this node.
import { type Client } from '@holdfast/client';
import {
  ignoreNotFound,
  type Node,
  nodeSelectorMatches,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type PersistentVolume,
} from '@holdfast/schema';

/** How far a volume has come: it is not known which one, it is not attached to the node yet, or it cannot be mounted. */
export type VolumeStage = 'process' | 'attach' | 'mount';

/** A volume is not to be had (yet). */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly stage: VolumeStage;

  constructor(message: string, { stage = 'mount', cause }: { readonly stage?: VolumeStage; readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.stage = stage;
  }
}

/** The volume that a claim is bound to. Throws VolumeError with the kubelet's words. */
export async function boundVolume(client: Client, namespace: string, claimName: string): Promise<PersistentVolume> {
  const label = `error processing PVC ${namespace}/${claimName}`;
  const early = (message: string): VolumeError => new VolumeError(`${label}: ${message}`, { stage: 'process' });
  const claim = await client.get(PERSISTENTVOLUMECLAIMS, { namespace, name: claimName }).catch(ignoreNotFound);
  if (!claim) throw early(`failed to fetch PVC from API server: persistentvolumeclaims "${claimName}" not found`);
  if (claim.metadata.deletionTimestamp) throw early('PVC is being deleted');
  const name = claim.spec?.volumeName;
  if (claim.status?.phase !== 'Bound' || !name) throw early('PVC is not bound');
  const volume = await client.get(PERSISTENTVOLUMES, { name }).catch(ignoreNotFound);
  if (!volume) throw early(`failed to fetch PV "${name}" from API server: persistentvolumes "${name}" not found`);
  if (volume.spec?.claimRef?.uid !== claim.metadata.uid) throw early(`PV "${name}" is bound to another claim`);
  return volume;
}

/** Throws VolumeError where the volume may not be used on the node, or is of a kind that no node here can use. */
export function checkUsable(volume: PersistentVolume, node: Node): void {
  const name = volume.metadata.name ?? '';
  const { spec } = volume;
  if (spec?.nodeAffinity?.required && !nodeSelectorMatches(spec.nodeAffinity.required, node)) {
    throw new VolumeError(`MountVolume.NodeAffinity check failed for volume "${name}" : no matching NodeSelectorTerms`);
  }
  if (spec?.volumeMode === 'Block') {
    throw new VolumeError(
      `MapVolume.SetUpDevice failed for volume "${name}" : block volumes are not served by this runtime: use volumeMode: Filesystem`,
    );
  }
}

/** Where the volume's data is: a path of the node. Throws VolumeError. */
export function volumePath({ metadata, spec }: PersistentVolume): {
  readonly path: string;
  readonly type?: string | undefined;
  readonly local: boolean;
} {
  if (spec?.local) return { path: spec.local.path, local: true };
  if (spec?.hostPath) return { path: spec.hostPath.path, type: spec.hostPath.type, local: false };
  throw new VolumeError(
    `MountVolume.SetUp failed for volume "${metadata.name}" : no volume plugin matched: this node serves local and hostPath volumes`,
  );
}
