// The admission chain: small plug-ins in upstream's order, each of which may change or refuse an object.
import type { KubeObject } from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';
import { escalation } from './escalation.ts';
import { immortalNamespaces, namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import type { AdmissionPlugin, Attributes } from './plugin.ts';
import { defaultTolerations, nodeTaint, priority } from './pods.ts';
import { serviceAccount } from './service-account.ts';
import { claimResize, defaultStorageClass, protection } from './storage.ts';
import { serviceAddresses } from './service-addresses.ts';

/** Webhooks take their place behind these. */
const CHAIN: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  nodeRestriction,
  escalation,
  serviceAccount,
  nodeTaint,
  priority,
  defaultTolerations,
  defaultStorageClass,
  protection,
  claimResize,
  serviceAddresses,
];

const DELETION_CHAIN: readonly AdmissionPlugin[] = [nodeRestriction, immortalNamespaces];

/** Before an object's deletion begins; throws StatusError to refuse. Nothing is changed. */
export async function admitDeletion(server: ServerContext, attributes: Attributes): Promise<void> {
  for (const plugin of DELETION_CHAIN) await plugin(server, attributes);
}

export async function admit(server: ServerContext, attributes: Attributes): Promise<KubeObject> {
  let object = attributes.object;
  for (const plugin of CHAIN) object = await plugin(server, { ...attributes, object });
  return object;
}
