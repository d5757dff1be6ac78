// One served version of a custom resource: schema, columns, paths.
import type { CustomResourceColumnDefinition, KubeObject, MergeType, StructuralSchema } from '@holdfast/schema';

export interface CustomVersion {
  readonly schema: StructuralSchema;
  /** As the definition states it. */
  readonly openAPIV3Schema: Readonly<Record<string, unknown>>;
  /** How objects merge when they are applied. */
  readonly mergeType: MergeType;
  /** Whether the definition is being deleted: nothing new may be created. */
  readonly terminating: boolean;
  readonly columns: readonly CustomResourceColumnDefinition[];
  readonly selectableFields: readonly string[];
  /** JSON paths of the scale subresource ('.spec.replicas'), where the version has one. */
  readonly scale?:
    | { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string }
    | undefined;
  readonly deprecationWarning?: string | undefined;
  /** Prunes and defaults. */
  decode(value: Readonly<Record<string, unknown>>): { readonly object: KubeObject; readonly unknownFields: readonly string[] };
}
