// A workload as rules see it, whatever kind it was written as.
import type { Container, PersistentVolumeClaimSpec, PodTemplateSpec, ResourceRequirements } from '@holdfast/schema';
import type { Engine } from './engines.ts';
import type { FieldPath, SourcedObject } from './sourced-object.ts';

/** One reason for taking the workload for a database. */
export interface DatabaseEvidence {
  readonly path: FieldPath;
  /** 'image cockroachdb/cockroach:v24.3.2 is cockroachdb'. */
  readonly reason: string;
}

/** One storage of a workload. */
export interface WorkloadStorage {
  readonly name: string;
  /** Where the workload asks for it. */
  readonly path: FieldPath;
  /** 'claim': a claim per instance (template) or one shared claim. */
  readonly source: 'claim' | 'emptyDir' | 'hostPath' | 'other';
  /** What is asked for; a custom resource may leave it to its operator. */
  readonly claim: PersistentVolumeClaimSpec | undefined;
  /** The claim's name where it is one that exists by itself. */
  readonly claimName: string | undefined;
  /** Each instance has a claim of its own. */
  readonly perInstance: boolean;
  /** Where containers of the engine mount it. */
  readonly mountPaths: readonly string[];
  /** The database's state lies here. */
  readonly holdsState: boolean;
}

/** What an engine's container is given, whether a template or a custom resource says it. */
export interface WorkloadContainer {
  readonly name: string;
  /** Where to point when a field is not written. */
  readonly path: FieldPath;
  readonly image: { readonly value: string; readonly path: FieldPath } | undefined;
  readonly resources: { readonly value: ResourceRequirements; readonly path: FieldPath } | undefined;
  /** undefined for custom resources. */
  readonly spec: Container | undefined;
}

/** Instances that hold the same data and, with some engines, vote together. */
export interface InstanceGroup {
  readonly replicas: number;
  readonly path: FieldPath;
}

/** A StatefulSet, Deployment, DaemonSet, ReplicaSet, Pod or custom resource of a data operator. */
export interface Workload {
  readonly source: SourcedObject;
  /** Of all groups. */
  readonly replicas: number;
  readonly replicasPath: FieldPath;
  /** One, but for custom resources with several sets of replicas or shards. */
  readonly groups: readonly InstanceGroup[];
  /** undefined for custom resources, whose pods their operator writes. */
  readonly template: { readonly value: PodTemplateSpec; readonly path: FieldPath } | undefined;
  readonly storage: readonly WorkloadStorage[];
  /** Those that run the engine; where none is known, all. */
  readonly containers: readonly WorkloadContainer[];
  /** undefined: not known which engine, or none. */
  readonly engine: Engine | undefined;
  /** Empty: not taken for a database. */
  readonly database: readonly DatabaseEvidence[];
}
