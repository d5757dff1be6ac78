// What a pod gives to its containers.
import type { Pod } from '@holdfast/schema';
import type { VolumeManager } from '../volumes/volume-manager.ts';
import { fieldPathOf } from './container-record.ts';
import type { ContainerHost } from './container-runner.ts';
import type { PodHost } from './pod-host.ts';
import { environmentSources, hostnameOf } from './pod-sources.ts';

/** What of the pod changes while it lives. */
export interface PodState {
  readonly pod: () => Pod;
  /** '' until it has one. */
  readonly podIp: () => string;
  /** Something has changed: look at the pod again. */
  readonly changed: () => void;
}

export function containerHost(host: PodHost, volumes: VolumeManager, { pod, podIp, changed }: PodState): ContainerHost {
  const { clock, runtime, nodeName, events } = host;
  return {
    clock,
    runtime,
    nodeName,
    podFolder: host.podFolder(pod().metadata.uid ?? ''),
    hostname: hostnameOf(pod()),
    pod,
    podIp,
    environment: () => environmentSources(pod(), podIp(), host),
    mountsOf: (container, env) => volumes.mountsOf(container, env),
    event: (container, type, reason, message) =>
      events.event(pod(), type, reason, message, { fieldPath: fieldPathOf(pod(), container.name) }),
    podEvent: (type, reason, message) => events.event(pod(), type, reason, message),
    changed,
  };
}
