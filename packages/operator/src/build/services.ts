// The two Services: one by which the nodes find each other, one by which clients find any node.
import type { Service, ServicePort } from '@holdfast/schema';
import type { CrdbCluster } from '../api/crdb-cluster.ts';
import { type DefaultedSpec, withDefaults } from '../api/defaults.ts';
import { managedMetadata, namesOf, selectorLabels } from './names.ts';

/** Headless; publishes pods before they are ready, since a node is ready only after it has found the others. */
export function buildDiscoveryService(cluster: CrdbCluster, version: string): Service {
  const spec = withDefaults(cluster.spec);
  const scrape = {
    'prometheus.io/scrape': 'true',
    'prometheus.io/path': '_status/vars',
    'prometheus.io/port': String(spec.httpPort),
  };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: managedMetadata(cluster, namesOf(cluster.metadata.name ?? '').discovery, version, scrape),
    spec: { clusterIP: 'None', publishNotReadyAddresses: true, ports: ports(spec), selector: selectorLabels(cluster) },
  };
}

/** Load-balances over ready nodes. */
export function buildPublicService(cluster: CrdbCluster, version: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: managedMetadata(cluster, namesOf(cluster.metadata.name ?? '').public, version),
    spec: { type: 'ClusterIP', ports: ports(withDefaults(cluster.spec)), selector: selectorLabels(cluster) },
  };
}

function ports({ grpcPort, httpPort, sqlPort }: DefaultedSpec): readonly ServicePort[] {
  return [
    { name: 'grpc', port: grpcPort },
    { name: 'http', port: httpPort },
    { name: 'sql', port: sqlPort },
  ];
}
