// From Endpoints that somebody wrote to the slices that say the same (upstream's endpointslicemirroring reconciler).
import { isIPv4, isIPv6 } from 'node:net';
import { controllerReference } from '@holdfast/controller';
import {
  deepEqual,
  type DiscoveryV1EndpointPort,
  type Endpoint,
  type EndpointPort,
  ENDPOINTS,
  type Endpoints,
  type EndpointSlice,
} from '@holdfast/schema';
import { type AddressType, groupKey } from '../endpointslice/desired.ts';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL, type SlicePlan } from '../endpointslice/plan-slices.ts';
import { groupBy } from '../service-pods/group-by.ts';
import { TRIGGER_TIME_ANNOTATION } from '../service-pods/trigger-times.ts';
import { repackSubsets } from './repack-subsets.ts';

export const MIRRORED_BY = 'endpointslicemirroring-controller.k8s.io';
/** Of one subset so many addresses are mirrored. */
export const MAX_ADDRESSES = 1000;

const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
/** Of leader elections that still use Endpoints: those are no addresses. */
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** Whether the object is mirrored where its Service lets it. */
export function isMirrored({ metadata: { labels, annotations } }: Endpoints): boolean {
  return labels?.[SKIP_LABEL]?.toLowerCase() !== 'true' && annotations?.[LEADER_ANNOTATION] === undefined;
}

export interface MirrorPlan extends SlicePlan {
  /** Addresses that are none. */
  readonly invalid: number;
  /** Addresses that are left out, invalid ones included. */
  readonly skipped: number;
}

interface Group {
  readonly addressType: AddressType;
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: Endpoint[];
}

export function planMirrors(source: Endpoints, existing: readonly EndpointSlice[]): MirrorPlan {
  const { groups, invalid, skipped } = wantedGroups(source);
  const slices = groupBy(existing, (slice) => groupKey({ addressType: slice.addressType ?? 'IPv4', ports: slice.ports ?? [] }));
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const gone: EndpointSlice[] = [];
  for (const group of groups) {
    const key = groupKey(group);
    const [first, ...others] = slices.get(key) ?? [];
    slices.delete(key);
    gone.push(...others);
    const next = sliceOf(source, group, first);
    if (!first) create.push(next);
    else if (!sameContent(first, next)) update.push(next);
  }
  gone.push(...[...slices.values()].flat());
  return { ...reusing({ create, update, delete: gone }), invalid, skipped };
}

function wantedGroups(source: Endpoints): { readonly groups: readonly Group[]; readonly invalid: number; readonly skipped: number } {
  const groups = new Map<string, Group>();
  let invalid = 0;
  let skipped = 0;
  for (const { addresses, ports: named } of repackSubsets(source.subsets)) {
    const ports = named.map(slicePort);
    let added = 0;
    // Ready ones first: they are the last to be left out.
    for (const { address, ready } of addresses.toSorted((a, b) => Number(b.ready) - Number(a.ready))) {
      if (added >= MAX_ADDRESSES) break;
      const addressType = familyOf(address.ip);
      if (!addressType) {
        invalid += 1;
        continue;
      }
      const key = groupKey({ addressType, ports });
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      groups.set(key, group);
      const { ip, hostname, nodeName, targetRef } = address;
      group.endpoints.push({
        addresses: [ip],
        conditions: { ready },
        ...(hostname ? { hostname } : {}),
        ...(targetRef ? { targetRef } : {}),
        ...(nodeName ? { nodeName } : {}),
      });
      added += 1;
    }
    skipped += addresses.length - added;
  }
  return { groups: [...groups.values()], invalid, skipped };
}

function slicePort({ name = '', port, protocol = 'TCP', appProtocol }: EndpointPort): DiscoveryV1EndpointPort {
  return { name, port, protocol, ...(appProtocol ? { appProtocol } : {}) };
}

function familyOf(ip: string): AddressType | undefined {
  if (isIPv4(ip)) return 'IPv4';
  return isIPv6(ip) ? 'IPv6' : undefined;
}

function sliceOf(source: Endpoints, { addressType, ports, endpoints }: Group, old: EndpointSlice | undefined): EndpointSlice {
  const { name = '', namespace, labels } = source.metadata;
  const { [TRIGGER_TIME_ANNOTATION]: _time, [LAST_APPLIED_ANNOTATION]: _applied, ...annotations } = source.metadata.annotations ?? {};
  const own = {
    namespace,
    labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MIRRORED_BY },
    annotations,
    ownerReferences: [controllerReference(source, ENDPOINTS)],
  };
  const metadata = old ? { ...old.metadata, ...own } : { generateName: `${name}-`, ...own };
  return { metadata, addressType, ports, endpoints };
}

function sameContent(a: EndpointSlice, b: EndpointSlice): boolean {
  const inOrder = (slice: EndpointSlice): readonly Endpoint[] => (slice.endpoints ?? []).toSorted(byAddress);
  return (
    deepEqual(inOrder(a), inOrder(b)) &&
    deepEqual(a.metadata.labels ?? {}, b.metadata.labels ?? {}) &&
    deepEqual(a.metadata.annotations ?? {}, b.metadata.annotations ?? {})
  );
}

function byAddress(a: Endpoint, b: Endpoint): number {
  const key = ({ addresses, targetRef }: Endpoint): string => `${addresses[0] ?? ''} ${targetRef?.uid ?? ''}`;
  return key(a) < key(b) ? -1 : 1;
}

/** A slice that would be deleted takes the content of one of its family that would be created: fewer objects come and go. */
function reusing({ create, update, delete: gone }: SlicePlan): SlicePlan {
  const left = [...gone];
  const made: EndpointSlice[] = [];
  const reused: EndpointSlice[] = [];
  for (const wanted of create) {
    const at = left.findIndex((slice) => slice.addressType === wanted.addressType);
    const [old] = at < 0 ? [] : left.splice(at, 1);
    if (!old) made.push(wanted);
    else {
      const { labels, annotations, ownerReferences } = wanted.metadata;
      reused.push({ ...wanted, metadata: { ...old.metadata, labels, annotations, ownerReferences } });
    }
  }
  return { create: made, update: [...update, ...reused], delete: left };
}
