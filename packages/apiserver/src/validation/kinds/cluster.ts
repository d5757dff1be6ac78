// Nodes, namespaces, quotas and limits.
import {
  compareQuantities,
  goStrings,
  isLabelValue,
  isQualifiedName,
  type LimitRange,
  type LimitRangeItem,
  type Namespace,
  type Node,
  type ResourceQuota,
  type Taint,
} from '@holdfast/schema';
import { isDualStack, validCidr } from '../addresses.ts';
import type { FieldErrors } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';
import { TAINT_EFFECTS } from '../pods/scheduling.ts';
import { containerResourceName, QUOTA_RESOURCES, resourceName, resourceQuantity } from '../quantities.ts';

/** Finalizers without a domain that have a meaning. */
export const STANDARD_FINALIZERS: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];
const CIDR_FIXED = 'node updates may not change podCIDR except from "" to valid';

export function validateNode(node: Node, errors: FieldErrors): void {
  taints(node.spec?.taints ?? [], 'metadata.taints', errors);
  nodeResources(node, errors);
  const cidrs = node.spec?.podCIDRs ?? [];
  for (const [index, cidr] of cidrs.entries()) validCidr(cidr, `spec.podCIDRs[${index}]`, errors);
  if (cidrs.length < 2) return;
  if (!isDualStack(cidrs.map((cidr) => cidr.split('/')[0] ?? '')) || cidrs.length > 2)
    errors.invalid('spec.podCIDRs', goStrings(cidrs), 'may specify no more than one CIDR for each IP family');
  for (const [index, cidr] of cidrs.entries()) if (cidrs.indexOf(cidr) < index) errors.duplicate(`spec.podCIDRs[${index}]`, cidr);
}

function nodeResources({ status }: Node, errors: FieldErrors): void {
  for (const field of ['capacity', 'allocatable'] as const)
    for (const [name, value] of Object.entries(status?.[field] ?? {})) resourceQuantity(name, value, `status.${field}.${name}`, errors);
}

function taints(list: readonly Taint[], path: string, errors: FieldErrors): void {
  const seen = new Set<string>();
  for (const [index, taint] of list.entries()) {
    const at = `${path}[${index}]`;
    qualifiedName(taint.key, `${at}.key`, errors);
    const problems = isLabelValue(taint.value ?? '');
    if (problems.length > 0) errors.invalid(`${at}.value`, taint.value, problems.join(';'));
    errors.requiredOneOf(`${at}.effect`, taint.effect, TAINT_EFFECTS);
    const id = `${taint.effect} ${taint.key}`;
    if (seen.has(id)) errors.add({ type: 'Duplicate', field: at, badValue: taint, detail: 'taints must be unique by key and effect pair' });
    seen.add(id);
  }
}

export function validateNodeUpdate(next: Node, old: Node, errors: FieldErrors): void {
  const [cidrs, had] = [next.spec?.podCIDRs ?? [], old.spec?.podCIDRs ?? []];
  if (had.length > 0 && (had.length !== cidrs.length || had.some((cidr, index) => cidr !== cidrs[index])))
    errors.forbidden('spec.podCIDRs', CIDR_FIXED);
  if (old.spec?.providerID && next.spec?.providerID !== old.spec.providerID)
    errors.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid');
}

export function validateNodeStatus(next: Node, errors: FieldErrors): void {
  nodeResources(next, errors);
  const seen = new Set<string>();
  for (const [index, address] of (next.status?.addresses ?? []).entries()) {
    const text = `${address.type} ${address.address}`;
    if (seen.has(text)) errors.duplicate(`status.addresses[${index}]`, address);
    seen.add(text);
  }
}

export function validateNamespace({ spec }: Namespace, errors: FieldErrors): void {
  for (const finalizer of spec?.finalizers ?? []) {
    errors.problems('spec.finalizers', finalizer, isQualifiedName(finalizer));
    if (!finalizer.includes('/') && !STANDARD_FINALIZERS.includes(finalizer))
      errors.invalid('spec.finalizers', finalizer, 'name is neither a standard finalizer name nor is it fully qualified');
  }
}

export function validateNamespaceStatus({ metadata, status }: Namespace, errors: FieldErrors): void {
  const deleting = metadata?.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null;
  const wanted = deleting ? 'Terminating' : 'Active';
  if (status?.phase !== wanted)
    errors.invalid(
      'status.Phase',
      status?.phase ?? '',
      `may only be '${wanted}' if \`deletionTimestamp\` is ${deleting ? 'not ' : ''}empty`,
    );
}

const SCOPES = ['BestEffort', 'CrossNamespacePodAffinity', 'NotBestEffort', 'NotTerminating', 'PriorityClass', 'Terminating'];

export function validateQuota({ spec }: ResourceQuota, errors: FieldErrors): void {
  for (const [name, value] of Object.entries(spec?.hard ?? {})) {
    const path = `spec.hard[${name}]`;
    resourceName(name, path, errors);
    if (!name.includes('/') && !QUOTA_RESOURCES.has(name) && !/^(requests\.)?hugepages-/.test(name))
      errors.invalid(path, name, 'must be a standard resource for quota');
    resourceQuantity(name, value, path, errors);
  }
  for (const scope of spec?.scopes ?? [])
    if (!SCOPES.includes(scope)) errors.invalid('spec.scopes', goStrings(spec?.scopes, 'core.ResourceQuotaScope'), 'unsupported scope');
}

export function validateLimitRange({ spec }: LimitRange, errors: FieldErrors): void {
  const types = new Set<string>();
  for (const [index, limit] of (spec?.limits ?? []).entries()) {
    const path = `spec.limits[${index}]`;
    const problems = isQualifiedName(limit.type);
    errors.problems(`${path}.type`, limit.type, problems);
    if (problems.length === 0 && !limit.type.includes('/') && !['Pod', 'Container', 'PersistentVolumeClaim'].includes(limit.type))
      errors.invalid(`${path}.type`, limit.type, 'must be a standard limit type or fully qualified');
    if (types.has(limit.type)) errors.duplicate(`${path}.type`, limit.type);
    types.add(limit.type);
    limitItem(limit, path, errors);
  }
}

function limitItem(limit: LimitRangeItem, path: string, errors: FieldErrors): void {
  const checkName = limit.type === 'Pod' || limit.type === 'Container' ? containerResourceName : resourceName;
  const names = new Set<string>();
  for (const field of ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const) {
    const values = Object.keys(limit[field] ?? {});
    if (limit.type === 'Pod' && (field === 'default' || field === 'defaultRequest')) {
      if (values.length > 0) errors.forbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'");
      continue;
    }
    for (const name of values) {
      checkName(name, `${path}.${field}[${name}]`, errors);
      names.add(name);
    }
  }
  if (limit.type === 'PersistentVolumeClaim' && limit.min?.['storage'] === undefined && limit.max?.['storage'] === undefined)
    errors.required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided');
  for (const name of names) limitOrder(limit, name, path, errors);
}

function limitOrder(limit: LimitRangeItem, name: string, path: string, errors: FieldErrors): void {
  const [min, max, value, request] = [limit.min?.[name], limit.max?.[name], limit.default?.[name], limit.defaultRequest?.[name]];
  const above = (a: string | number | undefined, b: string | number | undefined): boolean =>
    a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  if (above(min, max)) errors.invalid(`${path}.min[${name}]`, min, `min value ${min} is greater than max value ${max}`);
  if (above(min, request))
    errors.invalid(`${path}.defaultRequest[${name}]`, request, `min value ${min} is greater than default request value ${request}`);
  if (above(request, max))
    errors.invalid(`${path}.defaultRequest[${name}]`, request, `default request value ${request} is greater than max value ${max}`);
  if (above(request, value))
    errors.invalid(
      `${path}.defaultRequest[${name}]`,
      request,
      `default request value ${request} is greater than default limit value ${value}`,
    );
  if (above(min, value)) errors.invalid(`${path}.default[${name}]`, min, `min value ${min} is greater than default value ${value}`);
  if (above(value, max)) errors.invalid(`${path}.default[${name}]`, max, `default value ${value} is greater than max value ${max}`);
}
