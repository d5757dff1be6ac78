// What nobody in particular may see: that the server is there, and which version it is. Everyone else may do everything
// until roles are evaluated.
import { failure, type StatusError } from '@holdfast/schema';
import { ANONYMOUS } from './authenticate.ts';

const OPEN_PATHS = /^\/(version|healthz|livez|readyz)(\/|$)/;
const RESOURCE_PATH =
  /^\/(?:api\/(?<core>[^/]+)|apis\/(?<group>[^/]+)\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/[^/]))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>.+))?$/;
const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly user: { readonly username: string };
}

/** Why a request is refused (403 with upstream's words), or undefined when it may go on. */
export function refusal(request: Asked): StatusError | undefined {
  if (request.user.username !== ANONYMOUS.username || OPEN_PATHS.test(request.path)) return undefined;
  const found = RESOURCE_PATH.exec(request.path)?.groups;
  return found ? resourceRefusal(request, found) : pathRefusal(request);
}

function pathRefusal({ method, path, user }: Asked): StatusError {
  const verb = method === 'GET' || method === 'HEAD' ? 'get' : method.toLowerCase();
  return failure(403, 'Forbidden', `forbidden: User ${JSON.stringify(user.username)} cannot ${verb} path ${JSON.stringify(path)}`, {});
}

function resourceRefusal({ method, query, user }: Asked, found: Readonly<Record<string, string | undefined>>): StatusError {
  const { group = '', resource = '', name = '', subresource, namespace } = found;
  const qualified = subresource ? `${resource}/${subresource}` : resource;
  const scope = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  const who = `User ${JSON.stringify(user.username)} cannot ${verbOf(method, name, query)}`;
  const subject = `${resource}${group ? `.${group}` : ''}${name ? ` ${JSON.stringify(name)}` : ''} is forbidden`;
  return failure(
    403,
    'Forbidden',
    `${subject}: ${who} resource ${JSON.stringify(qualified)} in API group ${JSON.stringify(group)} ${scope}`,
    {
      ...(name ? { name } : {}),
      ...(group ? { group } : {}),
      kind: resource,
    },
  );
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  const verb = VERBS[method] ?? method.toLowerCase();
  if (verb === 'get' && name === '') return ['true', '1'].includes(query.get('watch') ?? '') ? 'watch' : 'list';
  return verb === 'delete' && name === '' ? 'deletecollection' : verb;
}
