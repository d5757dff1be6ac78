// Services.
import { isDns1123Subdomain, isValidPortNumber, type Service, type ServicePort, type ServiceSpec } from '@holdfast/schema';
import { nonSpecialIp, validCidr, validIp } from '../addresses.ts';
import type { FieldErrors } from '../field-errors.ts';
import { validateLabels } from '../labels.ts';
import { dnsLabel, qualifiedName } from '../names.ts';
import { portNumberOrName } from '../pods/probes.ts';
import { clusterAddresses, clusterAddressesUpdate } from './service-addresses.ts';

const KUBELET_PORT = 10250;
const MAX_AFFINITY_SECONDS = 86_400;
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";

export function validateService({ spec = {} }: Service, errors: FieldErrors): void {
  const headless = spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None';
  const ports = spec.ports ?? [];
  const balancer = spec.type === 'LoadBalancer';
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') errors.required('spec.ports');
  byType(spec, headless, errors);
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) servicePort(port, ports.length > 1, names, `spec.ports[${index}]`, errors);
  validateLabels(spec.selector, 'spec.selector', errors);
  affinity(spec, errors);
  clusterAddresses(spec, headless, errors);
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    const before = errors.count;
    validIp(ip, `spec.externalIPs[${index}]`, errors);
    if (errors.count === before) nonSpecialIp(ip, `spec.externalIPs[${index}]`, errors);
  }
  errors.requiredOneOf('spec.type', spec.type, TYPES);
  portNumbers(spec, ports, errors);
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0 && !balancer) errors.forbidden('spec.LoadBalancerSourceRanges', BALANCER_ONLY);
  for (const [index, range] of ranges.entries()) validCidr(range.trim(), `spec.LoadBalancerSourceRanges[${index}]`, errors);
  if (spec.allocateLoadBalancerNodePorts !== undefined && !balancer) errors.forbidden('spec.allocateLoadBalancerNodePorts', BALANCER_ONLY);
  if (spec.loadBalancerClass !== undefined) {
    if (balancer) qualifiedName(spec.loadBalancerClass, 'spec.loadBalancerClass', errors);
    else errors.forbidden('spec.loadBalancerClass', BALANCER_ONLY);
  }
  traffic(spec, errors);
}

function byType(spec: ServiceSpec, headless: boolean, errors: FieldErrors): void {
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') {
    for (const [index, { port }] of (spec.ports ?? []).entries())
      if (spec.type === 'LoadBalancer' && port === KUBELET_PORT)
        errors.invalid(`spec.ports[${index}]`, port, `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`);
    if (headless) errors.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`);
  }
  if (spec.type !== 'ExternalName') return;
  const words = 'may not be set for ExternalName services';
  if (spec.clusterIPs?.length) errors.forbidden('spec.clusterIPs', words);
  if (spec.ipFamilies?.length) errors.forbidden('spec.ipFamilies', words);
  if (spec.ipFamilyPolicy !== undefined) errors.forbidden('spec.ipFamilyPolicy', words);
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.required('spec.externalName');
  else errors.problems('spec.externalName', name, isDns1123Subdomain(name));
}

function servicePort(port: ServicePort, needsName: boolean, names: Set<string>, path: string, errors: FieldErrors): void {
  if (needsName && !port.name) errors.required(`${path}.name`);
  else if (port.name) {
    dnsLabel(port.name, `${path}.name`, errors);
    if (names.has(port.name)) errors.duplicate(`${path}.name`, port.name);
    names.add(port.name);
  }
  errors.problems(`${path}.port`, port.port, isValidPortNumber(port.port));
  errors.requiredOneOf(`${path}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']);
  portNumberOrName(port.targetPort, `${path}.targetPort`, errors);
  if (port.appProtocol !== undefined) qualifiedName(port.appProtocol, `${path}.appProtocol`, errors);
}

function affinity(spec: ServiceSpec, errors: FieldErrors): void {
  errors.requiredOneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']);
  const path = 'spec.sessionAffinityConfig';
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'None' && config) errors.forbidden(path, 'must not be set when session affinity is None');
  if (spec.sessionAffinity !== 'ClientIP') return;
  const words = 'when session affinity type is ClientIP';
  const seconds = config?.clientIP?.timeoutSeconds;
  if (!config) errors.required(path, words);
  else if (!config.clientIP) errors.required(`${path}.clientIP`, words);
  else if (seconds === undefined) errors.required(`${path}.clientIP.timeoutSeconds`, words);
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS)
    errors.invalid(`${path}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`);
}

function portNumbers(spec: ServiceSpec, ports: readonly ServicePort[], errors: FieldErrors): void {
  const nodePorts = new Set<string>();
  const numbers = new Set<string>();
  for (const [index, { nodePort, protocol, port }] of ports.entries()) {
    const path = `spec.ports[${index}]`;
    if (nodePort && spec.type === 'ClusterIP') errors.forbidden(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'");
    if (nodePort && nodePorts.has(`${protocol} ${nodePort}`)) errors.duplicate(`${path}.nodePort`, nodePort);
    if (nodePort) nodePorts.add(`${protocol} ${nodePort}`);
    if (numbers.has(`${protocol} ${port}`)) errors.duplicate(path, { protocol, port });
    numbers.add(`${protocol} ${port}`);
  }
}

function traffic(spec: ServiceSpec, errors: FieldErrors): void {
  const external =
    spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
  const policy = spec.externalTrafficPolicy;
  if (!external) {
    if (policy) errors.invalid('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services');
  } else errors.requiredOneOf('spec.externalTrafficPolicy', policy, ['Cluster', 'Local']);
  const checked = spec.type === 'LoadBalancer' && policy === 'Local';
  if (!checked && spec.healthCheckNodePort)
    errors.invalid(
      'spec.healthCheckNodePort',
      spec.healthCheckNodePort,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  if (spec.internalTrafficPolicy === undefined && spec.type !== 'ExternalName') errors.required('spec.internalTrafficPolicy');
  errors.oneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, ['Cluster', 'Local']);
  errors.oneOf('spec.trafficDistribution', spec.trafficDistribution, ['PreferClose']);
}

export function validateServiceUpdate({ spec: next = {} }: Service, { spec: old = {} }: Service, errors: FieldErrors): void {
  clusterAddressesUpdate(next, old, errors);
  if (next.type === 'LoadBalancer' && old.type === 'LoadBalancer' && next.loadBalancerClass !== old.loadBalancerClass)
    errors.invalid('spec.loadBalancerClass', next.loadBalancerClass, 'may not change once set');
}

export function validateServiceStatus({ spec, status }: Service, errors: FieldErrors): void {
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (spec?.type !== 'LoadBalancer' && ingress.length > 0)
    return errors.forbidden('status.loadBalancer.ingress', "may only be used when `spec.type` is 'LoadBalancer'");
  for (const [index, { ip, hostname }] of ingress.entries()) {
    const path = `status.loadBalancer.ingress[${index}]`;
    if (ip) validIp(ip, `${path}.ip`, errors);
    if (hostname) errors.problems(`${path}.hostname`, hostname, isDns1123Subdomain(hostname));
  }
}
