// The namespace controller: empties a namespace that is being deleted, then lets it go.
import { type ComponentFactory, createController, enqueueSelf, type Request, type Result, setCondition, watch } from '@holdfast/controller';
import { deepEqual, ignoreNotFound, type Namespace, type NamespaceCondition, NAMESPACES } from '@holdfast/schema';
import { discover } from '../discovery/discover.ts';
import { conditionsOf, recheckMs, type Remaining } from './decide.ts';

const WORKERS = 5;

export const namespaceController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const namespaces = informers.informer(NAMESPACES);

  async function reconcile({ name }: Request, { signal }: { readonly signal: AbortSignal }): Promise<Result | void> {
    const namespace = namespaces.get({ name });
    if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes('kubernetes')) return;
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
    if (remaining.length > 0 || failures.length > 0)
      return { requeueAfterMs: recheckMs(clock.now() - Date.parse(namespace.metadata.deletionTimestamp)) };
    const latest = await client.get(NAMESPACES, { name }).catch(ignoreNotFound);
    if (!latest) return;
    const finalizers = latest.spec?.finalizers?.filter((finalizer) => finalizer !== 'kubernetes') ?? [];
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
