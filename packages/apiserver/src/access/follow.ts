// Keeps the indexes of the authorizer in step with the store.
import type { KubeObject } from '@holdfast/schema';
import { CompactedError, type Store } from '@holdfast/store';
import { type Authorizer, createAuthorizer } from './authorizer.ts';
import { GRAPH_PREFIXES, NodeGraph } from './node/node-graph.ts';
import { RBAC_PREFIX, RbacIndex } from './rbac/rbac-index.ts';

interface Index {
  clear(prefix: string): void;
  load(store: Pick<Store<KubeObject>, 'list'>, prefix: string): number;
  put(key: string, object: KubeObject): void;
  remove(key: string): void;
}

/** An authorizer over what `store` holds, and what will become of it until `closing` aborts. */
export function followAccess(store: Store<KubeObject>, closing: AbortSignal, onBug: (error: unknown) => void): Authorizer {
  const rbac = new RbacIndex();
  const nodes = new NodeGraph();
  follow(store, rbac, RBAC_PREFIX, closing, onBug);
  for (const prefix of GRAPH_PREFIXES) follow(store, nodes, prefix, closing, onBug);
  return createAuthorizer(rbac, nodes);
}

function follow(store: Store<KubeObject>, index: Index, prefix: string, closing: AbortSignal, onBug: (error: unknown) => void): void {
  const run = async (): Promise<void> => {
    while (!closing.aborted) {
      const watch = store.watch(prefix, index.load(store, prefix));
      const close = (): void => watch.close();
      closing.addEventListener('abort', close, { once: true });
      try {
        for await (const event of watch) {
          if (event.type === 'put') index.put(event.key, event.entry.value);
          else index.remove(event.key);
        }
        return;
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        // It fell too far behind: begin again with what is stored.
        index.clear(prefix);
      } finally {
        closing.removeEventListener('abort', close);
      }
    }
  };
  // Decisions on an index that no longer follows would be wrong, so this must be heard of.
  run().catch(onBug);
}
