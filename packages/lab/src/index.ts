// Labs
export { bundlesIn, findProgram, isExecutable, writeRealCockroachBundle } from './cluster/bundles.ts';
export type { Cluster, ClusterNode, ClusterOptions, ClusterPart } from './cluster/cluster.ts';
export { CLUSTER_PARTS, createCluster } from './cluster/cluster.ts';
export { componentKubeconfig } from './component-kubeconfig.ts';
export { controlPlaneComponents } from './cluster/components.ts';
export { defaultConfig } from './config/default-config.ts';
export type { ClusterConfig, ParsedConfig } from './config/kind-config.ts';
export { ConfigError, parseKindConfig } from './config/kind-config.ts';
export { nameNodes } from './config/node-names.ts';
export type { LabContext, LabView, UpOptions } from './lifecycle.ts';
export { down, list, mustRun, stop, up, view } from './lifecycle.ts';
export { LabError, LabNameTaken } from './state/lab-error.ts';
export type { LabFolder } from './state/state-folder.ts';
export { labFolder } from './state/state-folder.ts';
export type { SnapshotSummary } from './snapshot.ts';
export { restoreSnapshot, saveSnapshot } from './snapshot.ts';
