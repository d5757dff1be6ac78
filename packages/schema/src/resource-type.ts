// What identifies a kind of object in the API, and the shape that all objects share.
import type { ListMeta, ObjectMeta } from './generated/types.ts';

/** Any object of the API, built-in or custom. Values are immutable: never assign to a field of one. */
export interface KubeObject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ObjectMeta;
}

/** A custom or otherwise untyped object. */
export interface UnstructuredObject extends KubeObject {
  readonly [field: string]: unknown;
}

/** A list as the server returns it. */
export interface KubeList<T> {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ListMeta;
  readonly items: readonly T[];
}

/** Coordinates of a resource. `T` is the object type and exists for the compiler only. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: 'pods'. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set; carries T. */
  readonly __object?: T;
}

/** Name and, for namespaced kinds, namespace of one object. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** 'v1' for the core group, 'apps/v1' otherwise. */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The inverse of apiVersionOf. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The path of a collection or of one object: '/apis/apps/v1/namespaces/default/statefulsets/web/status'. */
export function resourcePath(type: ResourceType, namespace?: string, name?: string, subresource?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${type.resource}${object}${subresource ? `/${subresource}` : ''}`;
}
