// The endpoints that a Service's slices must hold, grouped by their ports.
import type { DiscoveryV1EndpointPort, Endpoint, Node, Pod, Service } from '@holdfast/schema';
import { belongsInEndpoints, hostnameFor, isReady, podAddresses, referenceTo, targetPortOf } from '../service-pods/membership.ts';

/** Address families that have slices of their own. */
export type AddressType = 'IPv4' | 'IPv6';

/** Endpoints that share their ports and family, and so their slices. */
export interface EndpointGroup {
  readonly addressType: AddressType;
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** `missingNodes`: pods were left out because their node is not in the cache yet; look again soon. */
export interface Desired {
  readonly groups: readonly EndpointGroup[];
  readonly missingNodes: boolean;
}

export function desiredGroups(service: Service, pods: readonly Pod[], nodeOf: (name: string) => Node | undefined): Desired {
  const groups = new Map<
    string,
    { readonly addressType: AddressType; readonly ports: readonly DiscoveryV1EndpointPort[]; readonly endpoints: Endpoint[] }
  >();
  let missingNodes = false;
  for (const pod of pods) {
    if (!belongsInEndpoints(pod, true)) continue;
    const nodeName = pod.spec?.nodeName;
    const node = nodeName ? nodeOf(nodeName) : undefined;
    if (nodeName && !node && service.spec?.publishNotReadyAddresses !== true) {
      missingNodes = true;
      continue;
    }
    const ports = portsFor(pod, service);
    for (const addressType of addressTypesOf(service)) {
      const addresses = podAddresses(pod).filter((ip) => familyOf(ip) === addressType);
      if (addresses.length === 0) continue;
      const key = groupKey({ addressType, ports });
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      groups.set(key, group);
      group.endpoints.push(endpointOf(pod, service, addresses, node));
    }
  }
  return { groups: [...groups.values()], missingNodes };
}

/** What two slices must have in common to hold the same group; the order of ports does not matter. */
export function groupKey({
  addressType,
  ports,
}: {
  readonly addressType: string;
  readonly ports: readonly DiscoveryV1EndpointPort[];
}): string {
  const sorted = ports
    .map(({ name = '', protocol = 'TCP', port, appProtocol = '' }) => JSON.stringify([name, protocol, port, appProtocol]))
    .toSorted();
  return `${addressType} ${sorted.join(' ')}`;
}

/** The families that the Service has, in its order of preference. */
export function addressTypesOf(service: Service): readonly AddressType[] {
  const families = service.spec?.ipFamilies ?? [];
  if (families.length > 0) return families.map((family) => (family === 'IPv6' ? 'IPv6' : 'IPv4'));
  const ip = service.spec?.clusterIP;
  return [ip && ip !== 'None' ? familyOf(ip) : 'IPv4'];
}

function endpointOf(pod: Pod, service: Service, addresses: readonly string[], node: Node | undefined): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameFor(pod, service);
  const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'];
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: referenceTo(pod),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}

function portsFor(pod: Pod, service: Service): readonly DiscoveryV1EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort): DiscoveryV1EndpointPort[] => {
    const port = targetPortOf(pod, servicePort);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return [{ name, port, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function familyOf(ip: string): AddressType {
  return ip.includes(':') ? 'IPv6' : 'IPv4';
}
