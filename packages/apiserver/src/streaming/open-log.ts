// The log of a container: chosen, checked and fetched from the agent of the pod's node.
import { type ApiResponse, badRequest, type ContainerRef, type ContainerStatus, type Pod, type StatusError } from '@holdfast/schema';
import { chooseContainer } from './container-choice.ts';
import { logOptionsOf } from './log-options.ts';
import { dialNode, type NodeAccess } from './node.ts';
import { booleanOf } from './query.ts';

export interface OpenLogOptions extends NodeAccess {
  readonly pod: Pod;
  /** The request's query: container, follow, previous, sinceSeconds, sinceTime, timestamps, tailLines, limitBytes. */
  readonly query: URLSearchParams;
  /** Ends a followed log. */
  readonly signal: AbortSignal;
}

/**
 * A stream of plain text. A pod that no node has yet has an empty log, as upstream. Throws BadRequest for a container that
 * is not named well or has not started, Invalid for options that make no sense.
 */
export async function openLog({ pod, query, signal, ...access }: OpenLogOptions): Promise<ApiResponse> {
  const name = pod.metadata.name ?? '';
  const options = logOptionsOf(query, name);
  const container = chooseContainer(pod, query.get('container') ?? undefined);
  const headers = { 'content-type': 'text/plain' };
  if (!pod.spec?.nodeName) return { kind: 'bytes', status: 200, headers, bytes: new Uint8Array() };
  const ref = containerRef(pod, container);
  const node = dialNode(access, pod.spec.nodeName);
  if (!node.here) {
    const insecure = booleanOf(query, 'insecureSkipTLSVerifyBackend');
    return { kind: 'stream', status: 200, headers, chunks: await node.elsewhere.logs({ container: ref, options, insecure, signal }) };
  }
  const refused = logRefusal(pod, container, options.previous ?? false);
  if (refused) throw refused;
  return { kind: 'stream', status: 200, headers, chunks: await node.here.logs(ref, options, signal) };
}

/** Names the container to the agent. */
export function containerRef(pod: Pod, container: string): ContainerRef {
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  return { namespace, pod: name, uid, container };
}

// What the kubelet says instead of the reason for these two.
const WAITING_WORDS: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ErrImagePullBackOff: 'trying and failing to pull image',
  ImagePullBackOff: 'trying and failing to pull image',
};

/** Why a container has no log to show, by the pod's status; undefined when it has one. */
export function logRefusal(pod: Pod, container: string, previous: boolean): StatusError | undefined {
  const what = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name ?? '')}`;
  const status = statusOf(pod, container);
  if (!status) return badRequest(`${what} is not available`);
  if (previous) {
    return status.lastState?.terminated ? undefined : badRequest(`previous terminated ${what} not found`);
  }
  const waiting = status.state?.waiting;
  if (status.state?.running || status.state?.terminated || status.lastState?.terminated) return undefined;
  const reason = waiting?.reason ?? 'ContainerCreating';
  return badRequest(`${what} is waiting to start: ${WAITING_WORDS[reason] ?? reason}`);
}

function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find(({ name }) => name === container);
}
