// The class that is meant where none is named: the newest that says it is the default, then by name (upstream's order).
import type { KubeObject } from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';

/** The name of the default among the classes below a storage prefix; `annotations`: those that make one the default. */
export function defaultClassName(server: ServerContext, prefix: string, annotations: readonly string[]): string | undefined {
  const [newest] = server.store
    .list(prefix)
    .entries.map((entry): KubeObject => entry.value)
    .filter(({ metadata }) => annotations.some((annotation) => metadata.annotations?.[annotation] === 'true'))
    .toSorted(
      (a, b) =>
        (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') ||
        (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''),
    );
  return newest?.metadata.name;
}
