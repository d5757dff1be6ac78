// The kubelet's API: what may be asked of the node itself. Answers are the kubelet's, plain text where they are refusals.
import { type ApiResponse, type NodeApi, type NodeRequest, type NodeStreams, type Pod, StatusError } from '@holdfast/schema';
import type { PodWorker } from '../pods/pod-worker.ts';
import type { NodeAccess } from './access.ts';
import { BadQuery, execOptionsOf, logOptionsOf } from './queries.ts';

export interface NodeApiOptions {
  /** The pods of the node, in the order in which it came to know them. */
  readonly workers: () => Iterable<PodWorker>;
  readonly streams: NodeStreams;
}

/** Answers whoever may ask. Never rejects for what a caller can do wrong. */
export type NodeHandler = (request: NodeRequest) => Promise<ApiResponse>;

type Route = (request: NodeRequest, parts: readonly string[]) => Promise<ApiResponse> | ApiResponse;

export function createNodeHandler({ workers, streams }: NodeApiOptions): NodeHandler {
  /** The newest of that name: one that is being ended may be there beside it. */
  const find = (namespace: string, name: string, uid?: string): PodWorker | undefined =>
    [...workers()].findLast(
      ({ pod: { metadata }, uid: own }) =>
        metadata.namespace === namespace && metadata.name === name && (uid === undefined || uid === '' || uid === own),
    );

  const pods: Route = () => {
    const items: readonly Pod[] = [...workers()].map(({ pod }) => ({ ...pod, kind: 'Pod', apiVersion: 'v1' }));
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items };
    return { kind: 'bytes', status: 200, headers: { 'content-type': 'application/json' }, bytes: Buffer.from(JSON.stringify(list)) };
  };

  const logs: Route = async ({ query, signal }, [namespace = '', pod = '', container = '']) => {
    const options = logOptionsOf(query);
    const worker = find(namespace, pod);
    if (!worker) return text(404, `pod ${JSON.stringify(pod)} does not exist\n`);
    if (!worker.runner(container)) return text(404, `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(pod)}\n`);
    const chunks = await streams.logs({ namespace, pod, uid: worker.uid, container }, options, signal);
    return { kind: 'stream', status: 200, headers: { 'content-type': 'text/plain' }, chunks };
  };

  const session =
    (verb: 'exec' | 'attach'): Route =>
    ({ query }, parts) => {
      const { command, ...options } = execOptionsOf(query);
      const [namespace = '', pod = ''] = parts;
      const container = parts.at(-1) ?? '';
      const worker = find(namespace, pod, parts.length > 3 ? parts[2] : undefined);
      if (!worker) return text(404, 'pod does not exist');
      if (!worker.runner(container)?.running) return text(500, `container not found (${JSON.stringify(container)})`);
      const ref = { namespace, pod, uid: worker.uid, container };
      return {
        kind: 'exec',
        options,
        start: (ends) => (verb === 'exec' ? streams.exec(ref, { ...options, command }, ends) : streams.attach(ref, options, ends)),
      };
    };

  const portForward: Route = ({ query }, [namespace = '', pod = '', uid]) => {
    const worker = find(namespace, pod, uid);
    if (!worker) return text(404, 'pod does not exist');
    const ref = { namespace, pod, uid: worker.uid, podIp: worker.podIp ?? '' };
    return { kind: 'port-forward', ports: query.getAll('port'), connect: (port, ends) => streams.portForward(ref, port, ends) };
  };

  const healthy: Route = () => text(200, 'ok');
  const routes: readonly { readonly path: RegExp; readonly methods: readonly string[]; readonly route: Route }[] = [
    { path: /^\/healthz(\/ping|\/syncloop)?$/, methods: ['GET', 'HEAD'], route: healthy },
    { path: /^\/pods\/?$/, methods: ['GET'], route: pods },
    { path: /^\/containerLogs(\/[^/]+){3}$/, methods: ['GET'], route: logs },
    { path: /^\/exec(\/[^/]+){3,4}$/, methods: ['GET', 'POST'], route: session('exec') },
    { path: /^\/attach(\/[^/]+){3,4}$/, methods: ['GET', 'POST'], route: session('attach') },
    { path: /^\/portForward(\/[^/]+){2,3}$/, methods: ['GET', 'POST'], route: portForward },
  ];

  return async (request) => {
    const found = routes.find(({ path }) => path.test(request.path));
    if (!found) return text(404, '404 page not found\n');
    if (!found.methods.includes(request.method)) return text(405, '405: Method Not Allowed');
    try {
      return await found.route(request, request.path.split('/').slice(2).map(decoded));
    } catch (error) {
      if (error instanceof BadQuery) return text(error.status, error.message);
      if (error instanceof StatusError) return text(error.code, error.message);
      throw error;
    }
  };
}

/** The same for anybody: whoever may not ask is told so. */
export function guarded(handle: NodeHandler, access: NodeAccess): NodeApi {
  return async (request, certificate) => {
    const refused = await access.refusal(request, certificate);
    return refused ? text(refused.status, refused.text) : handle(request);
  };
}

function text(status: number, words: string): ApiResponse {
  return { kind: 'bytes', status, headers: { 'content-type': 'text/plain; charset=utf-8' }, bytes: Buffer.from(words) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // No pod has such a name.
    return part;
  }
}
