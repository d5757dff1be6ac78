// nodes/proxy: any request to the API of a node's agent, on behalf of somebody who may make it.
import { type ApiResponse, badRequest, type NodeDialer, type NodeRequest } from '@holdfast/schema';
import { noAgent } from '../streaming/node.ts';
import type { KubeletFinder } from './kubelet.ts';

export interface ProxyOptions {
  /** As the path has it: 'n1', 'n1:10250', 'https:n1:10250'. */
  readonly name: string;
  /** The whole path of the request, '/api/v1/nodes/n1/proxy/healthz'. */
  readonly request: NodeRequest & { readonly body?: Uint8Array | undefined };
  readonly nodes: NodeDialer;
  readonly kubelet?: KubeletFinder | undefined;
}

const BEFORE = /^\/api\/v1\/nodes\/[^/]+\/proxy/;
/** Of one connection only, or about whoever asks, which is the server for the agent. */
const NOT_PASSED_ON =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|authorization|impersonate-.*|x-remote-.*|expect)$/;

/** Throws BadRequest for a port that is not the agent's: the server connects to nothing else of a node. */
export async function proxyNode({ name, request, nodes, kubelet: find }: ProxyOptions): Promise<ApiResponse> {
  const path = request.path.replace(BEFORE, '') || '/';
  const [, scheme = 'https', node = name, port] = /^(?:(https?):)?([^:]+)(?::(\d*))?$/.exec(name) ?? [];
  const here = nodes(node);
  if (here?.handle) return here.handle({ ...request, path });
  if (here || !find) throw noAgent(node);
  const kubelet = find(node);
  if (scheme !== 'https' || (port && Number(port) !== kubelet.port))
    throw badRequest(`only the port ${kubelet.port} of node ${JSON.stringify(node)}, that of its agent, can be reached through the server`);
  const query = request.query.toString();
  const target = `${path}${query ? `?${query}` : ''}`;
  if (/\bupgrade\b/i.test(request.headers['connection'] ?? '')) return kubelet.tunnel(target);
  const { method, signal, body } = request;
  const answer = await kubelet.request({ method, target, headers: passedOn(request.headers), body, signal });
  return { kind: 'stream', status: answer.status, headers: passedOn(answer.headers), chunks: answer.chunks };
}

function passedOn(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_PASSED_ON.test(name)));
}
