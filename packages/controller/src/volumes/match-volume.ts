// Which volume a claim gets: the algorithm that the binder and the scheduler share (upstream's FindMatchingVolume).
import { labelSelector, type Node, nodeSelectorMatches, type PersistentVolume, type PersistentVolumeClaim } from '@holdfast/schema';
import { classOfClaim, classOfVolume, isVolumeReservedFor, requestedStorage, storageOf } from './claims.ts';

/** What to look for, and where. */
export interface MatchQuery {
  readonly claim: PersistentVolumeClaim;
  readonly volumes: readonly PersistentVolume[];
  /** The scheduler's candidate: the volume must be usable there and must have all access modes. */
  readonly node?: Node;
  /** Names of volumes that are taken already, by other claims of the same pod. */
  readonly excluded?: ReadonlySet<string>;
  /** The claim waits for a pod: without a node only volumes reserved for it match. */
  readonly delayed?: boolean;
}

/** The smallest volume that fits; a volume reserved for the claim wins over all. Ties: the first by name. */
export function findMatchingVolume({ claim, volumes, node, excluded, delayed = false }: MatchQuery): PersistentVolume | undefined {
  const wanted = requestedStorage(claim);
  const className = classOfClaim(claim);
  const selector = claim.spec?.selector ? labelSelector(claim.spec.selector) : undefined;
  let smallest: { readonly volume: PersistentVolume; readonly size: bigint } | undefined;
  for (const volume of volumes) {
    const reserved = isVolumeReservedFor(volume, claim);
    if (excluded?.has(volume.metadata.name ?? '') || (volume.spec?.claimRef && !reserved)) continue;
    // Whoever reserved it knew what they wanted: class, selector and phase are theirs to answer for. The place is not.
    if (!reserved) {
      if (node === undefined && delayed) continue;
      if (volume.status?.phase !== 'Available' || classOfVolume(volume) !== className) continue;
      if (selector && !selector.matches(volume.metadata.labels)) continue;
      if (node !== undefined && !(isVolumeUsableOn(volume, node) && hasAccessModes(claim, volume))) continue;
    }
    // Last, since reading a quantity takes longest.
    const size = storageOf(volume);
    if (size < wanted || !isCompatible(claim, volume)) continue;
    if (reserved) return node === undefined || isVolumeUsableOn(volume, node) ? volume : undefined;
    if (!smallest || size < smallest.size || (size === smallest.size && nameOf(volume) < nameOf(smallest.volume)))
      smallest = { volume, size };
  }
  return smallest?.volume;
}

/**
 * The binder's choice: volumes are grouped by their exact set of access modes, and groups with fewer modes are tried first.
 * So a large volume with just the right modes is taken before a small one that could do more.
 */
export function findBestVolume({ claim, volumes, delayed = false }: Omit<MatchQuery, 'node'>): PersistentVolume | undefined {
  for (const group of byAccessModes(volumes.filter((volume) => hasAccessModes(claim, volume)))) {
    const found = findMatchingVolume({ claim, volumes: group, delayed });
    if (found) return found;
  }
  return undefined;
}

/** Whether the volume offers all access modes that the claim asks for. */
export function hasAccessModes(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const offered = volume.spec?.accessModes ?? [];
  return (claim.spec?.accessModes ?? []).every((mode) => offered.includes(mode));
}

/** Whether both sides agree on file system or block device. */
export function sameVolumeMode(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (claim.spec?.volumeMode ?? 'Filesystem') === (volume.spec?.volumeMode ?? 'Filesystem');
}

/** Whether the volume can be used on the node. */
export function isVolumeUsableOn(volume: PersistentVolume, node: Node): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  return required === undefined || nodeSelectorMatches(required, node);
}

/** Attribute classes are off by default in 1.32; an object that names one takes no part. */
function isCompatible(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (
    sameVolumeMode(claim, volume) &&
    !claim.spec?.volumeAttributesClassName &&
    !volume.spec?.volumeAttributesClassName &&
    volume.metadata.deletionTimestamp === undefined
  );
}

function byAccessModes(volumes: readonly PersistentVolume[]): readonly (readonly PersistentVolume[])[] {
  const groups = new Map<string, PersistentVolume[]>();
  for (const volume of volumes) {
    const key = [...new Set(volume.spec?.accessModes)].sort().join();
    const group = groups.get(key);
    if (group) group.push(volume);
    else groups.set(key, [volume]);
  }
  const count = (key: string): number => key.split(',').length;
  return [...groups].sort(([a], [b]) => count(a) - count(b) || (a < b ? -1 : 1)).map(([, group]) => group);
}

function nameOf(volume: PersistentVolume): string {
  return volume.metadata.name ?? '';
}
