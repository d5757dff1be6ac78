// nodes/proxy: any request to the API of a node's agent, on behalf of somebody who may make it.
import { type ApiResponse, badRequest, type NodeDialer } from '@holdfast/schema';
import type { KubeletFinder } from '../kubelet/kubelet.ts';
import { noAgent } from '../streaming/node.ts';
import { isUpgrade, passedOn, type ProxiedRequest, splitSchemeNamePort, targetOf } from './backend.ts';

export interface ProxyNodeOptions {
  /** As the path has it: 'n1', 'n1:10250', 'https:n1:10250'. */
  readonly name: string;
  /** The whole path of the request, '/api/v1/nodes/n1/proxy/healthz'. */
  readonly request: ProxiedRequest;
  readonly nodes: NodeDialer;
  readonly kubelet?: KubeletFinder | undefined;
}

const BEFORE = /^\/api\/v1\/nodes\/[^/]+\/proxy/;

/** Throws BadRequest for a port that is not the agent's: the server connects to nothing else of a node. */
export async function proxyNode({ name: id, request, nodes, kubelet: find }: ProxyNodeOptions): Promise<ApiResponse> {
  const [before = ''] = BEFORE.exec(request.path) ?? [];
  const { name, port } = splitSchemeNamePort(id, 'node');
  const here = nodes(name);
  if (here?.handle) return here.handle({ ...request, path: request.path.slice(before.length) || '/' });
  if (here || !find) throw noAgent(name);
  const kubelet = find(name);
  if (id.startsWith('http:') || (port && Number(port) !== kubelet.port))
    throw badRequest(`only the port ${kubelet.port} of node ${JSON.stringify(name)}, that of its agent, can be reached through the server`);
  const target = targetOf(request, before);
  if (isUpgrade(request)) return kubelet.tunnel(target);
  const { method, signal, body } = request;
  const answer = await kubelet.request({ method, target, headers: passedOn(request.headers), body, signal });
  return { kind: 'stream', status: answer.status, headers: passedOn(answer.headers), chunks: answer.chunks };
}
