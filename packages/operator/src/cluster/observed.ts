// Everything that a decision about a cluster is made from.
import type { EnvVar, Pod, PodDisruptionBudget, Role, RoleBinding, Service, ServiceAccount, StatefulSet } from '@holdfast/schema';
import type { CrdbCluster } from '../api/crdb-cluster.ts';
import type { SupportedVersions } from '../api/image.ts';
import type { Problem } from '../api/validation.ts';

/** What the operator was told when it was started. */
export interface OperatorSettings {
  readonly supported: SupportedVersions;
  /** For the database's containers. */
  readonly extraEnv: readonly EnvVar[];
}

/** The objects of a cluster that exist, by role. */
export interface ClusterObjects {
  readonly serviceAccount?: ServiceAccount | undefined;
  readonly role?: Role | undefined;
  readonly roleBinding?: RoleBinding | undefined;
  readonly discovery?: Service | undefined;
  readonly public?: Service | undefined;
  readonly statefulSet?: StatefulSet | undefined;
  readonly budget?: PodDisruptionBudget | undefined;
}

export interface Observed {
  readonly cluster: CrdbCluster;
  readonly objects: ClusterObjects;
  /** The cluster's pods, in any order. */
  readonly pods: readonly Pod[];
  /** COCKROACH_CHANNEL by the kind of cloud. */
  readonly channel: string;
  /** The logging configuration that the spec names, in YAML's flow form; or why there is none. */
  readonly logging: { readonly text?: string; readonly problem?: Problem };
  readonly settings: OperatorSettings;
}
