// CrdbCluster v1alpha1: the fields that users write and the operator reports.
import type {
  Affinity,
  EnvVar,
  HostPathVolumeSource,
  IngressTLS,
  KubeObject,
  ObjectMeta,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimVolumeSource,
  ResourceRequirements,
  ResourceType,
  Toleration,
  TopologySpreadConstraint,
} from '@holdfast/schema';

export interface CrdbCluster extends KubeObject {
  readonly metadata: ObjectMeta;
  readonly spec: CrdbClusterSpec;
  readonly status?: CrdbClusterStatus | undefined;
}

export interface CrdbClusterSpec {
  readonly nodes: number;
  readonly image?: PodImage | undefined;
  readonly cockroachDBVersion?: string | undefined;
  readonly grpcPort?: number | undefined;
  readonly httpPort?: number | undefined;
  readonly sqlPort?: number | undefined;
  readonly tlsEnabled?: boolean | undefined;
  readonly nodeTLSSecret?: string | undefined;
  readonly clientTLSSecret?: string | undefined;
  readonly maxUnavailable?: number | undefined;
  readonly minAvailable?: number | undefined;
  readonly cache?: string | undefined;
  readonly maxSQLMemory?: string | undefined;
  readonly additionalArgs?: readonly string[] | undefined;
  readonly resources?: ResourceRequirements | undefined;
  readonly dataStore: DataStore;
  readonly priorityClassName?: string | undefined;
  readonly podEnvVariables?: readonly EnvVar[] | undefined;
  readonly affinity?: Affinity | undefined;
  readonly tolerations?: readonly Toleration[] | undefined;
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[] | undefined;
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  readonly additionalLabels?: Readonly<Record<string, string>> | undefined;
  readonly additionalAnnotations?: Readonly<Record<string, string>> | undefined;
  readonly ingress?: { readonly ui?: IngressRule | undefined; readonly sql?: IngressRule | undefined } | undefined;
  readonly logConfigMap?: string | undefined;
  readonly automountServiceAccountToken?: boolean | undefined;
  readonly terminationGracePeriodSecs?: number | undefined;
}

export interface PodImage {
  readonly name?: string | undefined;
  readonly pullPolicy?: string | undefined;
  readonly pullSecret?: string | undefined;
}

export interface DataStore {
  readonly hostPath?: HostPathVolumeSource | undefined;
  readonly pvc?:
    | { readonly spec?: PersistentVolumeClaimSpec | undefined; readonly source?: PersistentVolumeClaimVolumeSource | undefined }
    | undefined;
  readonly supportsAutoResize?: boolean | undefined;
}

export interface IngressRule {
  readonly ingressClassName?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly tls?: readonly IngressTLS[] | undefined;
  readonly host?: string | undefined;
}

/** Upstream's conditions have type, status and time only; reason and message say what is awaited. */
export interface ClusterCondition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | undefined;
}

/** Accepted and Ready are Holdfast's own, the others upstream's. */
export type ConditionType =
  | 'Accepted'
  | 'Ready'
  | 'Initialized'
  | 'CrdbVersionChecked'
  | 'CertificateGenerated'
  | 'Decommission'
  | 'UIIngressExposed'
  | 'SQLIngressExposed'
  | 'RestartedCluster';

/** Upstream's names of what the operator does. */
export type ActionType =
  | 'VersionCheckerAction'
  | 'ClusterRestart'
  | 'Deploy'
  | 'Decommission'
  | 'Initialize'
  | 'GenerateCert'
  | 'ResizePVC'
  | 'PartitionedUpdate'
  | 'SetupRBAC'
  | 'ExposeIngressAction'
  | 'Unknown';

export type ActionStatus = 'Failed' | 'Starting' | 'Finished' | 'Unknown';

export interface OperatorAction {
  readonly type: ActionType;
  readonly status: ActionStatus;
  readonly message?: string | undefined;
  readonly lastTransitionTime: string;
}

export interface CrdbClusterStatus {
  readonly conditions?: readonly ClusterCondition[] | undefined;
  readonly operatorActions?: readonly OperatorAction[] | undefined;
  readonly clusterStatus?: ActionStatus | undefined;
  readonly version?: string | undefined;
  readonly crdbcontainerimage?: string | undefined;
  readonly sqlHost?: string | undefined;
}

export const CRDB_CLUSTERS: ResourceType<CrdbCluster> = {
  group: 'crdb.cockroachlabs.com',
  version: 'v1alpha1',
  resource: 'crdbclusters',
  kind: 'CrdbCluster',
  namespaced: true,
};

export const VERSION_ANNOTATION = 'crdb.io/version';
export const IMAGE_ANNOTATION = 'crdb.io/containerimage';
export const LAST_APPLIED_ANNOTATION = 'crdb.io/last-applied';
export const RESTART_ANNOTATION = 'crdb.io/restarttype';
export const SKIP_LABEL = 'crdb.io/skip-reconcile';
