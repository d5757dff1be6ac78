// From the slices that are there to those that must be, with as few writes as possible (upstream's reconcileByPortMapping).
import { groupBy } from '../service-pods/group-by.ts';
import { controllerReference } from '@holdfast/controller';
import { deepEqual, type Endpoint, type EndpointSlice, type Service, SERVICES } from '@holdfast/schema';
import { isHeadless } from '../service-pods/membership.ts';
import { addressTypesOf, type EndpointGroup, groupKey } from './desired.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const MANAGED_BY = 'endpointslice-controller.k8s.io';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';

/** Endpoints in one slice. */
const MAX_ENDPOINTS = 100;

export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
}

export function planSlices(service: Service, groups: readonly EndpointGroup[], existing: readonly EndpointSlice[]): SlicePlan {
  const unused = groupBy(existing, (slice) => groupKey({ addressType: slice.addressType ?? 'IPv4', ports: slice.ports ?? [] }));
  const plan = { create: [] as EndpointSlice[], update: [] as EndpointSlice[], delete: [] as EndpointSlice[] };
  for (const group of withPlaceholders(service, groups)) {
    const key = groupKey(group);
    planGroup(service, group, unused.get(key) ?? [], plan);
    unused.delete(key);
  }
  plan.delete.push(...[...unused.values()].flat());
  return reusing(plan);
}

/** A slice that would be deleted takes the content of one that would be created: fewer objects come and go. */
function reusing({ create, update, delete: gone }: SlicePlan): SlicePlan {
  const pairs = Math.min(create.length, gone.length);
  const reused = create.slice(0, pairs).flatMap((wanted, index): readonly EndpointSlice[] => {
    const old = gone[index];
    return old ? [{ ...wanted, metadata: { ...old.metadata, labels: wanted.metadata.labels } }] : [];
  });
  return { create: create.slice(pairs), update: [...update, ...reused], delete: gone.slice(pairs) };
}

/** A Service without endpoints keeps one empty slice for each family, so that watchers know it is handled. */
function withPlaceholders(service: Service, groups: readonly EndpointGroup[]): readonly EndpointGroup[] {
  const empty = addressTypesOf(service).filter((addressType) => !groups.some((group) => group.addressType === addressType));
  return [...groups, ...empty.map((addressType): EndpointGroup => ({ addressType, ports: [], endpoints: [] }))];
}

function planGroup(
  service: Service,
  group: EndpointGroup,
  slices: readonly EndpointSlice[],
  plan: { readonly create: EndpointSlice[]; readonly update: EndpointSlice[]; readonly delete: EndpointSlice[] },
): void {
  const wanted = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  // Each slice keeps those of its endpoints that are still wanted, in their present state.
  const kept = slices.map((slice) => {
    const endpoints: Endpoint[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const now = wanted.get(endpointKey(endpoint));
      if (!now) continue;
      endpoints.push(now);
      wanted.delete(endpointKey(endpoint));
    }
    return { slice, endpoints };
  });
  const added = [...wanted.values()];
  for (const one of kept.toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
    one.endpoints.push(...added.splice(0, MAX_ENDPOINTS - one.endpoints.length));
  }
  const needed = kept.filter(({ endpoints }, index) => endpoints.length > 0 || (group.endpoints.length === 0 && index === 0));
  for (const { slice, endpoints } of needed) {
    const next = sliceOf(service, group, endpoints, slice);
    if (!sameContent(slice, next)) plan.update.push(next);
  }
  plan.delete.push(...kept.filter((one) => !needed.includes(one)).map(({ slice }) => slice));
  if (needed.length === 0 && added.length === 0) plan.create.push(sliceOf(service, group, []));
  while (added.length > 0) plan.create.push(sliceOf(service, group, added.splice(0, MAX_ENDPOINTS)));
}

function sliceOf(
  service: Service,
  { addressType, ports }: EndpointGroup,
  endpoints: readonly Endpoint[],
  old?: EndpointSlice,
): EndpointSlice {
  const { name = '', namespace } = service.metadata;
  const labels = {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
    [MANAGED_BY_LABEL]: MANAGED_BY,
    [SERVICE_NAME_LABEL]: name,
  };
  const metadata = old
    ? { ...old.metadata, labels }
    : { generateName: `${name}-`, namespace, labels, ownerReferences: [controllerReference(service, SERVICES)] };
  return { metadata, addressType, ports, endpoints };
}

function sameContent(a: EndpointSlice, b: EndpointSlice): boolean {
  return (
    deepEqual(a.endpoints ?? [], b.endpoints ?? []) &&
    deepEqual(a.metadata.labels, b.metadata.labels) &&
    deepEqual(a.ports ?? [], b.ports ?? [])
  );
}

/** The same endpoint in an older state: same pod, same addresses. */
function endpointKey({ addresses, targetRef, hostname = '' }: Endpoint): string {
  return `${targetRef?.uid ?? targetRef?.name ?? ''} ${addresses.join(',')} ${hostname}`;
}
