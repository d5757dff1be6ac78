// Where the environment and the volumes of a pod's containers take their values from.
import { CONFIGMAPS, type Pod, SECRETS } from '@holdfast/schema';
import type { EnvironmentSources } from '../env/environment.ts';
import { serviceVariables } from '../env/service-links.ts';
import type { PayloadSources } from '../volumes/payload.ts';
import type { TokenSource } from '../volumes/token-source.ts';
import type { PodHost } from './pod-host.ts';

export function environmentSources(pod: Pod, podIp: string, host: PodHost): EnvironmentSources {
  const services = host.services(pod.metadata.namespace ?? '');
  const linked = pod.spec?.enableServiceLinks ?? true;
  return {
    ...lookups(pod, podIp, host),
    given: { ...(linked ? serviceVariables(services) : {}), ...host.nodeVariables(podIp), HOSTNAME: hostnameOf(pod) },
  };
}

export function payloadSources(pod: Pod, podIp: string, host: PodHost, tokens: TokenSource): PayloadSources {
  return { ...lookups(pod, podIp, host), serviceAccountToken: (projection) => tokens.token(pod, projection) };
}

/** The pod's host name: its own, or its name cut to what a host name may be. */
export function hostnameOf({ metadata, spec }: Pod): string {
  return spec?.hostname || (metadata.name ?? '').slice(0, 63).replace(/[-.]+$/, '');
}

/** Whether the pod refers to the ConfigMap or Secret anywhere. Found by text: a false hit only costs a look. */
export function mentions(pod: Pod, kind: 'ConfigMap' | 'Secret', name: string): boolean {
  const spec = pod.spec ?? { containers: [] };
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
  const sources = [...(spec.volumes ?? []), ...containers.flatMap(({ env, envFrom }) => [...(env ?? []), ...(envFrom ?? [])])];
  const field = kind === 'ConfigMap' ? 'configMap' : 'secret';
  return sources.some((source) => {
    const text = JSON.stringify(source);
    return text.includes(`"${field}`) && text.includes(`"${name}"`);
  });
}

function lookups(pod: Pod, podIp: string, host: PodHost): Omit<EnvironmentSources, 'given'> {
  const namespace = pod.metadata.namespace ?? '';
  return {
    pod,
    facts: { podIp, hostIp: host.nodeIp },
    allocatable: host.allocatable,
    configMap: (name) => host.references.read(CONFIGMAPS, namespace, name),
    secret: (name) => host.references.read(SECRETS, namespace, name),
  };
}
