// Which addresses a connection to a service port may go to. Pure.
import type { EndpointSlice, Service, ServicePort } from '@holdfast/schema';

/** One address that serves a port. */
export interface Backend {
  readonly host: string;
  readonly port: number;
}

/** Label by which a slice names its service. */
export const SERVICE_LABEL = 'kubernetes.io/service-name';

/**
 * Ready endpoints of a port, in a stable order. Where none is ready, those that still serve while they terminate, as
 * kube-proxy does: a rolling restart of the last pod then loses no connection that could have been served.
 */
export function backendsOf(port: ServicePort, slices: readonly EndpointSlice[]): readonly Backend[] {
  const all = slices.flatMap(({ endpoints, ports }) => {
    const target = ports?.find(
      (candidate) => (candidate.name ?? '') === (port.name ?? '') && (candidate.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    const number = target?.port;
    if (number === undefined) return [];
    return (endpoints ?? []).flatMap(({ addresses, conditions }) =>
      addresses.slice(0, 1).map((host) => ({ host, port: number, conditions })),
    );
  });
  const ready = all.filter(({ conditions }) => conditions?.ready ?? true);
  const chosen = ready.length > 0 ? ready : all.filter(({ conditions }) => conditions?.serving && conditions.terminating);
  const unique = new Map(chosen.map(({ host, port: number }) => [`${host}:${number}`, { host, port: number }]));
  return [...unique].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, backend]) => backend);
}

/** The address and TCP ports at which a service must be reachable; empty for headless services. */
export function listenAddresses({ spec }: Service): readonly { readonly host: string; readonly port: ServicePort }[] {
  const host = spec?.clusterIP;
  if (!host || host === 'None' || spec.type === 'ExternalName') return [];
  return (spec.ports ?? []).filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP').map((port) => ({ host, port }));
}
