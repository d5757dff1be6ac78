// Which pods stand behind a Service, and what of them its endpoints say.
import type { InformerEvent } from '@holdfast/controller';
import { labelSet, type ObjectReference, type Pod, type Service, type ServicePort, sidecarsOf } from '@holdfast/schema';

/** Whether a controller makes endpoints for this Service: those without selector are left to the user. */
export function hasManagedEndpoints(service: Service): boolean {
  return service.spec?.type !== 'ExternalName' && selectorOf(service) !== undefined;
}

/** The Service's pods among those of its namespace. */
export function podsOf(service: Service, pods: readonly Pod[]): readonly Pod[] {
  const selector = selectorOf(service);
  if (!selector) return [];
  const matcher = labelSet(selector);
  return pods.filter((pod) => matcher.matches(pod.metadata.labels));
}

/** The Services (of the pod's namespace) that select a pod. */
export function servicesOf(pod: Pod, services: readonly Service[]): readonly Service[] {
  return services.filter((service) => {
    const selector = selectorOf(service);
    return selector !== undefined && labelSet(selector).matches(pod.metadata.labels);
  });
}

/** Upstream's ShouldPodBeInEndpoints: not finished, with an address, and not terminating unless those count too. */
export function belongsInEndpoints(pod: Pod, includeTerminating: boolean): boolean {
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return false;
  if (podAddresses(pod).length === 0) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

export function podAddresses(pod: Pod): readonly string[] {
  const addresses = (pod.status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => ip !== '');
  return addresses.length > 0 ? addresses : pod.status?.podIP ? [pod.status.podIP] : [];
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

/** The pod's name in DNS below the Service: only where hostname is set and subdomain is the Service's name. */
export function hostnameFor(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  const sameNamespace = pod.metadata.namespace === service.metadata.namespace;
  return hostname && subdomain === service.metadata.name && sameNamespace ? hostname : undefined;
}

export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === 'None';
}

export function referenceTo(pod: Pod): ObjectReference {
  const { namespace, name, uid } = pod.metadata;
  return { kind: 'Pod', namespace, name, uid };
}

/** The pod's port that a Service port leads to; undefined when the pod has no port of that name. */
export function targetPortOf(pod: Pod, { targetPort, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (targetPort === undefined || targetPort === 0 || targetPort === '') return port;
  if (typeof targetPort === 'number') return targetPort;
  for (const container of [...(pod.spec?.containers ?? []), ...sidecarsOf(pod)]) {
    for (const one of container.ports ?? []) {
      if (one.name === targetPort && (one.protocol ?? 'TCP') === protocol) return one.containerPort;
    }
  }
  return undefined;
}

/** Whether an event of a pod can change anybody's endpoints. */
export function changesEndpoints(event: InformerEvent<Pod>): boolean {
  if (event.type !== 'updated') return true;
  return fingerprint(event.object) !== fingerprint(event.old);
}

function fingerprint({ metadata, spec, status }: Pod): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const addresses = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  const terminating = metadata.deletionTimestamp !== undefined;
  return JSON.stringify([
    metadata.labels,
    metadata.uid,
    terminating,
    spec?.nodeName,
    spec?.hostname,
    spec?.subdomain,
    status?.phase,
    ready,
    addresses,
  ]);
}

function selectorOf(service: Service): Readonly<Record<string, string>> | undefined {
  const selector = service.spec?.selector;
  return selector && Object.keys(selector).length > 0 ? selector : undefined;
}
