// The grammar of resource paths: what a request is about.
import type { ApiRequest } from '@holdfast/schema';

/** A request for a resource, taken apart. */
export interface RequestInfo {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
}

/** Undefined where the path is no resource path. */
export function parseRequestInfo(request: Pick<ApiRequest, 'method' | 'path' | 'query'>): RequestInfo | undefined {
  const parts = partsOf(request.path);
  let rest: readonly string[];
  let group = '';
  let version: string;
  if (parts[0] === 'api' && parts.length > 2) {
    version = parts[1] ?? '';
    rest = parts.slice(2);
  } else if (parts[0] === 'apis' && parts.length > 3) {
    group = parts[1] ?? '';
    version = parts[2] ?? '';
    rest = parts.slice(3);
  } else return undefined;
  // The old prefix /watch/ makes any read a watch.
  const legacyWatch = rest[0] === 'watch';
  if (legacyWatch) rest = rest.slice(1);
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 2 && !(rest.length === 3 && NAMESPACE_SUBRESOURCES.has(rest[2] ?? ''))) {
    namespace = rest[1] ?? '';
    rest = rest.slice(2);
  }
  const [resource = '', name = '', ...subresource] = rest;
  if (resource === '') return undefined;
  const watching = legacyWatch || isTrue(request.query.get('watch'));
  const verb = verbOf(request.method, name !== '', watching);
  // What comes after /proxy is a path somewhere else.
  const part = subresource[0] === 'proxy' ? 'proxy' : subresource.join('/');
  return verb && { verb, group, version, namespace, resource, name, subresource: part };
}

/** /namespaces/x/status is a subresource of the namespace, not a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

function verbOf(method: string, named: boolean, watching: boolean): RequestInfo['verb'] | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (watching) return 'watch';
      return named ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

/** Query parameters that are flags: anything that is present means yes, but for '0' and 'false' in any case. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

function partsOf(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return path.includes('%') ? parts.map(decode) : parts;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray percent sign is no reason to fail: the name will not be found.
    return part;
  }
}
