// A workload as rules see it, whatever kind it was written as.
import type { PersistentVolumeClaimSpec, PodTemplateSpec } from '@holdfast/schema';
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
  /** Each instance has a claim of its own. */
  readonly perInstance: boolean;
  /** Where containers of the engine mount it. */
  readonly mountPaths: readonly string[];
  /** The database's state lies here. */
  readonly holdsState: boolean;
}

/** A StatefulSet, Deployment, DaemonSet, ReplicaSet, Pod or custom resource of a data operator. */
export interface Workload {
  readonly source: SourcedObject;
  readonly replicas: number;
  readonly replicasPath: FieldPath;
  /** undefined for custom resources, whose pods their operator writes. */
  readonly template: { readonly value: PodTemplateSpec; readonly path: FieldPath } | undefined;
  readonly storage: readonly WorkloadStorage[];
  /** undefined: not known which engine, or none. */
  readonly engine: Engine | undefined;
  /** Empty: not taken for a database. */
  readonly database: readonly DatabaseEvidence[];
}
