// Quantities and the names of resources.
import {
  compareQuantities,
  isDns1123Label,
  isQualifiedName,
  parseQuantity,
  type ResourceRequirements,
  tryParseQuantity,
} from '@holdfast/schema';
import { type FieldErrors, NEGATIVE, NOT_POSITIVE } from './field-errors.ts';

type Quantities = Readonly<Record<string, string | number>>;

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
const COUNTED = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];
const INTEGER_RESOURCES = new Set(COUNTED);
export const QUOTA_RESOURCES = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  ...['cpu', 'memory', 'storage', 'ephemeral-storage'].map((name) => `requests.${name}`),
  ...['cpu', 'memory', 'ephemeral-storage'].map((name) => `limits.${name}`),
  ...COUNTED,
]);
const STANDARD_RESOURCES = new Set([...QUOTA_RESOURCES, 'storage']);

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name);

function isExtended(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0;
}

export function resourceName(name: string, path: string, errors: FieldErrors): void {
  const problems = isQualifiedName(name);
  errors.problems(path, name, problems);
  if (problems.length > 0 || name.includes('/')) return;
  if (!STANDARD_RESOURCES.has(name) && !isHugePages(name) && !name.startsWith('requests.hugepages-'))
    errors.invalid(path, name, 'must be a standard resource type or fully qualified');
}

export function containerResourceName(name: string, path: string, errors: FieldErrors): void {
  resourceName(name, path, errors);
  if (!name.includes('/')) {
    if (!CONTAINER_RESOURCES.has(name) && !isHugePages(name)) errors.invalid(path, name, 'must be a standard resource for containers');
  } else if (!isNativeResource(name) && !isExtended(name)) errors.invalid(path, name, "doesn't follow extended resource name standard");
}

/** Not negative, and whole where the resource is counted. */
export function resourceQuantity(name: string, value: string | number, path: string, errors: FieldErrors): void {
  nonNegativeQuantity(value, path, errors);
  if ((INTEGER_RESOURCES.has(name) || isExtended(name)) && !isWhole(value)) errors.invalid(path, String(value), 'must be an integer');
}

export function nonNegativeQuantity(value: string | number, path: string, errors: FieldErrors): void {
  if (parseQuantity(value).sign() < 0) errors.invalid(path, String(value), NEGATIVE);
}

export function positiveQuantity(value: string | number, path: string, errors: FieldErrors): void {
  if (parseQuantity(value).sign() <= 0) errors.invalid(path, String(value), NOT_POSITIVE);
}

/** Whether a quantity has no fraction (fractions below a thousandth are rounded up on decoding). */
export function isWhole(value: string | number): boolean {
  const quantity = parseQuantity(value);
  return compareQuantities(quantity, String(quantity.value())) === 0;
}

/** Requests and limits of a container, a pod's overhead, a runtime class. */
export function resourceRequirements(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  podClaims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
): void {
  let computes = false;
  let hugePages = false;
  const each = (name: string, value: string | number, at: string): void => {
    containerResourceName(name, at, errors);
    resourceQuantity(name, value, at, errors);
    if (name === 'cpu' || name === 'memory') computes = true;
    if (!isHugePages(name)) return;
    hugePages = true;
    const page = tryParseQuantity(name.slice('hugepages-'.length));
    if (!page || page.sign() <= 0 || parseQuantity(value).value() % page.value() !== 0)
      errors.invalid(at, String(value), `${String(value)} is not positive integer multiple of ${name}`);
  };
  for (const [name, value] of Object.entries(limits as Quantities)) each(name, value, `${path}.limits[${name}]`);
  for (const [name, value] of Object.entries(requests as Quantities)) {
    each(name, value, `${path}.requests[${name}]`);
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (limit === undefined) {
      if (!isOvercommitAllowed(name)) errors.required(`${path}.limits`, 'Limit must be set for non overcommitable resources');
      continue;
    }
    const order = compareQuantities(value, limit);
    if (order !== 0 && !isOvercommitAllowed(name))
      errors.invalid(`${path}.requests`, String(value), `must be equal to ${name} limit of ${limit}`);
    else if (order > 0) errors.invalid(`${path}.requests`, String(value), `must be less than or equal to ${name} limit of ${limit}`);
  }
  if (hugePages && !computes) errors.forbidden(path, 'HugePages require cpu or memory');
  claimNames(claims, podClaims, `${path}.claims`, errors);
}

function claimNames(
  claims: readonly { readonly name: string; readonly request?: string | undefined }[],
  podClaims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  for (const [index, { name, request }] of claims.entries()) {
    const at = `${path}[${index}]`;
    if (!name) {
      errors.required(at);
      continue;
    }
    const key = request ? `${name}/${request}` : name;
    if (request) errors.problems(`${at}.request`, request, isDns1123Label(request));
    if (seen.has(key) || seen.has(name)) errors.duplicate(at, key);
    seen.add(key);
    if (!podClaims.has(name)) {
      const known = podClaims.size === 0 ? ' which is empty' : `: ${[...podClaims].toSorted().join(', ')}`;
      errors.add({ type: 'NotFound', field: at, badValue: name, detail: `must be one of the names in pod.spec.resourceClaims${known}` });
    }
  }
}
