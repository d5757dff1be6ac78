// A node with the pods on it and what they take. Immutable: a change makes a new one, so a snapshot is just the current list.
import { type ContainerPort, type Node, type Pod, sidecarsOf } from '@holdfast/schema';
import { add, podRequests, podRequestsForScoring, type Resources, resources, subtract } from './resources.ts';

/** A pod with what is computed from it once. */
export interface PodInfo {
  readonly pod: Pod;
  readonly requests: Resources;
  readonly scoringRequests: Resources;
  readonly hostPorts: readonly ContainerPort[];
}

export interface NodeInfo {
  readonly name: string;
  readonly node: Node;
  readonly allocatable: Resources;
  readonly pods: readonly PodInfo[];
  /** Those of `pods` that say near or away from which others they want to be: every scheduling cycle asks them. */
  readonly podsWithAffinity: readonly PodInfo[];
  readonly requested: Resources;
  readonly scoringRequested: Resources;
}

/** `before`: what was computed of an earlier state of the pod, most of whose changes are of its status alone. */
export function podInfo(pod: Pod, before?: PodInfo): PodInfo {
  if (before && asksForTheSame(before.pod, pod)) return { ...before, pod };
  const containers = [...sidecarsOf(pod), ...(pod.spec?.containers ?? [])];
  const hostPorts = containers.flatMap(({ ports }) => (ports ?? []).filter(({ hostPort }) => hostPort));
  return { pod, requests: podRequests(pod), scoringRequests: podRequestsForScoring(pod), hostPorts };
}

/** A status that is written leaves the parts of the spec as they are, the very same objects. */
function asksForTheSame({ spec: a }: Pod, { spec: b }: Pod): boolean {
  return a?.containers === b?.containers && a?.initContainers === b?.initContainers && a?.overhead === b?.overhead;
}

export function nodeInfo(node: Node, pods: readonly PodInfo[] = []): NodeInfo {
  return {
    name: node.metadata.name ?? '',
    node,
    allocatable: resources(node.status?.allocatable),
    pods,
    podsWithAffinity: pods.filter(hasAffinity),
    requested: pods.reduce<Resources>((sum, pod) => add(sum, pod.requests), {}),
    scoringRequested: pods.reduce<Resources>((sum, pod) => add(sum, pod.scoringRequests), {}),
  };
}

export function withPod(info: NodeInfo, pod: PodInfo): NodeInfo {
  return {
    ...info,
    pods: [...info.pods, pod],
    podsWithAffinity: hasAffinity(pod) ? [...info.podsWithAffinity, pod] : info.podsWithAffinity,
    requested: add(info.requested, pod.requests),
    scoringRequested: add(info.scoringRequested, pod.scoringRequests),
  };
}

/** The pod of that uid, which is there, has changed. */
export function withPodReplaced(info: NodeInfo, pod: PodInfo): NodeInfo {
  const { uid } = pod.pod.metadata;
  const old = info.pods.find((one) => one.pod.metadata.uid === uid);
  if (!old) return withPod(info, pod);
  if (old.requests !== pod.requests || hasAffinity(old) || hasAffinity(pod)) return withPod(withoutPod(info, uid ?? ''), pod);
  return { ...info, pods: info.pods.map((one) => (one === old ? pod : one)) };
}

export function withoutPod(info: NodeInfo, uid: string): NodeInfo {
  const gone = info.pods.find(({ pod }) => pod.metadata.uid === uid);
  if (!gone) return info;
  return {
    ...info,
    pods: info.pods.filter((one) => one !== gone),
    podsWithAffinity: info.podsWithAffinity.filter((one) => one !== gone),
    requested: subtract(info.requested, gone.requests),
    scoringRequested: subtract(info.scoringRequested, gone.scoringRequests),
  };
}

function hasAffinity({ pod: { spec } }: PodInfo): boolean {
  return spec?.affinity?.podAffinity !== undefined || spec?.affinity?.podAntiAffinity !== undefined;
}
