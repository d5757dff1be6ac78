// An object of the graph together with where it came from.
import type { KubeObject } from '@holdfast/schema';

/** From the object's root: ['spec', 'template', 'spec', 'volumes', 0]. */
export type FieldPath = readonly (string | number)[];

/** A position in a text, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** An object, where it was read, and where each of its fields stands. */
export interface SourcedObject<T extends KubeObject = KubeObject> {
  readonly object: T;
  readonly apiVersion: string;
  readonly kind: string;
  /** '' for objects without one, whether or not the kind is namespaced. */
  readonly namespace: string;
  readonly name: string;
  /** As the user named it; '<stdin>' for standard input, 'context/<name>' for a cluster. */
  readonly file: string;
  /** Where in the file its text is: lines before its document, and the path from the document's root. undefined for a cluster. */
  readonly origin: { readonly linesBefore: number; readonly at: FieldPath } | undefined;
  /** The place of the field, or of the nearest field above it that is written out. */
  place(path: FieldPath): Place;
}

/** 'StatefulSet data/postgres', or 'StorageClass fast' for what has no namespace. */
export function titleOf({ kind, namespace, name }: Pick<SourcedObject, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** 'spec.template.spec.volumes[0]'. */
export function pathText(path: FieldPath): string {
  return path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`), '');
}

/** The place that `locate` knows for the path, else for the nearest path above it. */
export function nearestPlace(locate: (path: FieldPath) => Place | undefined, path: FieldPath): Place {
  for (let length = path.length; length >= 0; length--) {
    const place = locate(path.slice(0, length));
    if (place) return place;
  }
  return { line: 1, column: 1 };
}
