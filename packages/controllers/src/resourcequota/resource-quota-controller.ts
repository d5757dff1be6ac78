// Says in the status of each ResourceQuota what is used of it. Admission charges what is created; this controller finds what
// became free, and puts right what was charged for nothing (upstream's pkg/controller/resourcequota).
import type { Client } from '@holdfast/client';
import { type ComponentFactory, createController, type InformerEvent, type Request, requestOf, watch } from '@holdfast/controller';
import {
  addAmounts,
  type Amounts,
  amountsOf,
  CONFIGMAPS,
  count,
  CUSTOMRESOURCEDEFINITIONS,
  type CustomResourceDefinition,
  deepEqual,
  isConflict,
  type KubeObject,
  onlyAmounts,
  PERSISTENTVOLUMECLAIMS,
  type Pod,
  PODS,
  quotaNames,
  quotaScopesMatch,
  quotaUsage,
  type ResourceQuota,
  RESOURCEQUOTAS,
  type ResourceType,
  SECRETS,
  servedGroups,
  SERVICES,
  statedAmounts,
} from '@holdfast/schema';
import { hasEnded } from '../pods/pod-health.ts';

/** How often all is counted anew, whatever happened. */
const RESYNC_MS = 5 * 60_000;
/** By then the newer quota has been seen. */
const CONFLICT_MS = 50;

export const resourceQuotaController: ComponentFactory = (context) => {
  const { client, clock, informers } = context;
  const quotas = informers.informer(RESOURCEQUOTAS);
  const definitions = informers.informer(CUSTOMRESOURCEDEFINITIONS);
  const quotasOf = (namespace: string | undefined): readonly Request[] => quotas.list(namespace).map((quota) => requestOf(quota));

  async function reconcile(request: Request): Promise<{ readonly requeueAfterMs: number } | undefined> {
    const quota = quotas.get(request);
    if (!quota) return undefined;
    const types = [...builtInTypes(), ...definitions.list().flatMap(customTypes)];
    const status = {
      hard: statedAmounts(amountsOf(quota.spec?.hard)),
      used: statedAmounts(await usedOf(client, quota, types, clock.now())),
    };
    const before = { hard: quota.status?.hard, used: quota.status?.used };
    if (!deepEqual(status, before)) {
      try {
        // A charge that came after the quota was seen makes this conflict: what it was for may not have been counted.
        await client.updateStatus(RESOURCEQUOTAS, { ...quota, status });
      } catch (error) {
        if (!isConflict(error)) throw error;
        return { requeueAfterMs: CONFLICT_MS };
      }
    }
    return { requeueAfterMs: RESYNC_MS };
  }

  return createController({
    name: 'resource-quota',
    context,
    reconciler: { reconcile },
    watches: [
      watch(quotas, (event) =>
        event.type !== 'updated' || !deepEqual(event.object.spec, event.old.spec) ? [requestOf(event.object)] : [],
      ),
      watch(informers.informer(PODS), (event) => (freesPod(event) ? quotasOf(event.object.metadata.namespace) : [])),
      watch(informers.informer(SERVICES), (event) => (event.type === 'added' ? [] : quotasOf(event.object.metadata.namespace))),
      ...[PERSISTENTVOLUMECLAIMS, CONFIGMAPS, SECRETS].map((type: ResourceType) =>
        watch(informers.informer(type), (event) => (event.type === 'deleted' ? quotasOf(event.object.metadata.namespace) : [])),
      ),
    ],
  });
};

/** A pod that is gone or has ended leaves room for others. */
function freesPod(event: InformerEvent<Pod & KubeObject>): boolean {
  if (event.type === 'deleted') return true;
  return event.type === 'updated' && hasEnded(event.object) && !hasEnded(event.old);
}

async function usedOf(client: Client, quota: ResourceQuota & KubeObject, types: readonly ResourceType[], now: number): Promise<Amounts> {
  const names = Object.keys(quota.spec?.hard ?? {});
  let used: Amounts = {};
  for (const type of types) {
    const counted = quotaNames(type, names);
    if (counted.length === 0) continue;
    const { items } = await client.list(type, { namespace: quota.metadata.namespace });
    used = addAmounts(used, Object.fromEntries(counted.map((name) => [name, count(0)])));
    for (const object of items)
      if (quotaScopesMatch(type, quota, object)) used = addAmounts(used, onlyAmounts(quotaUsage(type, object, now), counted));
  }
  return used;
}

function builtInTypes(): readonly ResourceType[] {
  return servedGroups().flatMap(({ group, versions }) =>
    versions
      .filter(({ preferred }) => preferred)
      .flatMap(({ version, resources }) =>
        resources
          .filter(({ namespaced, verbs, name }) => namespaced && verbs.includes('list') && !(name === 'events' && group !== ''))
          .map(({ name, kind, namespaced }): ResourceType => ({ group, version, resource: name, kind, namespaced })),
      ),
  );
}

function customTypes({ spec }: CustomResourceDefinition): readonly ResourceType[] {
  const version = spec?.versions.find(({ served }) => served);
  if (!spec || !version || spec.scope !== 'Namespaced') return [];
  return [{ group: spec.group, version: version.name, resource: spec.names.plural, kind: spec.names.kind, namespaced: true }];
}
