// What a new cluster has from the start: namespaces, service accounts, the API's own Service, priority classes.
import { bootstrapObjects } from './access/rbac/bootstrap/objects.ts';
import { isAlreadyExists, type KubeObject } from '@holdfast/schema';
import { type ServerContext, storageKey } from './core/server-context.ts';
import { createObject } from './core/write.ts';
import { decodeAs } from './core/decode-body.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export interface Advertised {
  readonly host: string;
  readonly port: number;
}

/** Creates what is missing; harmless on a store that has it all. */
export async function bootstrap(server: ServerContext, advertise: Advertised): Promise<void> {
  for (const name of NAMESPACES) await ensure(server, '', 'namespaces', '', { kind: 'Namespace', apiVersion: 'v1', metadata: { name } });
  for (const namespace of NAMESPACES) await defaultServiceAccount(server, namespace);
  for (const object of bootstrapObjects()) {
    const resource = `${object.kind.toLowerCase()}s`;
    await ensure(
      server,
      'rbac.authorization.k8s.io',
      resource,
      object.metadata.namespace ?? '',
      object as unknown as Record<string, unknown>,
    );
  }
  for (const [name, value, description] of [
    [
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ],
    ['system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'],
  ] as const) {
    await ensure(server, 'scheduling.k8s.io', 'priorityclasses', '', {
      kind: 'PriorityClass',
      apiVersion: 'scheduling.k8s.io/v1',
      metadata: { name },
      value,
      description,
    });
  }
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  await ensure(server, '', 'services', 'default', {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: 'kubernetes', namespace: 'default', labels },
    spec: {
      clusterIP: firstAddress(server.serviceCidr),
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: advertise.port }],
    },
  });
  const port = { name: 'https', port: advertise.port, protocol: 'TCP' };
  await ensure(server, '', 'endpoints', 'default', {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: advertise.host }], ports: [port] }],
  });
  await ensure(server, 'discovery.k8s.io', 'endpointslices', 'default', {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [advertise.host], conditions: { ready: true } }],
    ports: [port],
  });
}

/** Pods of a namespace cannot be made before its account is there, so it comes with the namespace. */
export async function defaultServiceAccount(server: ServerContext, namespace: string): Promise<void> {
  await ensure(server, '', 'serviceaccounts', namespace, {
    kind: 'ServiceAccount',
    apiVersion: 'v1',
    metadata: { name: 'default', namespace },
  });
}

async function ensure(
  server: ServerContext,
  group: string,
  resource: string,
  namespace: string,
  object: Readonly<Record<string, unknown>>,
): Promise<void> {
  const definition = server.registry.find(group, 'v1', resource);
  if (!definition) throw new Error(`${resource} are not served`);
  const wanted = decodeAs(definition, object).object as KubeObject;
  if (server.store.get(storageKey(definition, namespace, wanted.metadata.name ?? ''))) return;
  try {
    await createObject({ server, definition, namespace, dryRun: false, subresource: '' }, wanted);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

function firstAddress(cidr: string): string {
  const parts = (cidr.split('/')[0] ?? '').split('.').map(Number);
  return [...parts.slice(0, 3), (parts[3] ?? 0) + 1].join('.');
}
