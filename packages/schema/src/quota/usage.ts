// What objects use of a ResourceQuota, and which quotas an object falls under (upstream's pkg/quota/v1/evaluator).
import type { KubeObject } from '../resource-type.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
  Service,
} from '../generated/types.ts';
import { parseQuantity } from '../quantity.ts';
import { podAmounts } from './pod-amounts.ts';
import { type Amounts, count } from './resource-list.ts';

/** The plural and the group of a resource. */
export interface Counted {
  readonly group: string;
  readonly resource: string;
}

const POD_NAMES = new Set([
  'count/pods',
  'pods',
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]);
const SERVICE_NAMES = new Set(['count/services', 'services', 'services.nodeports', 'services.loadbalancers']);
const CLAIM_NAMES = ['persistentvolumeclaims', 'requests.storage'];
/** Resources whose number may be limited by their bare name. */
const ALIASES = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);
/** A quota of these makes every container state them. */
const STATED = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** Those of a quota's names that the resource is counted by. */
export function quotaNames({ group, resource }: Counted, names: readonly string[]): readonly string[] {
  const counted = countName({ group, resource });
  switch (group === '' ? resource : '') {
    case 'pods':
      return names.filter((name) => POD_NAMES.has(name) || isExtended(name));
    case 'services':
      return names.filter((name) => SERVICE_NAMES.has(name));
    case 'persistentvolumeclaims':
      return names.filter(
        (name) => name === counted || CLAIM_NAMES.includes(name) || CLAIM_NAMES.some((own) => name.endsWith(`${CLASS_SUFFIX}${own}`)),
      );
  }
  return names.filter((name) => name === counted || (group === '' && ALIASES.has(resource) && name === resource));
}

/** What one object uses. `now`: for pods whose time is over. */
export function quotaUsage({ group, resource }: Counted, object: KubeObject, now: number): Amounts {
  const one = { [countName({ group, resource })]: count(1) };
  switch (group === '' ? resource : '') {
    case 'pods':
      return { ...one, ...podUsage(object as Pod & KubeObject, now) };
    case 'services':
      return { ...one, ...serviceUsage(object as Service) };
    case 'persistentvolumeclaims':
      return { ...one, ...claimUsage(object as PersistentVolumeClaim & KubeObject) };
  }
  return group === '' && ALIASES.has(resource) ? { ...one, [resource]: count(1) } : one;
}

/** Whether an object falls under the scopes of a quota; only pods fall under any. */
export function quotaScopesMatch({ group, resource }: Counted, { spec }: ResourceQuota, object: KubeObject): boolean {
  const scopes = [
    ...(spec?.scopes ?? []).map((scopeName): ScopedResourceSelectorRequirement => ({ scopeName, operator: 'Exists' })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  if (scopes.length === 0) return true;
  return group === '' && resource === 'pods' && scopes.every((scope) => inScope(object as Pod, scope));
}

/** What the containers of a pod do not state although a quota of these names wants it: 'limits.cpu for: a,b'. */
export function unstated({ spec }: Pod, names: readonly string[]): readonly string[] {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return STATED.filter((name) => names.includes(name)).flatMap((name) => {
    const [what, resource = name] = name.includes('.') ? name.split('.') : ['requests', name];
    const missing = containers.filter(({ resources }) => resources?.[what as 'requests' | 'limits']?.[resource] === undefined);
    return missing.length === 0 ? [] : [`${name} for: ${[...new Set(missing.map((container) => container.name))].toSorted().join(',')}`];
  });
}

function countName({ group, resource }: Counted): string {
  return group === '' ? `count/${resource}` : `count/${resource}.${group}`;
}

/** 'hugepages-2Mi', 'requests.hugepages-2Mi', 'requests.example.com/gpu'. */
function isExtended(name: string): boolean {
  return /^(requests\.)?hugepages-/.test(name) || (name.startsWith('requests.') && name.includes('/') && !name.includes('kubernetes.io/'));
}

function podUsage(pod: Pod & KubeObject, now: number): Amounts {
  if (isOver(pod, now)) return {};
  const [requests, limits] = [podAmounts(pod, 'requests', true), podAmounts(pod, 'limits', true)];
  const used: Record<string, Amounts[string]> = { pods: count(1) };
  for (const [name, amount] of Object.entries(requests)) {
    const native = ['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-');
    if (native) used[name] = amount;
    if (native || name.includes('/')) used[`requests.${name}`] = amount;
  }
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) if (limits[name]) used[`limits.${name}`] = limits[name];
  return used;
}

/** Ended, or past its grace period. */
function isOver({ status, metadata }: Pod & KubeObject, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  return (
    deletionTimestamp != null &&
    deletionGracePeriodSeconds != null &&
    now > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
  );
}

function serviceUsage({ spec }: Service): Amounts {
  const ports = spec?.ports ?? [];
  const balanced = spec?.type === 'LoadBalancer';
  const asked = balanced && spec?.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports;
  return {
    services: count(1),
    'services.loadbalancers': count(balanced ? 1 : 0),
    'services.nodeports': count(balanced || spec?.type === 'NodePort' ? asked.length : 0),
  };
}

function claimUsage({ spec, status, metadata }: PersistentVolumeClaim & KubeObject): Amounts {
  const storageClass = metadata.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';
  const amounts = [spec?.resources?.requests?.['storage'], status?.allocatedResources?.['storage']].flatMap((stated) =>
    stated === undefined ? [] : [parseQuantity(stated).roundUp(0)],
  );
  const storage = amounts.reduce((largest, amount) => (amount.compare(largest) > 0 ? amount : largest), amounts[0] ?? count(0));
  const used = { persistentvolumeclaims: count(1), ...(amounts.length > 0 ? { 'requests.storage': storage } : {}) };
  if (storageClass === '') return used;
  return {
    ...used,
    ...Object.fromEntries(Object.entries(used).map(([name, amount]) => [`${storageClass}${CLASS_SUFFIX}${name}`, amount])),
  };
}

function inScope({ spec }: Pod, { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): boolean {
  const priority = spec?.priorityClassName ?? '';
  switch (scopeName) {
    case 'Terminating':
      return (spec?.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return (spec?.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return isBestEffort(spec);
    case 'NotBestEffort':
      return !isBestEffort(spec);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(spec);
    case 'PriorityClass':
      if (operator === 'Exists') return priority !== '';
      if (operator === 'DoesNotExist') return priority === '';
      return operator === 'In' ? values.includes(priority) : !values.includes(priority);
  }
  return false;
}

function isBestEffort(spec: Pod['spec']): boolean {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const stated = (list: Readonly<Record<string, unknown>> | undefined): boolean =>
    list?.['cpu'] !== undefined || list?.['memory'] !== undefined;
  return !containers.some(({ resources }) => stated(resources?.requests) || stated(resources?.limits));
}

function crossesNamespaces(spec: Pod['spec']): boolean {
  const terms = [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some((term: PodAffinityTerm) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined);
}
