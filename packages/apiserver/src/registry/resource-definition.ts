// What the server knows of a resource: the same shape for built-in kinds and for custom ones.
import type { GroupDef, KubeObject, ResourceType, SubresourceDef } from '@holdfast/schema';
import type { CustomVersion } from '../crd/custom-version.ts';
import type { Strategy } from '../strategies/strategy.ts';

/** A resource in one group version. */
export interface ResourceDefinition extends ResourceType {
  readonly singular: string;
  readonly listKind: string;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly storageVersionHash?: string | undefined;
  readonly subresources: readonly SubresourceDef[];
  /** First part of the keys under which objects are stored: shared by all versions of one resource. */
  readonly storagePrefix: string;
  /** Name in the type table; absent for custom resources. */
  readonly typeName?: string | undefined;
  /** Schema, columns and paths of a custom resource's version; absent for built-in kinds. */
  readonly custom?: CustomVersion | undefined;
  /** Of a custom resource: what ends the watches of it when another definition takes its place. */
  readonly watches?: Set<() => void> | undefined;
  readonly strategy: Strategy;
  /** Rewrites a stored object to this version, and one of this version to how it is stored. */
  readonly fromStored: (object: KubeObject) => KubeObject;
  readonly toStored: (object: KubeObject) => KubeObject;
}

/** All that is served at the moment. */
export interface Registry {
  /** As discovery shows it, the core group first; the same array until something changes. */
  groupDefs(): readonly GroupDef[];
  isCustomGroup(group: string): boolean;
  find(group: string, version: string, resource: string): ResourceDefinition | undefined;
  /** The resource whose objects are of a kind. */
  ofKind(group: string, version: string, kind: string): ResourceDefinition | undefined;
  /** The same objects in the other versions, and groups, in which they are served. */
  equivalents(definition: ResourceDefinition): readonly ResourceDefinition[];
}
