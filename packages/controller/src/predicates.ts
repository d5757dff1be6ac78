// Which events matter to a controller.
import type { KubeObject } from '@holdfast/schema';
import type { InformerEvent } from './informer.ts';

/** True lets the event through. */
export type Predicate<T> = (event: InformerEvent<T>) => boolean;

export function and<T>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (event) => predicates.every((predicate) => predicate(event));
}

export function or<T>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (event) => predicates.some((predicate) => predicate(event));
}

export function not<T>(predicate: Predicate<T>): Predicate<T> {
  return (event) => !predicate(event);
}

/** Updates that changed metadata.generation (the spec); everything else. For kinds that have a generation. */
export function generationChanged<T extends KubeObject>(event: InformerEvent<T>): boolean {
  return event.type !== 'updated' || event.object.metadata.generation !== event.old.metadata.generation;
}

/** Updates that changed any label; everything else. */
export function labelsChanged<T extends KubeObject>(event: InformerEvent<T>): boolean {
  return event.type !== 'updated' || !sameMap(event.object.metadata.labels, event.old.metadata.labels);
}

/** Updates that changed any annotation; everything else. */
export function annotationsChanged<T extends KubeObject>(event: InformerEvent<T>): boolean {
  return event.type !== 'updated' || !sameMap(event.object.metadata.annotations, event.old.metadata.annotations);
}

/** Updates by which an object began to be deleted; everything else. */
export function deletionStarted<T extends KubeObject>(event: InformerEvent<T>): boolean {
  return (
    event.type !== 'updated' ||
    (event.old.metadata.deletionTimestamp === undefined && event.object.metadata.deletionTimestamp !== undefined)
  );
}

type Labels = Readonly<Record<string, string>> | undefined;

function sameMap(a: Labels = {}, b: Labels = {}): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
