// Volumes of CSI drivers: attached by the control plane first, then reported as in use, then mounted.
import { attachable, attachmentName, uniqueName } from '@holdfast/controller';
import type { Client } from '@holdfast/client';
import { CSIDRIVERS, ignoreNotFound, type PersistentVolume, VOLUMEATTACHMENTS } from '@holdfast/schema';
import type { VolumesInUse } from '../node/volumes-in-use.ts';
import { VolumeError } from './claim.ts';

export interface CsiVolumeOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly podUid: string;
  readonly volumesInUse: VolumesInUse;
}

/** Resolves when the volume is attached to this node and its status says that it is used here. Throws VolumeError until then. */
export async function awaitAttached(volume: PersistentVolume, { client, nodeName, podUid, volumesInUse }: CsiVolumeOptions): Promise<void> {
  const driver = await client.get(CSIDRIVERS, { name: volume.spec?.csi?.driver ?? '' }).catch(ignoreNotFound);
  const csi = attachable(volume, () => driver);
  if (!csi) return;
  await volumesInUse.use(podUid, uniqueName(csi));
  const attachment = await client.get(VOLUMEATTACHMENTS, { name: attachmentName(csi, nodeName) }).catch(ignoreNotFound);
  if (!attachment?.status?.attached || attachment.metadata.deletionTimestamp !== undefined)
    throw new VolumeError(`volume "${volume.metadata.name}" is not attached to node "${nodeName}"`, { stage: 'attach' });
}

/** What a node says that has no plugin of the driver. */
export function noDriver({ metadata, spec }: PersistentVolume): VolumeError {
  return new VolumeError(
    `MountVolume.MountDevice failed for volume "${metadata.name}" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name ${spec?.csi?.driver} not found in the list of registered CSI drivers`,
  );
}
