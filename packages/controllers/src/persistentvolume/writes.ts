// The binder's writes. Each is done only where something differs, so that an interrupted binding is simply continued.
import type { Client } from '@holdfast/client';
import {
  type AssumeCache,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  hasAnnotation,
  reserveVolume,
  STORAGE_PROVISIONER,
  STORAGE_PROVISIONER_BETA,
} from '@holdfast/controller';
import {
  deepEqual,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type PersistentVolumeClaimStatus,
} from '@holdfast/schema';

type ClaimPhase = 'Pending' | 'Bound' | 'Lost';
type VolumePhase = 'Available' | 'Bound' | 'Released' | 'Failed';

/** Every method returns the object as it now is. */
export interface BinderWrites {
  reserve(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<PersistentVolume>;
  volumePhase(volume: PersistentVolume, phase: VolumePhase, message?: string): Promise<PersistentVolume>;
  completeClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<PersistentVolumeClaim>;
  /** `volume`: whose modes and size a Bound claim takes over. */
  claimPhase(claim: PersistentVolumeClaim, phase: ClaimPhase, volume?: PersistentVolume): Promise<PersistentVolumeClaim>;
  announceProvisioner(claim: PersistentVolumeClaim, provisioner: string): Promise<PersistentVolumeClaim>;
  updateVolume(volume: PersistentVolume): Promise<PersistentVolume>;
  updateClaim(claim: PersistentVolumeClaim): Promise<PersistentVolumeClaim>;
}

export function createWrites(
  client: Client,
  volumes: AssumeCache<PersistentVolume>,
  claims: AssumeCache<PersistentVolumeClaim>,
): BinderWrites {
  const keepVolume = (volume: PersistentVolume): PersistentVolume => {
    volumes.assume(volume);
    return volume;
  };
  const keepClaim = (claim: PersistentVolumeClaim): PersistentVolumeClaim => {
    claims.assume(claim);
    return claim;
  };
  const updateVolume = async (volume: PersistentVolume): Promise<PersistentVolume> =>
    keepVolume(await client.update(PERSISTENTVOLUMES, volume));
  const updateClaim = async (claim: PersistentVolumeClaim): Promise<PersistentVolumeClaim> =>
    keepClaim(await client.update(PERSISTENTVOLUMECLAIMS, claim));

  return {
    updateVolume,
    updateClaim,
    async reserve(volume, claim) {
      const wanted = reserveVolume(volume, claim);
      return wanted === volume ? volume : updateVolume(wanted);
    },
    async volumePhase(volume, phase, message = '') {
      if (volume.status?.phase === phase && (volume.status.message ?? '') === message) return volume;
      const { message: _old, ...status } = volume.status ?? {};
      const next = { ...volume, status: { ...status, phase, ...(message ? { message } : {}) } };
      return keepVolume(await client.updateStatus(PERSISTENTVOLUMES, next));
    },
    async completeClaim(claim, volume) {
      const wanted = completed(claim, volume);
      return wanted === claim ? claim : updateClaim(wanted);
    },
    async claimPhase(claim, phase, volume) {
      const status = claimStatus(claim, phase, volume);
      if (deepEqual(status, claim.status)) return claim;
      return keepClaim(await client.updateStatus(PERSISTENTVOLUMECLAIMS, { ...claim, status }));
    },
    async announceProvisioner(claim, provisioner) {
      if (claim.metadata.annotations?.[STORAGE_PROVISIONER] === provisioner) return claim;
      const annotations = { ...claim.metadata.annotations, [STORAGE_PROVISIONER]: provisioner, [STORAGE_PROVISIONER_BETA]: provisioner };
      return updateClaim({ ...claim, metadata: { ...claim.metadata, annotations } });
    },
  };
}

function completed(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const chosen = claim.spec?.volumeName !== volume.metadata.name;
  if (!chosen && hasAnnotation(claim, BIND_COMPLETED)) return claim;
  const annotations = { ...claim.metadata.annotations, [BIND_COMPLETED]: 'yes', ...(chosen ? { [BOUND_BY_CONTROLLER]: 'yes' } : {}) };
  return { ...claim, metadata: { ...claim.metadata, annotations }, spec: { ...claim.spec, volumeName: volume.metadata.name } };
}

/** Size is taken over when the claim becomes Bound and not later: a resize under way makes the two differ on purpose. */
function claimStatus(claim: PersistentVolumeClaim, phase: ClaimPhase, volume: PersistentVolume | undefined): PersistentVolumeClaimStatus {
  const { accessModes: _modes, capacity, ...rest } = claim.status ?? {};
  if (!volume) return { ...rest, phase };
  const storage = volume.spec?.capacity?.['storage'];
  const becomesBound = claim.status?.phase !== 'Bound' && storage !== undefined;
  const size = becomesBound ? { ...capacity, storage } : capacity;
  return { ...rest, phase, accessModes: volume.spec?.accessModes, ...(size ? { capacity: size } : {}) };
}
