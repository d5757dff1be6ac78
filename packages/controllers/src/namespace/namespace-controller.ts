// The namespace controller: empties a namespace that is being deleted, then lets it go.
import { type ComponentFactory, createController, enqueueSelf, type Request, type Result, setCondition, watch } from '@holdfast/controller';
import { deepEqual, ignoreNotFound, type Namespace, type NamespaceCondition, NAMESPACES } from '@holdfast/schema';
import { discover } from '../discovery/discover.ts';
import { conditionsOf, recheckMs, type Remaining } from './decide.ts';

const WORKERS = 5;
const FINALIZER = 'kubernetes';

export const namespaceController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const namespaces = informers.informer(NAMESPACES);

  async function reconcile({ name }: Request, { signal }: { readonly signal: AbortSignal }): Promise<Result | void> {
    if (deletedAtMs(namespaces.get({ name })) === undefined) return;
    // The cache may still have one that is gone, while another of its name is full of what must not be touched. The one that the server has
    // stays what it is for as long as it has the finalizer.
    const namespace = await client.get(NAMESPACES, { name }, { signal }).catch(ignoreNotFound);
    const sinceMs = deletedAtMs(namespace);
    if (!namespace || sinceMs === undefined) return;
    const remaining: Remaining[] = [];
    const failures: string[] = [];
    const resources = (await discover(client, signal)).filter(
      (resource) => resource.namespaced && resource.verbs.includes('delete') && resource.verbs.includes('list'),
    );
    for (const type of resources) {
      try {
        const { items } = await client.list(type, { namespace: name, signal });
        if (items.length === 0) continue;
        await client.deleteCollection(type, { namespace: name, propagationPolicy: 'Background', signal });
        const left = (await client.list(type, { namespace: name, signal })).items;
        if (left.length > 0)
          remaining.push({
            resource: `${type.resource}.${type.group}`,
            finalizers: left.flatMap((object) => object.metadata.finalizers ?? []),
            count: left.length,
          });
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
    await writeConditions(namespace, remaining, failures);
    if (remaining.length > 0 || failures.length > 0) return { requeueAfterMs: recheckMs(clock.now() - sinceMs) };
    const latest = await client.get(NAMESPACES, { name }, { signal }).catch(ignoreNotFound);
    if (!latest || latest.metadata.uid !== namespace.metadata.uid) return;
    const finalizers = latest.spec?.finalizers?.filter((finalizer) => finalizer !== FINALIZER) ?? [];
    await client.updateSubresource(NAMESPACES, { name }, 'finalize', { ...latest, spec: { ...latest.spec, finalizers } });
  }

  async function writeConditions(namespace: Namespace, remaining: readonly Remaining[], failures: readonly string[]): Promise<void> {
    let conditions: readonly NamespaceCondition[] = namespace.status?.conditions ?? [];
    for (const condition of conditionsOf(remaining, failures)) conditions = setCondition(conditions, condition, clock).conditions;
    const status = { ...namespace.status, phase: 'Terminating', conditions };
    if (deepEqual(status, namespace.status)) return;
    await client
      .updateStatus(NAMESPACES, { ...namespace, metadata: { ...namespace.metadata, resourceVersion: undefined }, status })
      .catch(ignoreNotFound);
  }

  return createController({
    name: 'namespace',
    context,
    reconciler: { reconcile },
    concurrency: WORKERS,
    watches: [watch(namespaces, enqueueSelf)],
  });
};

/** When the deletion of a namespace began that is this controller's to empty; undefined for all others. */
function deletedAtMs(namespace: Namespace | undefined): number | undefined {
  const { deletionTimestamp } = namespace?.metadata ?? {};
  return deletionTimestamp && namespace?.spec?.finalizers?.includes(FINALIZER) ? Date.parse(deletionTimestamp) : undefined;
}
