// Services and how traffic finds its way.
import { isIPv6 } from 'node:net';
import type {
  Endpoints,
  EndpointSlice,
  EndpointSubset,
  Ingress,
  IngressClass,
  NetworkPolicy,
  Service,
  ServicePort,
} from '@holdfast/schema';
import { printer, type PrinterFamily } from '../printer.ts';
import { ageOf, labelsText, nameOf, NONE, selectorText, someOf, UNKNOWN, UNSET } from './cells.ts';

const services = printer<Service>((service, context) => {
  const { spec } = service;
  return [
    nameOf(service),
    spec?.type ?? 'ClusterIP',
    spec?.clusterIPs?.[0] || spec?.clusterIP || NONE,
    externalAddress(service),
    (spec?.ports ?? []).map(portText).join(',') || NONE,
    ageOf(service, context),
    labelsText(spec?.selector),
  ];
});

const endpoints = printer<Endpoints>((object, context) => [
  nameOf(object),
  someOf((object.subsets ?? []).flatMap(subsetAddresses)) || NONE,
  ageOf(object, context),
]);

const endpointSlices = printer<EndpointSlice>((slice, context) => [
  nameOf(slice),
  slice.addressType ?? '',
  someOf((slice.ports ?? []).map(({ port }) => (port === undefined || port === null ? '*' : String(port)))) || UNSET,
  someOf((slice.endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])) || UNSET,
  ageOf(slice, context),
]);

const ingresses = printer<Ingress>((ingress, context) => {
  const { spec, status } = ingress;
  const hosts = (spec?.rules ?? []).flatMap(({ host }) => (host ? [host] : []));
  return [
    nameOf(ingress),
    spec?.ingressClassName ?? NONE,
    hosts.length > 0 ? someOf(hosts) : '*',
    loadBalancerAddresses(status?.loadBalancer?.ingress).join(','),
    spec?.tls?.length ? '80, 443' : '80',
    ageOf(ingress, context),
  ];
});

const ingressClasses = printer<IngressClass>((ingressClass, context) => {
  const parameters = ingressClass.spec?.parameters;
  const group = parameters?.apiGroup ? `.${parameters.apiGroup}` : '';
  return [
    nameOf(ingressClass),
    ingressClass.spec?.controller ?? '',
    parameters ? `${parameters.kind}${group}/${parameters.name}` : NONE,
    ageOf(ingressClass, context),
  ];
});

const networkPolicies = printer<NetworkPolicy>((policy, context) => [
  nameOf(policy),
  selectorText(policy.spec?.podSelector),
  ageOf(policy, context),
]);

export const NETWORK_FAMILY: PrinterFamily = {
  services,
  endpoints,
  'endpointslices.discovery.k8s.io': endpointSlices,
  'ingresses.networking.k8s.io': ingresses,
  'ingressclasses.networking.k8s.io': ingressClasses,
  'networkpolicies.networking.k8s.io': networkPolicies,
};

function portText({ port, nodePort, protocol = 'TCP' }: ServicePort): string {
  return nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
}

function externalAddress({ spec, status }: Service): string {
  const external = spec?.externalIPs ?? [];
  switch (spec?.type ?? 'ClusterIP') {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || NONE;
    case 'LoadBalancer':
      return [...loadBalancerAddresses(status?.loadBalancer?.ingress), ...external].join(',') || '<pending>';
    case 'ExternalName':
      return spec?.externalName ?? '';
    default:
      return UNKNOWN;
  }
}

function loadBalancerAddresses(
  ingress: readonly { readonly ip?: string | undefined; readonly hostname?: string | undefined }[] = [],
): readonly string[] {
  return [...new Set(ingress.map(({ ip, hostname }) => ip || hostname || '').filter(Boolean))].toSorted();
}

/** Only addresses that are ready; a headless service may have no ports. */
function subsetAddresses({ addresses = [], ports = [] }: EndpointSubset): readonly string[] {
  if (ports.length === 0) return addresses.map(({ ip }) => ip);
  return ports.flatMap(({ port }) => addresses.map(({ ip }) => `${isIPv6(ip) ? `[${ip}]` : ip}:${port}`));
}
