// Endpoints and endpoint slices.
import { isIPv4, isIPv6 } from 'node:net';
import { type Endpoint, type EndpointSlice, type Endpoints, isDns1123Subdomain, isLabelValue, isValidPortNumber } from '@holdfast/schema';
import { nonSpecialIp, validIp } from '../addresses.ts';
import { type FieldErrors, IMMUTABLE } from '../field-errors.ts';
import { dnsLabel, dnsSubdomain, qualifiedName } from '../names.ts';

type Subset = NonNullable<Endpoints['subsets']>[number];

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_TOPOLOGY = 16;
const MAX_ZONES = 8;

export function validateEndpoints({ subsets }: Endpoints, errors: FieldErrors): void {
  for (const [index, subset] of (subsets ?? []).entries()) {
    const path = `subsets[${index}]`;
    if (!subset.addresses?.length && !subset.notReadyAddresses?.length)
      errors.required(path, 'must specify `addresses` or `notReadyAddresses`');
    for (const list of ['addresses', 'notReadyAddresses'] as const)
      for (const [position, address] of (subset[list] ?? []).entries()) endpointAddress(address, `${path}.${list}[${position}]`, errors);
    const ports = subset.ports ?? [];
    for (const [position, port] of ports.entries()) {
      const at = `${path}.ports[${position}]`;
      if (ports.length > 1 && !port.name) errors.required(`${at}.name`);
      else if (port.name) dnsLabel(port.name, `${at}.name`, errors);
      errors.problems(`${at}.port`, port.port, isValidPortNumber(port.port));
      errors.requiredOneOf(`${at}.protocol`, port.protocol, PROTOCOLS);
      if (port.appProtocol !== undefined) qualifiedName(port.appProtocol, `${at}.appProtocol`, errors);
    }
  }
}

function endpointAddress(address: NonNullable<Subset['addresses']>[number], path: string, errors: FieldErrors): void {
  validIp(address.ip, `${path}.ip`, errors);
  if (address.hostname) dnsLabel(address.hostname, `${path}.hostname`, errors);
  if (address.nodeName !== undefined) dnsSubdomain(address.nodeName, `${path}.nodeName`, errors);
  nonSpecialIp(address.ip, `${path}.ip`, errors);
}

export function validateEndpointSlice(slice: EndpointSlice, errors: FieldErrors): void {
  errors.requiredOneOf('addressType', slice.addressType, ['FQDN', 'IPv4', 'IPv6']);
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length > MAX_ENDPOINTS) errors.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS);
  else for (const [index, endpoint] of endpoints.entries()) sliceEndpoint(endpoint, slice.addressType ?? '', `endpoints[${index}]`, errors);
  slicePorts(slice.ports ?? [], errors);
}

function sliceEndpoint(endpoint: Endpoint, type: string, path: string, errors: FieldErrors): void {
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) errors.required(`${path}.addresses`, 'must contain at least 1 address');
  if (addresses.length > MAX_ADDRESSES) errors.tooMany(`${path}.addresses`, addresses.length, MAX_ADDRESSES);
  for (const [index, address] of addresses.entries()) {
    const at = `${path}.addresses[${index}]`;
    if (type === 'FQDN') fullyQualified(address, at, errors);
    else if (type === 'IPv4' || type === 'IPv6') {
      const ok = type === 'IPv4' ? isIPv4(address) : isIPv6(address);
      if (!ok) errors.invalid(at, address, `must be a valid ${type} address`);
      nonSpecialIp(address, at, errors);
    }
  }
  if (endpoint.nodeName !== undefined) dnsSubdomain(endpoint.nodeName, `${path}.nodeName`, errors);
  const topology = Object.keys(endpoint.deprecatedTopology ?? {}).length;
  if (topology > MAX_TOPOLOGY) errors.tooMany(`${path}.deprecatedTopology`, topology, MAX_TOPOLOGY);
  if (endpoint.hostname !== undefined) dnsLabel(endpoint.hostname, `${path}.hostname`, errors);
  const zones = endpoint.hints?.forZones ?? [];
  if (zones.length > MAX_ZONES) errors.tooMany(`${path}.hints.forZones`, zones.length, MAX_ZONES);
  for (const [index, { name }] of zones.entries()) errors.problems(`${path}.hints.forZones[${index}].name`, name, isLabelValue(name));
}

function fullyQualified(name: string, path: string, errors: FieldErrors): void {
  if (name === '') return errors.required(path);
  const problems = isDns1123Subdomain(name);
  errors.problems(path, name, problems);
  if (problems.length === 0 && name.split('.').length < 2)
    errors.invalid(path, name, 'should be a domain with at least two segments separated by dots');
}

function slicePorts(ports: NonNullable<EndpointSlice['ports']>, errors: FieldErrors): void {
  if (ports.length > MAX_PORTS) return errors.tooMany('ports', ports.length, MAX_PORTS);
  const names = new Set<string>();
  for (const [index, { name = '', protocol, appProtocol }] of ports.entries()) {
    const path = `ports[${index}]`;
    if (name) dnsLabel(name, `${path}.name`, errors);
    if (names.has(name)) errors.duplicate(`${path}.name`, name);
    names.add(name);
    errors.requiredOneOf(`${path}.protocol`, protocol, PROTOCOLS);
    if (appProtocol !== undefined) qualifiedName(appProtocol, `${path}.appProtocol`, errors);
  }
}

export function validateEndpointSliceUpdate(next: EndpointSlice, old: EndpointSlice, errors: FieldErrors): void {
  if (next.addressType !== old.addressType) errors.invalid('addressType', next.addressType, IMMUTABLE);
}
