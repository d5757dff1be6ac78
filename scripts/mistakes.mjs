// The 32 mistakes of stateful workloads, and what nine other checkers say to each: Y names it, P only one variant of it or by accident,
// C demands the mistake, - is silent. kube-linter 0.8.3 (all built-ins), kube-score 1.20.0 (all useful optional tests) and polaris 10.2.2 were
// run on 46 mutants of one clean three-instance database; the others were read: popeye 0.22.1, datree (2023-08), k8sgpt (2026-08),
// kubeconform 0.7.0, @monokle/validation 0.33, KubeBuddy (2026-08, names of checks only).

export const TOOLS = ['kube-linter', 'kube-score', 'polaris', 'popeye', 'datree', 'k8sgpt', 'kubeconform', 'monokle', 'KubeBuddy'];

/** Number, mistake, and a letter for each of TOOLS. */
export const MISTAKES = [
  [1, 'reclaimPolicy Delete / defaulted on a DB class', '- - - - - - - - -'],
  [2, 'no WaitForFirstConsumer (no-provisioner, local, zonal)', '- - - - - C - - -'],
  [3, 'single-replica DB on local PV', 'P - - - - C - - P'],
  [4, 'CPU limit on DB', '- C C - C - - C -'],
  [5, 'emptyDir for DB data', '- - - - - - - - P'],
  [6, 'terminationGracePeriodSeconds too short (5, 0)', '- - - - - - - - -'],
  [7, 'Deployment replicas>1 on RWO / shared RWX', '- - - - - - - - -'],
  [8, 'headless Service missing / not headless / selector mismatch', '- Y - - - P - - -'],
  [9, 'no PDB / PDB blocks drain / PDB lets quorum break', 'P P P P - P - - Y'],
  [10, 'even quorum size', '- - - - - - - - -'],
  [11, 'no anti-affinity / spread', 'Y Y Y - P - - - P'],
  [12, 'replicas > local PVs / nodes', '- - - - - - - - -'],
  [13, 'Parallel vs OrderedReady misuse', '- - - - - - - - -'],
  [14, 'no readiness probe / liveness kills recovery', 'P P P P P - - - P'],
  [15, 'allowVolumeExpansion missing', '- - - - - - - - Y'],
  [16, 'persistentVolumeClaimRetentionPolicy Delete', '- - - - - - - - -'],
  [17, 'no snapshot/backup covering it; never restored', '- - - - - - - - -'],
  [18, 'VolumeSnapshotClass deletionPolicy Delete', '- - - - - - - - -'],
  [19, 'unencrypted class', '- - - - - - - - -'],
  [20, 'RWX on block', '- - - - - - - - Y'],
  [21, 'fsGroup / fsGroupChangePolicy pitfalls', '- - - - - - - - -'],
  [22, 'hostPath for data', 'Y - Y - Y - - Y Y'],
  [23, 'memory limit != request', '- Y - - - - - - -'],
  [24, 'image tag latest', 'Y Y Y Y Y - - Y P'],
  [25, 'OnDelete forgotten / partition left behind', 'P - - - - - - - -'],
  [26, 'volumeClaimTemplates immutable-field change', '- - - - - - - - -'],
  [27, 'TLS disabled in the database', '- - - - - - - - -'],
  [28, 'root / privileged', 'Y Y Y Y Y P - Y Y'],
  [29, 'noatime missing / dangerous mount options (nobarrier)', '- - - - - - - - -'],
  [30, 'cross-zone volume affinity conflict', '- - - - - - - - -'],
  [31, 'orphaned PVC / Released PV', '- - - P - P - - Y'],
  [32, 'default StorageClass absent / several', '- - - - - P - - P'],
];
