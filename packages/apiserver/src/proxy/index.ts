// Requests that are passed on: to the agent of a node, to a pod, to one of the pods behind a Service.
import { type ApiRequest, type ApiResponse, type Endpoints, notFound, type Pod, PODS, type Service, SERVICES } from '@holdfast/schema';
import type { ResourceRequest } from '../core/server-context.ts';
import { proxyNode } from './proxy-node.ts';
import { proxyPod } from './proxy-pod.ts';
import { proxyService } from './proxy-service.ts';

/** Answers a request for the subresource `proxy`. Whoever asks may do so. */
export async function proxied({ server, info, request: asked }: ResourceRequest): Promise<ApiResponse> {
  const { namespace, name: id } = info;
  const request = { ...asked, body: bytesOf(asked) };
  const stored = <T>(resource: string, within: string, name: string): T | undefined =>
    server.store.get(`core/${resource}/${within}/${name}`)?.value as T | undefined;
  switch (info.resource) {
    case 'nodes':
      return proxyNode({ name: id, request, nodes: server.nodes, kubelet: server.kubelet });
    case 'pods': {
      const podOf = (name: string): Pod => found(stored<Pod>('pods', namespace, name), PODS, name);
      return proxyPod({ id, request, podOf, transport: server.backends });
    }
    default:
      return proxyService({
        id,
        request,
        random: server.random,
        serviceOf: (name) => found(stored<Service>('services', namespace, name), SERVICES, name),
        endpointsOf: (name) => stored<Endpoints>('endpoints', namespace, name),
        podOf: (within, name) => stored<Pod>('pods', within, name),
        transport: server.backends,
      });
  }
}

function found<T>(object: T | undefined, type: typeof PODS | typeof SERVICES, name: string): T {
  if (!object) throw notFound(type, name);
  return object;
}

function bytesOf({ body }: ApiRequest): Uint8Array | undefined {
  return body?.kind === 'value' ? Buffer.from(JSON.stringify(body.value)) : body?.bytes;
}
