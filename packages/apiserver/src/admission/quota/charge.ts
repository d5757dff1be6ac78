// ResourceQuota: what a write uses is charged to every quota that it falls under before it is stored, or the write is refused
// (upstream's apiserver/pkg/admission/plugin/resourcequota).
import {
  addAmounts,
  type Amounts,
  amountsOf,
  amountsText,
  type Counted,
  excessOf,
  forbidden,
  type KubeObject,
  onlyAmounts,
  type Pod,
  quotaNames,
  quotaScopesMatch,
  quotaUsage,
  type ResourceQuota,
  statedAmounts,
  unstated,
} from '@holdfast/schema';
import { RevisionConflict } from '@holdfast/store';
import { type ServerContext, storageKey } from '../../core/server-context.ts';
import type { Attributes } from '../plugin.ts';

type Quota = ResourceQuota & KubeObject;

/** Resources whose use may grow by an update. */
const GROWING = new Set(['core/services', 'core/persistentvolumeclaims']);
/** Never counted. */
const IGNORED = new Set(['core/events']);

/** Whether a write may be charged to any quota. */
export function isCharged({ store }: ServerContext, { definition, operation, namespace, subresource }: Attributes): boolean {
  if (!definition.namespaced || subresource !== '' || IGNORED.has(definition.storagePrefix)) return false;
  if (operation !== 'CREATE' && !(operation === 'UPDATE' && GROWING.has(definition.storagePrefix))) return false;
  return store.count(`core/resourcequotas/${namespace}/`) > 0;
}

/** Charges a creation or update; throws Forbidden (403) where a quota does not allow it. */
export async function chargeQuotas(server: ServerContext, attributes: Attributes): Promise<void> {
  if (!isCharged(server, attributes)) return;
  const { definition, operation, namespace, object, old, dryRun } = attributes;
  const prefix = `core/resourcequotas/${namespace}/`;
  // What is there already will not be created: nothing is charged for the attempt.
  if (operation === 'CREATE' && server.store.get(storageKey(definition, namespace, object.metadata.name ?? ''))) return;
  const now = server.clock.now();
  const whole = quotaUsage(definition, object, now);
  const growth = old ? excessOf(whole, quotaUsage(definition, old, now)) : excessOf(whole, {});
  const under = server.store
    .list(prefix)
    .entries.map((entry) => entry.value as Quota)
    .filter((quota) => isUnder(quota, definition, object));
  for (const quota of under) checkStated(quota, attributes);
  if (Object.keys(growth).length === 0) return;
  // Each must allow it before any is charged.
  for (const quota of under) charged(quota, attributes, growth);
  if (dryRun) return;
  for (const quota of under) await charge(server, quota, attributes, growth);
}

function isUnder(quota: Quota, counted: Counted, object: KubeObject): boolean {
  return namesOf(quota, counted).length > 0 && quotaScopesMatch(counted, quota, object);
}

/** The names by which a quota counts a resource; a quota that nobody has looked at yet counts nothing. */
function namesOf({ status }: Quota, counted: Counted): readonly string[] {
  return quotaNames(counted, Object.keys(status?.hard ?? {}));
}

/** Throws where the object does not say what a quota counts by, or where nobody knows what is used. */
function checkStated(quota: Quota, { definition, name, object }: Attributes): void {
  const names = namesOf(quota, definition);
  const missing = definition.storagePrefix === 'core/pods' ? unstated(object as Pod, names) : [];
  if (missing.length > 0) throw forbidden(definition, name, `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`);
  if (names.some((counted) => quota.status?.used?.[counted] === undefined))
    throw forbidden(definition, name, `status unknown for quota: ${quota.metadata.name}, resources: ${names.join(',')}`);
}

/** What is used with this growth; throws Forbidden where that is more than the quota allows. */
function charged({ metadata, status }: Quota, { definition, name }: Attributes, growth: Amounts): Amounts {
  const [hard, used] = [amountsOf(status?.hard), amountsOf(status?.used)];
  const requested = onlyAmounts(growth, Object.keys(hard));
  const after = addAmounts(used, requested);
  const exceeded = Object.keys(requested).filter((resource) => (after[resource]?.compare(hard[resource] ?? after[resource]) ?? 0) > 0);
  if (exceeded.length === 0) return after;
  const [wanted, had, limit] = [requested, used, hard].map((amounts) => amountsText(onlyAmounts(amounts, exceeded)));
  throw forbidden(definition, name, `exceeded quota: ${metadata.name}, requested: ${wanted}, used: ${had}, limited: ${limit}`);
}

/** Writes what is used by compare-and-swap, so that of two writes at once the second sees what the first one took. */
async function charge({ store }: ServerContext, { metadata }: Quota, attributes: Attributes, growth: Amounts): Promise<void> {
  const key = `core/resourcequotas/${attributes.namespace}/${metadata.name}`;
  for (;;) {
    const entry = store.get(key);
    // A quota that was deleted in the meantime limits nothing.
    if (!entry) return;
    const quota = entry.value as Quota;
    const used = statedAmounts(charged(quota, attributes, growth));
    const stamped = (revision: number): KubeObject =>
      ({ ...quota, metadata: { ...quota.metadata, resourceVersion: String(revision) }, status: { ...quota.status, used } }) as KubeObject;
    try {
      await store.put(key, stamped, entry.modRevision);
      return;
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
    }
  }
}
