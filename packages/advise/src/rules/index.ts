// All rules, in the order in which they are listed. To add one: a folder beside these, and a line here.
import type { Rule } from '../rule.ts';
import { rule as autoscaledDatabase } from './autoscaled-database/rule.ts';
import { rule as budgetBlocksDrain } from './budget-blocks-drain/rule.ts';
import { rule as budgetBreaksQuorum } from './budget-breaks-quorum/rule.ts';
import { rule as claimsDeletedWithSet } from './claims-deleted-with-set/rule.ts';
import { rule as claimsPruned } from './claims-pruned/rule.ts';
import { rule as cpuLimit } from './cpu-limit/rule.ts';
import { rule as dataBesideVolume } from './data-beside-volume/rule.ts';
import { rule as defaultClass } from './default-class/rule.ts';
import { rule as definitionNotKept } from './definition-not-kept/rule.ts';
import { rule as durabilityOff } from './durability-off/rule.ts';
import { rule as emptyDirForState } from './empty-dir-for-state/rule.ts';
import { rule as evenQuorum } from './even-quorum/rule.ts';
import { rule as failoverNeverRehearsed } from './failover-never-rehearsed/rule.ts';
import { rule as floatingImage } from './floating-image/rule.ts';
import { rule as foundsAgain } from './founds-again/rule.ts';
import { rule as fsGroup } from './fs-group/rule.ts';
import { rule as headlessService } from './headless-service/rule.ts';
import { rule as hostPathForState } from './host-path-for-state/rule.ts';
import { rule as immediateBinding } from './immediate-binding/rule.ts';
import { rule as livenessKillsRecovery } from './liveness-kills-recovery/rule.ts';
import { rule as memoryLimit } from './memory-limit/rule.ts';
import { rule as mountOptions } from './mount-options/rule.ts';
import { rule as newIdentity } from './new-identity/rule.ts';
import { rule as noBackup } from './no-backup/rule.ts';
import { rule as noDisruptionBudget } from './no-disruption-budget/rule.ts';
import { rule as noReadinessProbe } from './no-readiness-probe/rule.ts';
import { rule as noSpread } from './no-spread/rule.ts';
import { rule as noVolumeExpansion } from './no-volume-expansion/rule.ts';
import { rule as notEnoughRoom } from './not-enough-room/rule.ts';
import { rule as oneInstanceOnLocalVolume } from './one-instance-on-local-volume/rule.ts';
import { rule as orphanedStorage } from './orphaned-storage/rule.ts';
import { rule as plaintext } from './plaintext/rule.ts';
import { rule as podManagement } from './pod-management/rule.ts';
import { rule as reclaimDelete } from './reclaim-delete/rule.ts';
import { rule as restoreNeverRehearsed } from './restore-never-rehearsed/rule.ts';
import { rule as runsAsRoot } from './runs-as-root/rule.ts';
import { rule as sharedBlockDevice } from './shared-block-device/rule.ts';
import { rule as sharedClaim } from './shared-claim/rule.ts';
import { rule as shortGracePeriod } from './short-grace-period/rule.ts';
import { rule as snapshotClassDelete } from './snapshot-class-delete/rule.ts';
import { rule as unencryptedVolumes } from './unencrypted-volumes/rule.ts';
import { rule as updateLeftBehind } from './update-left-behind/rule.ts';
import { rule as zoneConflict } from './zone-conflict/rule.ts';

export const RULES: readonly Rule[] = [
  reclaimDelete,
  immediateBinding,
  oneInstanceOnLocalVolume,
  cpuLimit,
  emptyDirForState,
  shortGracePeriod,
  sharedClaim,
  headlessService,
  noDisruptionBudget,
  budgetBlocksDrain,
  budgetBreaksQuorum,
  evenQuorum,
  noSpread,
  notEnoughRoom,
  podManagement,
  noReadinessProbe,
  livenessKillsRecovery,
  noVolumeExpansion,
  claimsDeletedWithSet,
  noBackup,
  restoreNeverRehearsed,
  failoverNeverRehearsed,
  snapshotClassDelete,
  unencryptedVolumes,
  sharedBlockDevice,
  fsGroup,
  hostPathForState,
  memoryLimit,
  floatingImage,
  updateLeftBehind,
  plaintext,
  runsAsRoot,
  mountOptions,
  zoneConflict,
  orphanedStorage,
  defaultClass,
  dataBesideVolume,
  durabilityOff,
  autoscaledDatabase,
  newIdentity,
  foundsAgain,
  claimsPruned,
  definitionNotKept,
];
