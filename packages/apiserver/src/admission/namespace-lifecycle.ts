// Nothing is created in a namespace that is not there or is going away.
import { forbidden, type KubeObject, type Namespace, NAMESPACES, notFound } from '@holdfast/schema';
import type { AdmissionPlugin } from './plugin.ts';

export const namespaceLifecycle: AdmissionPlugin = (server, { definition, operation, namespace, name, object }) => {
  if (operation !== 'CREATE' || !definition.namespaced) return object;
  const found = server.store.get(`core/namespaces/${namespace}`)?.value as (Namespace & KubeObject) | undefined;
  if (!found) throw notFound(NAMESPACES, namespace);
  if (found.metadata.deletionTimestamp || found.status?.phase === 'Terminating') {
    throw forbidden(definition, name, `unable to create new content in namespace ${namespace} because it is being terminated`, [
      { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' },
    ]);
  }
  return object;
};

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** The namespaces that a cluster cannot do without. */
export const immortalNamespaces: AdmissionPlugin = (_server, { definition, name, object }) => {
  if (definition.storagePrefix === 'core/namespaces' && IMMORTAL.has(name))
    throw forbidden(definition, name, 'this namespace may not be deleted');
  return object;
};
