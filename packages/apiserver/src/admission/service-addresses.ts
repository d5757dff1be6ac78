// Services get addresses out of the service range, and node ports.
import { internalError, invalid, invalidValue, type KubeObject, type Service } from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';
import type { AdmissionPlugin } from './plugin.ts';

/** A write that is not stored by then has failed. */
const ON_THE_WAY_MS = 60_000;
const NODE_PORTS = { first: 30_000, count: 2768 } as const;

export const serviceAddresses: AdmissionPlugin = (server, { definition, object, name, old }) => {
  if (definition.storagePrefix !== 'core/services') return object;
  const service = object as Service;
  const { spec } = service;
  if (!spec || spec.type === 'ExternalName') return object;
  const before = (old as Service | undefined)?.spec;
  const taken = inUse(server, object);
  let clusterIP = spec.clusterIP || before?.clusterIP || '';
  if (clusterIP === '') {
    clusterIP = freeAddress(server.serviceCidr, new Set([...taken.addresses, ...taken.onTheWay]));
    server.given?.set(clusterIP, server.clock.now());
  } else if (clusterIP !== 'None' && taken.addresses.has(clusterIP)) {
    throw invalid(definition, name, [
      invalidValue('spec.clusterIPs', [clusterIP], `failed to allocate IP ${clusterIP}: provided IP is already allocated`),
    ]);
  }
  const needsNodePorts = spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  const ports = spec.ports?.map((port) => {
    if (!needsNodePorts || port.nodePort) return port;
    const kept = before?.ports?.find((candidate) => candidate.port === port.port && candidate.protocol === port.protocol)?.nodePort;
    const nodePort = kept || freeNodePort(server, new Set([...taken.nodePorts, ...[...taken.onTheWay].map(Number)]));
    if (!kept) server.given?.set(String(nodePort), server.clock.now());
    taken.nodePorts.add(nodePort);
    return { ...port, nodePort };
  });
  return {
    ...service,
    spec: {
      ...spec,
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: spec.ipFamilies ?? ['IPv4'],
      ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
      ...(ports ? { ports } : {}),
    },
  } as KubeObject;
};

interface InUse {
  readonly addresses: Set<string>;
  readonly nodePorts: Set<number>;
  /** Addresses and ports of Services that are being written and that no read shows yet. */
  readonly onTheWay: ReadonlySet<string>;
}

function inUse(server: ServerContext, self: KubeObject): InUse {
  const addresses = new Set<string>();
  const nodePorts = new Set<number>();
  for (const { value } of server.store.list('core/services/').entries) {
    if (value.metadata.name === self.metadata.name && value.metadata.namespace === self.metadata.namespace) continue;
    const { spec } = value as Service;
    if (spec?.clusterIP && spec.clusterIP !== 'None') addresses.add(spec.clusterIP);
    for (const port of spec?.ports ?? []) if (port.nodePort) nodePorts.add(port.nodePort);
  }
  const { given = new Map<string, number>() } = server;
  for (const [text, at] of given) {
    if (addresses.has(text) || nodePorts.has(Number(text)) || at + ON_THE_WAY_MS < server.clock.now()) given.delete(text);
  }
  return { addresses, nodePorts, onTheWay: new Set(given.keys()) };
}

/** The first free address; the first of the range is the API's, the first 16 are left for those who ask by number. */
function freeAddress(cidr: string, taken: ReadonlySet<string>): string {
  const [base = '0.0.0.0', bits = '24'] = cidr.split('/');
  const start = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  for (let offset = 17; offset < size - 1; offset++) {
    const address = [24, 16, 8, 0].map((shift) => ((start + offset) >>> shift) & 255).join('.');
    if (!taken.has(address)) return address;
  }
  throw internalError(new Error('failed to allocate a serviceIP: range is full'));
}

function freeNodePort(server: ServerContext, taken: ReadonlySet<number>): number {
  for (let attempt = 0; attempt < NODE_PORTS.count * 4; attempt++) {
    const port = NODE_PORTS.first + server.random.int(NODE_PORTS.count);
    if (!taken.has(port)) return port;
  }
  throw internalError(new Error('failed to allocate a nodePort: range is full'));
}
