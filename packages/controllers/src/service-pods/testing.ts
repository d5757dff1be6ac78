// Pods and Services for tests.
import type { Pod, Service, ServiceSpec } from '@holdfast/schema';

export interface PodOptions {
  readonly ready?: boolean;
  readonly terminating?: boolean;
  readonly phase?: string;
  readonly ip?: string;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly portName?: string;
}

export function podOf(
  ordinal: number,
  { ready = true, terminating = false, phase = 'Running', ip, hostname, subdomain, portName = 'sql' }: PodOptions = {},
): Pod {
  return {
    metadata: {
      name: `web-${ordinal}`,
      namespace: 'default',
      uid: `uid-${ordinal}`,
      labels: { app: 'web' },
      ...(terminating ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      nodeName: `node-${ordinal % 3}`,
      ...(hostname ? { hostname } : {}),
      ...(subdomain ? { subdomain } : {}),
      containers: [{ name: 'db', ports: [{ name: portName, containerPort: 26257, protocol: 'TCP' }] }],
    },
    status: {
      phase,
      podIP: ip ?? `127.1.0.${ordinal + 1}`,
      podIPs: [{ ip: ip ?? `127.1.0.${ordinal + 1}` }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

export function serviceOf(spec: ServiceSpec = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', uid: 'service-uid', labels: { app: 'web' } },
    spec: {
      selector: { app: 'web' },
      clusterIP: '127.0.128.9',
      ports: [{ name: 'sql', port: 5432, targetPort: 'sql', protocol: 'TCP' }],
      ...spec,
    },
  };
}
