// Paths that are no resources: version, health, discovery, OpenAPI.
import type { Clock } from '@holdfast/clock';
import type { ApiRequest, ApiResponse } from '@holdfast/schema';
import { createDiscovery } from './discovery/index.ts';
import { createOpenApi, type CustomSchema } from './openapi/index.ts';
import type { Registry } from './registry/resource-definition.ts';

const GIT_VERSION = 'v1.32.4';
const VERSION = {
  major: '1',
  minor: '32',
  gitVersion: GIT_VERSION,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.23.6',
  compiler: 'gc',
  platform: 'linux/amd64',
};

export interface DocumentsOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  /** 'host:port'. */
  readonly serverAddress: string;
  /** Why the server is not ready, or undefined. */
  readonly problem: () => string | undefined;
}

/** Undefined for a path that is none of these. */
export function createDocuments({
  registry,
  clock,
  serverAddress,
  problem,
}: DocumentsOptions): (request: ApiRequest) => ApiResponse | undefined {
  const groups = (): ReturnType<Registry['groupDefs']> => registry.groupDefs();
  const customSchemaOf = (group: string, version: string, resource: string): CustomSchema | undefined => {
    const definition = registry.find(group, version, resource);
    return definition?.custom && { listKind: definition.listKind, openAPIV3Schema: definition.custom.openAPIV3Schema };
  };
  const discovery = createDiscovery({ groups, serverAddress });
  const openApi = createOpenApi({ groups, clock, serverVersion: GIT_VERSION, customSchemaOf });
  return (request) => {
    if (request.path === '/version' || request.path === '/version/') return { kind: 'object', status: 200, headers: {}, object: VERSION };
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(request.path)) {
      const unready = request.path.startsWith('/readyz') ? problem() : undefined;
      const text = unready === undefined ? 'ok' : `[-]store failed: ${unready}\nreadyz check failed\n`;
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      return { kind: 'bytes', status: unready === undefined ? 200 : 500, headers, bytes: Buffer.from(text) };
    }
    return discovery(request) ?? openApi(request);
  };
}
