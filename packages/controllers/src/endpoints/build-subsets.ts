// The subsets of an Endpoints object: addresses grouped by the ports they serve.
import { groupBy } from '../service-pods/group-by.ts';
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '@holdfast/schema';
import {
  belongsInEndpoints,
  hostnameFor,
  isHeadless,
  isReady,
  podAddresses,
  referenceTo,
  targetPortOf,
} from '../service-pods/membership.ts';

/** An Endpoints object holds at most this many addresses. */
export const MAX_ADDRESSES = 1000;

interface Member {
  readonly address: EndpointAddress;
  readonly ready: boolean;
  readonly ports: readonly EndpointPort[];
}

/** Canonical: subsets by ports, addresses by IP, ports by name; `truncated` when there were more than 1000 addresses. */
export function buildSubsets(
  service: Service,
  pods: readonly Pod[],
): { readonly subsets: readonly EndpointSubset[]; readonly truncated: boolean } {
  const publishNotReady = service.spec?.publishNotReadyAddresses === true;
  const members = pods
    .filter((pod) => belongsInEndpoints(pod, publishNotReady))
    .map((pod) => memberOf(pod, service, publishNotReady))
    .filter((member) => member !== undefined)
    .toSorted((a, b) => compare(a.address.ip, b.address.ip));
  // Ready ones are kept first when there are too many.
  const kept = new Set([...members.filter(({ ready }) => ready), ...members.filter(({ ready }) => !ready)].slice(0, MAX_ADDRESSES));
  const groups = groupBy(
    members.filter((member) => kept.has(member)),
    ({ ports }) => JSON.stringify(ports),
  );
  const subsets = [...groups].toSorted(([a], [b]) => compare(a, b)).map(([, group]) => subsetOf(group));
  return { subsets, truncated: members.length > MAX_ADDRESSES };
}

function memberOf(pod: Pod, service: Service, publishNotReady: boolean): Member | undefined {
  const ports = (service.spec?.ports ?? []).flatMap((servicePort): EndpointPort[] => {
    const port = targetPortOf(pod, servicePort);
    if (port === undefined) return [];
    const { name, protocol = 'TCP', appProtocol } = servicePort;
    return [{ ...(name ? { name } : {}), port, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
  // A Service without ports has endpoints only where names lead to pods themselves.
  if (ports.length === 0 && !(isHeadless(service) && (service.spec?.ports ?? []).length === 0)) return undefined;
  const hostname = hostnameFor(pod, service);
  const address: EndpointAddress = {
    ip: podAddresses(pod)[0] ?? '',
    ...(hostname ? { hostname } : {}),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: referenceTo(pod),
  };
  return { address, ready: publishNotReady || isReady(pod), ports: ports.toSorted((a, b) => compare(a.name ?? '', b.name ?? '')) };
}

function subsetOf(members: readonly Member[]): EndpointSubset {
  const addresses = members.filter(({ ready }) => ready).map(({ address }) => address);
  const notReadyAddresses = members.filter(({ ready }) => !ready).map(({ address }) => address);
  const ports = members[0]?.ports ?? [];
  return {
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
