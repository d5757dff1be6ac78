// What an update may change of kinds whose spec is otherwise fixed: one list for the API server that refuses and for the check that foretells it.

/** Of a StatefulSet's spec in Kubernetes 1.32, in the order in which its refusal names them (pkg/apis/apps/validation). */
export const STATEFUL_SET_MUTABLE: readonly string[] = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

/** Fields that later versions added to the list, and the first version that has them there. */
export const STATEFUL_SET_MUTABLE_LATER: ReadonlyMap<string, string> = new Map([['revisionHistoryLimit', '1.33']]);
