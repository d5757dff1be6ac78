// Answers /openapi/v2 and /openapi/v3.
import { createHash } from 'node:crypto';
import type { Clock } from '@holdfast/clock';
import type { ApiRequest, ApiResponse, GroupDef } from '@holdfast/schema';
import { type CustomSchema, documentPath, openApiDocument } from './document.ts';

export interface OpenApiOptions {
  /** All groups that are served now; a new array whenever something has changed (see DiscoveryOptions). */
  readonly groups: () => readonly GroupDef[];
  /** The schema of a custom resource; undefined for a built-in one. */
  readonly customSchemaOf: (group: string, version: string, resource: string) => CustomSchema | undefined;
  /** 'v1.32.0'. */
  readonly serverVersion: string;
  readonly clock: Clock;
}

/** Answers GET of an OpenAPI path; undefined for other paths. */
export type OpenApi = (request: Pick<ApiRequest, 'path' | 'query' | 'headers'>) => ApiResponse | undefined;

interface Document {
  readonly encoded: Uint8Array;
  readonly hash: string;
}

const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2';
const YEAR_MS = 365 * 24 * 3600 * 1000;

export function createOpenApi(options: OpenApiOptions): OpenApi {
  const documents = documentsOf(options);
  return ({ path: rawPath, query, headers }) => {
    const path = rawPath.endsWith('/') ? rawPath.slice(0, -1) : rawPath;
    if (path === '/openapi/v2') return versionTwo(headers['accept'] ?? '', options.serverVersion);
    if (path === '/openapi/v3') return answer(index(documents()), undefined, headers, options.clock);
    if (!path.startsWith('/openapi/v3/')) return undefined;
    const document = documents().get(path.slice('/openapi/v3/'.length));
    return document && answer(document, query.get('hash') ?? undefined, headers, options.clock);
  };
}

/**
 * An empty protobuf message is a valid document that describes nothing. kubectl asks for it before it applies a List, and
 * refuses to go on without an answer; with this one it leaves validation to the server.
 */
function versionTwo(accept: string, serverVersion: string): ApiResponse {
  if (accept.includes(V2_PROTOBUF)) {
    return { kind: 'bytes', status: 200, headers: { 'content-type': 'application/octet-stream' }, bytes: new Uint8Array() };
  }
  const object = { swagger: '2.0', info: { title: 'Kubernetes', version: serverVersion }, paths: {}, definitions: {} };
  return { kind: 'object', status: 200, headers: {}, object };
}

/** Made when first asked for; those of groups that did not change are kept. */
function documentsOf({ groups: current, customSchemaOf, serverVersion }: OpenApiOptions): () => ReadonlyMap<string, Document> {
  const known = new WeakMap<object, Document>();
  let groups: readonly GroupDef[] | undefined;
  let documents = new Map<string, Document>();
  return () => {
    const now = current();
    if (now !== groups) {
      groups = now;
      documents = new Map(
        now.flatMap(({ group, versions }) =>
          versions.map((version) => {
            const schemaOf = (resource: string): CustomSchema | undefined => customSchemaOf(group, version.version, resource);
            const document = known.get(version) ?? toDocument(openApiDocument({ group, version, customSchemaOf: schemaOf, serverVersion }));
            known.set(version, document);
            return [documentPath(group, version.version), document] as const;
          }),
        ),
      );
    }
    return documents;
  };
}

function index(documents: ReadonlyMap<string, Document>): Document {
  const entries = [...documents].map(([path, { hash }]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const);
  return toDocument({ paths: Object.fromEntries(entries) });
}

function toDocument(object: object): Document {
  const encoded = new TextEncoder().encode(JSON.stringify(object));
  return { encoded, hash: createHash('sha256').update(encoded).digest('hex').toUpperCase() };
}

/** A document that was asked for by its hash never changes and may be kept; any other must be asked for again. */
function answer({ encoded, hash }: Document, asked: string | undefined, requested: ApiRequest['headers'], clock: Clock): ApiResponse {
  const etag = `"${hash}"`;
  const caching: Readonly<Record<string, string>> =
    asked === hash
      ? { 'cache-control': 'public, immutable', expires: new Date(clock.now() + YEAR_MS).toUTCString() }
      : { 'cache-control': 'no-cache, private' };
  const headers = { etag, vary: 'Accept', ...caching };
  if (requested['if-none-match'] === etag) return { kind: 'bytes', status: 304, headers, bytes: new Uint8Array() };
  return { kind: 'bytes', status: 200, headers: { ...headers, 'content-type': 'application/json' }, bytes: encoded };
}
