// The configuration that every pod is given.
import { readFile } from 'node:fs/promises';
import type { ClusterAccess } from './https/access.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Address, authority and identity of a pod's service account, with the pod's namespace. */
export interface InClusterAccess extends ClusterAccess {
  readonly namespace: string;
}

/**
 * Reads the mounted service account. `env` needs KUBERNETES_SERVICE_HOST and _PORT; where HOLDFAST_CONTAINER_ROOT is set the
 * container's files lie below it (the process runtime of the node agent).
 */
export async function inClusterConfig(env: Readonly<Record<string, string | undefined>>): Promise<InClusterAccess> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) {
    throw new Error(
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined; outside a cluster name a kubeconfig',
    );
  }
  const folder = `${env.HOLDFAST_CONTAINER_ROOT ?? ''}${SERVICE_ACCOUNT}`;
  const [ca, namespace] = await Promise.all([readFile(`${folder}/ca.crt`, 'utf8'), readFile(`${folder}/namespace`, 'utf8')]);
  const address = host.includes(':') ? `[${host}]` : host;
  return { server: `https://${address}:${port}`, ca, tokenFile: `${folder}/token`, namespace: namespace.trim() };
}
