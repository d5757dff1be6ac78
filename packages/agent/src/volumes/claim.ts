// From a claim to a place on this node.
import { type Client } from '@holdfast/client';
import {
  isNotFound,
  type Node,
  nodeSelectorMatches,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type PersistentVolume,
} from '@holdfast/schema';

/** A volume is not to be had yet; `beforeMount` when it is not even known which one. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly beforeMount: boolean;

  constructor(message: string, { beforeMount = false, cause }: { readonly beforeMount?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.beforeMount = beforeMount;
  }
}

/** The volume that a claim is bound to. Throws VolumeError with the kubelet's words. */
export async function boundVolume(client: Client, namespace: string, claimName: string): Promise<PersistentVolume> {
  const label = `error processing PVC ${namespace}/${claimName}`;
  const early = (message: string): VolumeError => new VolumeError(`${label}: ${message}`, { beforeMount: true });
  const claim = await found(client.get(PERSISTENTVOLUMECLAIMS, { namespace, name: claimName }));
  if (!claim) throw early(`failed to fetch PVC from API server: persistentvolumeclaims "${claimName}" not found`);
  if (claim.metadata.deletionTimestamp) throw early('PVC is being deleted');
  const name = claim.spec?.volumeName;
  if (claim.status?.phase !== 'Bound' || !name) throw early('PVC is not bound');
  const volume = await found(client.get(PERSISTENTVOLUMES, { name }));
  if (!volume) throw early(`failed to fetch PV "${name}" from API server: persistentvolumes "${name}" not found`);
  if (volume.spec?.claimRef?.uid !== claim.metadata.uid) throw early(`PV "${name}" is bound to another claim`);
  return volume;
}

/** Where the volume's data is: a path of the node. Throws VolumeError. */
export function volumePath(
  volume: PersistentVolume,
  node: Node,
): { readonly path: string; readonly type?: string | undefined; readonly local: boolean } {
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
  if (spec?.local) return { path: spec.local.path, local: true };
  if (spec?.hostPath) return { path: spec.hostPath.path, type: spec.hostPath.type, local: false };
  throw new VolumeError(
    `MountVolume.SetUp failed for volume "${name}" : no volume plugin matched: this node serves local and hostPath volumes`,
  );
}

async function found<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
