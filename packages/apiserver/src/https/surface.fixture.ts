// A small handler for tests of the surface: serves given objects for reading, over the real discovery, OpenAPI, tables,
// logs and exec, without a store.
import { type Clock, systemClock, systemRandom } from '@holdfast/clock';
import {
  type ApiRequest,
  type ApiResponse,
  type GroupDef,
  type KubeObject,
  type NodeStreams,
  notFound,
  type Pod,
  servedGroups,
  type UserInfo,
  type WatchFrame,
} from '@holdfast/schema';
import type { ApiServer } from '../api-server.ts';
import { createDiscovery } from '../discovery/index.ts';
import { convertResponse, negotiateOutput } from '../negotiation/index.ts';
import { createOpenApi } from '../openapi/index.ts';
import { createPki, type Pki } from '../pki/index.ts';
import { openAttach, openExec, openLog, openPortForward } from '../streaming/index.ts';
import type { HttpsListener } from './listen-tls.ts';
import { serveHttps } from './serve-https.ts';

export interface SurfaceOptions {
  /** Objects by resource: { pods: [...] }. */
  readonly objects?: Readonly<Record<string, readonly KubeObject[]>>;
  readonly frames?: readonly WatchFrame[];
  readonly node?: NodeStreams;
  readonly tokens?: Readonly<Record<string, UserInfo>>;
  /** Answers before anything else does, where it wants to. */
  readonly handle?: (request: ApiRequest) => Promise<ApiResponse | undefined>;
}

export interface Surface extends AsyncDisposable {
  readonly pki: Pki;
  readonly port: number;
  readonly clock: Clock;
  readonly bugs: readonly unknown[];
  readonly listener: HttpsListener;
}

const PATH =
  /^\/(?:api|apis\/(?<group>[^/]+))\/[^/]+(?:\/namespaces\/[^/]+(?=\/[^/]))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<part>[^/]+))?$/;

/** Listens on a free port until it is disposed of. */
export async function startSurface(options: SurfaceOptions = {}): Promise<Surface> {
  const clock = systemClock();
  const pki = await createPki({ clock, random: systemRandom() });
  const bugs: unknown[] = [];
  const groups = (): readonly GroupDef[] => servedGroups();
  const discovery = createDiscovery({ groups, serverAddress: '127.0.0.1:6443' });
  const openApi = createOpenApi({ groups, customSchemaOf: () => undefined, serverVersion: 'v1.32.0', clock });

  async function handle(request: ApiRequest): Promise<ApiResponse> {
    return (await options.handle?.(request)) ?? plain(request) ?? discovery(request) ?? openApi(request) ?? resource(request);
  }

  async function resource(request: ApiRequest): Promise<ApiResponse> {
    const { group = '', resource: name = '', name: object, part } = PATH.exec(request.path)?.groups ?? {};
    const objects = options.objects?.[name] ?? [];
    const { form } = negotiateOutput(request.headers['accept'], request.query);
    const context = { source: { group, resource: name }, clock };
    if (object === undefined && request.query.has('watch')) {
      return convertResponse(
        { kind: 'watch', status: 200, headers: {}, frames: framesUntil(request.signal, options.frames ?? []) },
        form,
        context,
      );
    }
    if (object === undefined) {
      const list = { kind: 'TestList', apiVersion: 'v1', metadata: { resourceVersion: '7' }, items: objects };
      return convertResponse({ kind: 'object', status: 200, headers: {}, object: list }, form, context);
    }
    const found = objects.find(({ metadata }) => metadata.name === object);
    if (!found) throw notFound({ group, resource: name }, object);
    const nodes = (): NodeStreams | undefined => options.node;
    if (part === 'log') return openLog({ pod: found as Pod, query: request.query, nodes, signal: request.signal });
    if (part === 'attach') return openAttach({ pod: found as Pod, query: request.query, nodes });
    if (part === 'portforward') return openPortForward({ pod: found as Pod, query: request.query, nodes });
    if (part === 'exec') return openExec({ pod: found as Pod, query: request.query, nodes });
    return convertResponse({ kind: 'object', status: 200, headers: {}, object: found }, form, context);
  }

  const server: ApiServer = { handle, authenticateToken: async (token) => options.tokens?.[token], close: async () => undefined };
  const listener = await serveHttps({ server, host: '127.0.0.1', port: 0, pki, clock, onBug: (error) => bugs.push(error) });
  return { pki, port: listener.port, clock, bugs, listener, [Symbol.asyncDispose]: () => listener.close() };
}

function plain({ path }: ApiRequest): ApiResponse | undefined {
  if (path === '/version') {
    const object = { major: '1', minor: '32', gitVersion: 'v1.32.0', platform: 'linux/amd64' };
    return { kind: 'object', status: 200, headers: {}, object };
  }
  if (path !== '/healthz') return undefined;
  return { kind: 'bytes', status: 200, headers: { 'content-type': 'text/plain' }, bytes: new TextEncoder().encode('ok') };
}

async function* framesUntil(signal: AbortSignal, frames: readonly WatchFrame[]): AsyncGenerator<WatchFrame> {
  yield* frames;
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** A running pod of one container, as a server would store it. */
export function runningPod(name: string, overrides: Partial<Pod> = {}): Pod {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default', uid: `uid-of-${name}`, resourceVersion: '5', creationTimestamp: '2024-01-01T00:00:00Z' },
    spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'example/main:1' }] },
    status: {
      phase: 'Running',
      podIP: '127.64.1.2',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'main',
          ready: true,
          restartCount: 0,
          image: 'example/main:1',
          imageID: '',
          state: { running: { startedAt: '2024-01-01T00:00:01Z' } },
        },
      ],
    },
    ...overrides,
  };
}
