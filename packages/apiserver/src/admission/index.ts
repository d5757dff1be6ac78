// The admission chain: small plug-ins in upstream's order, each of which may change or refuse an object, then webhooks.
import { deepEqual, type KubeObject } from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';
import { escalation } from './escalation.ts';
import { defaultIngressClass } from './ingress-class.ts';
import { checkLimits, limitDefaults } from './limit-ranger.ts';
import { immortalNamespaces, namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import type { AdmissionPlugin, Attributes } from './plugin.ts';
import { evaluatePolicies, hasPolicies } from './policies/evaluate.ts';
import { defaultTolerations, nodeTaint, priority } from './pods.ts';
import { chargeQuotas, isCharged } from './quota/charge.ts';
import { serviceAccount } from './service-account.ts';
import { claimResize, defaultStorageClass, protection } from './storage.ts';
import { serviceAddresses } from './service-addresses.ts';
import { askValidating, hasMutating, hasValidating, mutate, Reinvocation } from './webhooks/index.ts';

const CHAIN: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  nodeRestriction,
  escalation,
  limitDefaults,
  serviceAccount,
  nodeTaint,
  priority,
  defaultTolerations,
  defaultStorageClass,
  protection,
  claimResize,
  defaultIngressClass,
  serviceAddresses,
];

const DELETION_CHAIN: readonly AdmissionPlugin[] = [nodeRestriction, immortalNamespaces];

/** Before an object's deletion begins; throws StatusError to refuse. Nothing is changed. */
export async function admitDeletion(server: ServerContext, attributes: Attributes): Promise<void> {
  for (const plugin of DELETION_CHAIN) await plugin(server, attributes);
  await mutate(server, attributes, new Reinvocation(), 'first');
  await admitValid(server, attributes);
}

/** The object as admission wants it, before it is validated; where nothing is to be waited for, at once. Throws StatusError to refuse. */
export function admit(server: ServerContext, attributes: Attributes): KubeObject | Promise<KubeObject> {
  const first = askPlugins(server, attributes);
  if (!(first instanceof Promise) && !hasMutating(server)) return first;
  return withWebhooks(server, attributes, (object) =>
    object === attributes.object ? first : askPlugins(server, { ...attributes, object }),
  );
}

/** The object after the plug-ins, from `at` on. */
function askPlugins(server: ServerContext, attributes: Attributes, at = 0): KubeObject | Promise<KubeObject> {
  let current = attributes;
  for (let index = at; index < CHAIN.length; index++) {
    const made = CHAIN[index]!(server, current);
    // Most of them do nothing to most objects, and are not waited for.
    if (made instanceof Promise) return goOn(server, current, made, index + 1);
    if (made !== current.object) current = { ...current, object: made };
  }
  return current.object;
}

async function goOn(server: ServerContext, attributes: Attributes, made: Promise<KubeObject>, at: number): Promise<KubeObject> {
  const object = await made;
  return askPlugins(server, object === attributes.object ? attributes : { ...attributes, object }, at);
}

/** What subresources are sent that are no objects of their resource: only webhooks are asked. Throws StatusError to refuse. */
export async function admitOther(server: ServerContext, attributes: Attributes): Promise<KubeObject> {
  const object = await withWebhooks(server, attributes, (given) => given);
  await admitValid(server, { ...attributes, object });
  return object;
}

/**
 * The last word about an object that is valid and about to be stored; where nobody is to be asked, at once. Throws StatusError to refuse.
 * Nothing is changed.
 */
export function admitValid(server: ServerContext, attributes: Attributes): Promise<void> | undefined {
  checkLimits(server, attributes);
  const asked = hasPolicies(server) || hasValidating(server) || isCharged(server, attributes);
  return asked ? askForValid(server, attributes) : undefined;
}

async function askForValid(server: ServerContext, attributes: Attributes): Promise<void> {
  await evaluatePolicies(server, attributes);
  await askValidating(server, attributes);
  // Last of all: what is charged shall be stored.
  await chargeQuotas(server, attributes);
}

/** What a webhook changes, the plug-ins look at once more, and webhooks that wish so, too. */
async function withWebhooks(
  server: ServerContext,
  attributes: Attributes,
  plugins: (object: KubeObject) => KubeObject | Promise<KubeObject>,
): Promise<KubeObject> {
  const first = await plugins(attributes.object);
  const reinvocation = new Reinvocation();
  const changed = await mutate(server, { ...attributes, object: first }, reinvocation, 'first');
  if (!reinvocation.changed) return changed;
  const second = await plugins(changed);
  if (!deepEqual(second, changed)) reinvocation.objectChanged();
  return mutate(server, { ...attributes, object: second }, reinvocation, 'second');
}
