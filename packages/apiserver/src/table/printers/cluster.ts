// Nodes, namespaces and the small kinds of the core.
import type {
  ComponentStatus,
  ConfigMap,
  Event,
  EventsV1Event,
  Lease,
  Namespace,
  Node,
  ResourceQuota,
  Secret,
  ServiceAccount,
} from '@holdfast/schema';
import { age } from '../duration.ts';
import { type Cell, printer, type PrintContext, type PrinterFamily } from '../printer.ts';
import { ageOf, nameOf, NONE, UNKNOWN } from './cells.ts';

const nodes = printer<Node>((node, context) => {
  const { status } = node;
  const addressOf = (type: string): string => status?.addresses?.find((address) => address.type === type)?.address ?? NONE;
  return [
    nameOf(node),
    nodeStatus(node),
    nodeRoles(node),
    ageOf(node, context),
    status?.nodeInfo?.kubeletVersion ?? '',
    addressOf('InternalIP'),
    addressOf('ExternalIP'),
    status?.nodeInfo?.osImage || UNKNOWN,
    status?.nodeInfo?.kernelVersion || UNKNOWN,
    status?.nodeInfo?.containerRuntimeVersion || UNKNOWN,
  ];
});

const namespaces = printer<Namespace>((namespace, context) => [
  nameOf(namespace),
  namespace.status?.phase ?? '',
  ageOf(namespace, context),
]);

const configMaps = printer<ConfigMap>((map, context) => [
  nameOf(map),
  Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length,
  ageOf(map, context),
]);

const secrets = printer<Secret>((secret, context) => [
  nameOf(secret),
  secret.type ?? '',
  Object.keys(secret.data ?? {}).length,
  ageOf(secret, context),
]);

const serviceAccounts = printer<ServiceAccount>((account, context) => [
  nameOf(account),
  account.secrets?.length ?? 0,
  ageOf(account, context),
]);

const leases = printer<Lease>((lease, context) => [nameOf(lease), lease.spec?.holderIdentity ?? '', ageOf(lease, context)]);

const resourceQuotas = printer<ResourceQuota>((quota, context) => {
  const lines = Object.entries(quota.status?.hard ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]): readonly [string, string] => [name, `${name}: ${quota.status?.used?.[name] ?? 0}/${hard}`]);
  const textOf = (limits: boolean): string =>
    lines
      .filter(([name]) => name.startsWith('limits.') === limits)
      .map(([, line]) => line)
      .join(', ');
  return [nameOf(quota), ageOf(quota, context), textOf(false), textOf(true)];
});

const componentStatuses = printer<ComponentStatus>((component) => {
  const healthy = component.conditions?.find(({ type }) => type === 'Healthy');
  const words: Readonly<Record<string, string>> = { True: 'Healthy', False: 'Unhealthy' };
  return [nameOf(component), words[healthy?.status ?? ''] ?? 'Unknown', healthy?.message ?? '', healthy?.error ?? ''];
});

const events = printer<Event>((event, context) =>
  eventCells(
    nameOf(event),
    {
      ...event,
      object: event.involvedObject,
      component: event.source?.component || event.reportingComponent,
      instance: event.source?.host || event.reportingInstance,
    },
    context,
  ),
);

/** The same objects as the core group's, with other names for their fields. */
const eventsV1 = printer<EventsV1Event>((event, context) =>
  eventCells(
    nameOf(event),
    {
      ...event,
      object: event.regarding,
      message: event.note,
      component: event.deprecatedSource?.component || event.reportingController,
      instance: event.deprecatedSource?.host || event.reportingInstance,
      firstTimestamp: event.deprecatedFirstTimestamp,
      lastTimestamp: event.deprecatedLastTimestamp,
      count: event.deprecatedCount,
    },
    context,
  ),
);

export const CLUSTER_FAMILY: PrinterFamily = {
  nodes,
  namespaces,
  configmaps: configMaps,
  secrets,
  serviceaccounts: serviceAccounts,
  resourcequotas: resourceQuotas,
  componentstatuses: componentStatuses,
  events,
  'events.events.k8s.io': eventsV1,
  'leases.coordination.k8s.io': leases,
};

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function nodeStatus({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const word = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

function nodeRoles({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return [key.slice(ROLE_PREFIX.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  return [...new Set(roles.filter(Boolean))].toSorted().join(',') || NONE;
}

interface EventView {
  readonly object?:
    | { readonly kind?: string | undefined; readonly name?: string | undefined; readonly fieldPath?: string | undefined }
    | undefined;
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly component?: string | undefined;
  readonly instance?: string | undefined;
  readonly eventTime?: string | null | undefined;
  readonly firstTimestamp?: string | null | undefined;
  readonly lastTimestamp?: string | null | undefined;
  readonly count?: number | undefined;
  readonly series?: { readonly count?: number | undefined; readonly lastObservedTime?: string | null | undefined } | null | undefined;
}

function eventCells(name: string, event: EventView, { now }: PrintContext): readonly Cell[] {
  const { object, series } = event;
  const first = event.firstTimestamp || event.eventTime;
  const last = series ? series.lastObservedTime : event.lastTimestamp || first;
  const kind = (object?.kind ?? '').toLowerCase();
  return [
    age(last, now),
    event.type ?? '',
    event.reason ?? '',
    object?.name ? `${kind}/${object.name}` : kind,
    object?.fieldPath ?? '',
    [event.component, event.instance].filter(Boolean).join(', '),
    (event.message ?? '').trim(),
    age(first, now),
    (series ? series.count : event.count) || 1,
    name,
  ];
}
