// Network policies and ingresses. Nothing here acts on them; their form is checked as upstream checks it.
import {
  type Ingress,
  type IngressBackend,
  isDns1035Label,
  isDns1123Subdomain,
  isValidPortName,
  isValidPortNumber,
  isWildcardDns1123Subdomain,
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from '@holdfast/schema';
import { isIp, validCidr } from '../addresses.ts';
import type { FieldErrors } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';
import { dnsSubdomain } from '../names.ts';

const POLICY_TYPES = ['Ingress', 'Egress'];

export function validateNetworkPolicy({ spec }: NetworkPolicy, errors: FieldErrors): void {
  validateLabelSelector(spec?.podSelector, 'spec.podSelector', errors);
  const rules = [
    ...(spec?.ingress ?? []).map((rule, index) => ({ path: `spec.ingress[${index}]`, ports: rule.ports, peers: rule.from, word: 'from' })),
    ...(spec?.egress ?? []).map((rule, index) => ({ path: `spec.egress[${index}]`, ports: rule.ports, peers: rule.to, word: 'to' })),
  ];
  for (const { path, ports, peers, word } of rules) {
    for (const [index, port] of (ports ?? []).entries()) policyPort(port, `${path}.ports[${index}]`, errors);
    for (const [index, peer] of (peers ?? []).entries()) policyPeer(peer, `${path}.${word}[${index}]`, errors);
  }
  const types = spec?.policyTypes ?? [];
  if (types.length > POLICY_TYPES.length) errors.invalid('spec.policyTypes', types, 'may not specify more than two policyTypes');
  else for (const [index, type] of types.entries()) errors.oneOf(`spec.policyTypes[${index}]`, type, POLICY_TYPES);
}

function policyPort({ protocol, port, endPort }: NetworkPolicyPort, path: string, errors: FieldErrors): void {
  errors.oneOf(`${path}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']);
  if (typeof port === 'number') {
    errors.problems(`${path}.port`, port, isValidPortNumber(port));
    if (endPort === undefined) return;
    if (endPort < port) errors.invalid(`${path}.endPort`, port, 'must be greater than or equal to `port`');
    errors.problems(`${path}.endPort`, endPort, isValidPortNumber(endPort));
    return;
  }
  if (endPort !== undefined)
    errors.invalid(
      `${path}.endPort`,
      endPort,
      `may not be specified when \`port\` is ${port === undefined ? 'not specified' : 'non-numeric'}`,
    );
  if (port !== undefined) errors.problems(`${path}.port`, port, isValidPortName(port));
}

function policyPeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string, errors: FieldErrors): void {
  validateLabelSelector(podSelector, `${path}.podSelector`, errors);
  validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`, errors);
  if (ipBlock) {
    if (!ipBlock.cidr) errors.required(`${path}.ipBlock.cidr`);
    else validCidr(ipBlock.cidr, `${path}.ipBlock.cidr`, errors);
    for (const [index, range] of (ipBlock.except ?? []).entries()) validCidr(range, `${path}.ipBlock.except[${index}]`, errors);
  }
  if (!podSelector && !namespaceSelector && !ipBlock) errors.required(path, 'must specify a peer');
  if (ipBlock && (podSelector || namespaceSelector)) errors.forbidden(path, 'may not specify both ipBlock and another peer');
}

export function validateIngress({ spec }: Ingress, errors: FieldErrors): void {
  const rules = spec?.rules ?? [];
  if (rules.length === 0 && !spec?.defaultBackend) errors.invalid('spec', rules, 'either `defaultBackend` or `rules` must be specified');
  if (spec?.defaultBackend) backend(spec.defaultBackend, 'spec.defaultBackend', errors);
  for (const [index, { host, http }] of rules.entries()) {
    const path = `spec.rules[${index}]`;
    if (host) hostName(host, `${path}.host`, errors);
    if (http && !http.paths?.length) errors.required(`${path}.http.paths`);
    for (const [position, rule] of (http?.paths ?? []).entries()) httpPath(rule, `${path}.http.paths[${position}]`, errors);
  }
  for (const [index, { hosts, secretName }] of (spec?.tls ?? []).entries()) {
    for (const [position, host] of (hosts ?? []).entries())
      errors.problems(
        `spec.tls[${index}].hosts[${position}]`,
        host,
        host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host),
      );
    if (secretName) dnsSubdomain(secretName, `spec.tls[${index}].secretName`, errors);
  }
  if (spec?.ingressClassName !== undefined) dnsSubdomain(spec.ingressClassName, 'spec.ingressClassName', errors);
}

function hostName(host: string, path: string, errors: FieldErrors): void {
  if (isIp(host)) errors.invalid(path, host, 'must be a DNS name, not an IP address');
  errors.problems(path, host, host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host));
}

type HttpPath = NonNullable<NonNullable<NonNullable<Ingress['spec']>['rules']>[number]['http']>['paths'][number];

function httpPath({ path: text = '', pathType, backend: target }: HttpPath, path: string, errors: FieldErrors): void {
  if (!pathType) return errors.required(`${path}.pathType`, 'pathType must be specified');
  const at = `${path}.path`;
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!text.startsWith('/')) errors.invalid(at, text, 'must be an absolute path');
    for (const part of ['//', '/./', '/../', '%2f', '%2F']) if (text.includes(part)) errors.invalid(at, text, `must not contain '${part}'`);
    for (const end of ['/..', '/.']) if (text.endsWith(end)) errors.invalid(at, text, `cannot end with '${end}'`);
  } else if (pathType === 'ImplementationSpecific') {
    if (text && !text.startsWith('/')) errors.invalid(at, text, 'must be an absolute path');
  } else errors.notSupported(`${path}.pathType`, pathType, ['Exact', 'ImplementationSpecific', 'Prefix']);
  backend(target, `${path}.backend`, errors);
}

function backend({ service, resource }: IngressBackend, path: string, errors: FieldErrors): void {
  if (service && resource) return errors.invalid(path, '', 'cannot set both resource and service backends');
  if (!service && !resource) return errors.invalid(path, '', 'resource or service backend is required');
  if (resource) {
    for (const field of ['kind', 'name'] as const) if (!resource[field]) errors.required(`${path}.resource.${field}`);
    return;
  }
  if (!service?.name) errors.required(`${path}.service.name`);
  else errors.problems(`${path}.service.name`, service.name, isDns1035Label(service.name));
  const { name, number } = service?.port ?? {};
  if (name && number) errors.invalid(path, '', 'cannot set both port name & port number');
  else if (name) errors.problems(`${path}.service.port.name`, name, isValidPortName(name));
  else if (number) errors.problems(`${path}.service.port.number`, number, isValidPortNumber(number));
  else errors.required(path, 'port name or number is required');
}
