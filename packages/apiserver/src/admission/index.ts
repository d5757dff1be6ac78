// The admission chain: small plug-ins in upstream's order, each of which may change or refuse an object.
import type { KubeObject } from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import type { AdmissionPlugin, Attributes } from './plugin.ts';
import { defaultTolerations, nodeTaint, priority } from './pods.ts';
import { serviceAccount } from './service-account.ts';
import { defaultStorageClass, protection } from './storage.ts';
import { serviceAddresses } from './service-addresses.ts';

/** Webhooks take their place behind these. */
const CHAIN: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  serviceAccount,
  nodeTaint,
  priority,
  defaultTolerations,
  defaultStorageClass,
  protection,
  serviceAddresses,
];

export async function admit(server: ServerContext, attributes: Attributes): Promise<KubeObject> {
  let object = attributes.object;
  for (const plugin of CHAIN) object = await plugin(server, { ...attributes, object });
  return object;
}
