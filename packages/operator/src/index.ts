// The custom resource
export type { ClusterCondition, CrdbCluster, CrdbClusterSpec, CrdbClusterStatus, OperatorAction } from './api/crdb-cluster.ts';
export { CRDB_CLUSTERS } from './api/crdb-cluster.ts';
export { withDefaults } from './api/defaults.ts';
export { crdbClusterDefinition } from './api/definition.ts';
export { problemOf } from './api/validation.ts';
// The controller
export { CACHE_LABELS, crdbClusterController } from './cluster/controller.ts';
export { decide } from './cluster/decide.ts';
export type { Step } from './cluster/decide.ts';
export type { Observed, OperatorSettings } from './cluster/observed.ts';
// Installation
export type { InstallOptions } from './install/manifests.ts';
export { operatorManifests } from './install/manifests.ts';
export { OPERATOR_NAMESPACE } from './install/access.ts';
