// The server as a function: from a request to an answer, without any transport.
import { setMaxListeners } from 'node:events';
import {
  type ApiRequest,
  type ApiResponse,
  genericNotFound,
  internalError,
  type KubeObject,
  serviceUnavailable,
  StatusError,
} from '@holdfast/schema';
import { createMemoryStore, StoreUnavailable } from '@holdfast/store';
import { PolicyCache } from './admission/policies/policy.ts';
import { HookCache } from './admission/webhooks/index.ts';
import { attributesOf, refused } from './access/attributes.ts';
import { followAccess } from './access/follow.ts';
import { impersonated } from './access/impersonate.ts';
import type { ApiServer, ApiServerOptions } from './api-server.ts';
import { bootstrap, defaultServiceAccount } from './bootstrap.ts';
import { FrameCache } from './core/encoded.ts';
import { forgetEvents } from './core/forget-events.ts';
import type { ResourceRequest, ServerContext } from './core/server-context.ts';
import { followDefinitions, serveStored } from './crd/establish.ts';
import { kubeletFinder } from './kubelet/find.ts';
import { handleResource } from './handle-resource.ts';
import { createRegistry } from './registry/registry.ts';
import { parseRequestInfo } from './requests/request-info.ts';
import { createTokenAuthority } from './tokens/service-account-tokens.ts';
import { createDocuments } from './documents.ts';
import { negotiateOutput } from './negotiation/output-form.ts';
import { convertResponse } from './negotiation/convert.ts';

/** Makes a server; what a new cluster needs is there before the first request is answered. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { clock, random, onBug } = options;
  const store = options.store ?? createMemoryStore<KubeObject>();
  const closing = new AbortController();
  // Every watch listens to it.
  setMaxListeners(0, closing.signal);
  const server: ServerContext = {
    clock,
    random,
    store,
    registry: createRegistry(),
    nodes: options.nodes,
    backends: options.backends,
    kubelet: options.kubelets && kubeletFinder(store, options.kubelets),
    serviceCidr: options.serviceCidr,
    authorizer: followAccess(store, closing.signal, (error) =>
      onBug(error, { method: 'WATCH', path: '/apis/rbac.authorization.k8s.io/v1' }),
    ),
    given: new Map(),
    frames: new FrameCache(),
    hooks: new HookCache(),
    policies: new PolicyCache(),
    callWebhook: options.callWebhook,
    disabledAdmission: new Set(options.disabledAdmission),
    closing: closing.signal,
    ends: new Set(),
  };
  const address = `${options.advertise.host}:${options.advertise.port}`;
  const { staticTokens } = options;
  const tokens = createTokenAuthority({
    key: options.serviceAccountKey,
    clock,
    random,
    store,
    address,
    issuer: options.serviceAccountIssuer,
    ...(staticTokens ? { staticTokens } : {}),
  });
  const document = createDocuments({
    registry: server.registry,
    clock,
    serverAddress: address,
    problem: () => store.problem,
  });
  const ready = serveStored(server).then(() => bootstrap(server, options.advertise));
  // A failure is reported by every request that waits for it.
  ready.catch(() => undefined);
  const following = followDefinitions(server, (error) =>
    onBug(error, { method: 'WATCH', path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions' }),
  );
  const stopForgetting = forgetEvents(server, (error) => onBug(error, { method: 'DELETE', path: '/api/v1/events' }));

  const handle = async (request: ApiRequest): Promise<ApiResponse> => {
    try {
      await ready;
      return await route(request);
    } catch (error) {
      if (error instanceof StatusError) return failed(error);
      if (error instanceof StoreUnavailable) return failed(serviceUnavailable(error.message));
      if (request.signal.aborted) throw error;
      onBug(error, request);
      return failed(internalError(error));
    }
  };

  /** The request as the user it is made for, who may make it; throws Forbidden (403) otherwise. */
  function admitted(request: ApiRequest, info: ReturnType<typeof parseRequestInfo>): ApiRequest {
    const user = impersonated(request.user, request.headers, server.authorizer);
    const attributes = attributesOf(request, info, user);
    const decision = server.authorizer.authorize(attributes);
    if (!decision.allowed) {
      const refusal = refused(attributes, decision.reason);
      options.onRefused?.(user, refusal.message);
      throw refusal;
    }
    return user === request.user ? request : { ...request, user };
  }

  function tokenDocument(path: string): ApiResponse | undefined {
    const found = tokens.documents[path.replace(/\/$/, '')];
    if (!found) return undefined;
    const type = path.startsWith('/openid') ? 'application/jwk-set+json' : 'application/json';
    const headers = { 'content-type': type, 'cache-control': 'public, max-age=3600' };
    return { kind: 'bytes', status: 200, headers, bytes: Buffer.from(JSON.stringify(found)) };
  }

  async function route(original: ApiRequest): Promise<ApiResponse> {
    const info = parseRequestInfo(original);
    const request = admitted(original, info);
    // No path of a resource is a document's.
    const answer = info ? undefined : (document(request) ?? tokenDocument(request.path));
    if (answer) return answer;
    const definition = info && server.registry.find(info.group, info.version, info.resource);
    if (!info || !definition || (definition.namespaced !== true && info.namespace !== '' && info.resource !== 'namespaces')) {
      if (info && definition) throw genericNotFound();
      return {
        kind: 'bytes',
        status: 404,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        bytes: Buffer.from('404 page not found\n'),
      };
    }
    const context: ResourceRequest = { server, request, info, definition, warnings: [] };
    const { form } = negotiateOutput(request.headers['accept'], request.query);
    const response = await handleResource(context, tokens);
    if (info.resource === 'namespaces' && response.kind === 'object' && response.status === 201 && request.query.get('dryRun') !== 'All')
      await defaultServiceAccount(server, nameOf(response.object));
    const source = {
      group: definition.group,
      resource: definition.resource,
      ...(definition.custom ? { customColumns: definition.custom.columns } : {}),
    };
    return convertResponse(response, form, { source, clock });
  }

  return {
    handle,
    authenticateToken: async (token) => tokens.authenticate(token),
    close: async () => {
      stopForgetting();
      closing.abort();
      for (const end of server.ends) end();
      await following;
      if (!options.store) await store.close();
    },
  };
}

function failed(error: StatusError): ApiResponse {
  return { kind: 'object', status: error.code, headers: {}, object: error.status };
}

function nameOf(object: unknown): string {
  return (object as KubeObject).metadata.name ?? '';
}
