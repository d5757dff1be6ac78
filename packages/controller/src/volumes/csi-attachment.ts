// Which volumes are attached to nodes at all, and what attachments are called (upstream's CSI volume plugin).
import { createHash } from 'node:crypto';
import type { CSIDriver, PersistentVolume } from '@holdfast/schema';

/** The driver and the volume's name in it. */
export interface CsiVolume {
  readonly driver: string;
  readonly handle: string;
}

/** Undefined for volumes that nobody attaches: local, hostPath, nfs, and drivers that say so. An unknown driver attaches. */
export function attachable({ spec }: PersistentVolume, driverOf: (name: string) => CSIDriver | undefined): CsiVolume | undefined {
  if (!spec?.csi) return undefined;
  const { driver, volumeHandle } = spec.csi;
  return driverOf(driver)?.spec?.attachRequired === false ? undefined : { driver, handle: volumeHandle };
}

export function attachmentName({ driver, handle }: CsiVolume, nodeName: string): string {
  return `csi-${createHash('sha256').update(`${handle}${driver}${nodeName}`).digest('hex')}`;
}

/** The volume's name in a node's status. */
export function uniqueName({ driver, handle }: CsiVolume): string {
  return `kubernetes.io/csi/${driver}^${handle}`;
}
