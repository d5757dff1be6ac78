// What a decision about access is made on: who wants to do what with which resource or path.
import { type ApiRequest, failure, forbidden, parseFieldSelector, type StatusError, type UserInfo } from '@holdfast/schema';
import type { RequestInfo } from '../requests/request-info.ts';

/** A request for a resource, as roles speak of it. */
export interface ResourceAttributes {
  readonly kind: 'resource';
  readonly user: UserInfo;
  /** 'get', 'list', ..., also those that are no verbs of requests: 'impersonate', 'bind', 'escalate'. */
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  /** '' at the cluster's scope. */
  readonly namespace: string;
  /** '' for a whole collection. */
  readonly name: string;
  /** Of a list or watch: what it is restricted to, by field. */
  readonly fields?: ReadonlyMap<string, string>;
}

/** A request for a path that is no resource. */
export interface PathAttributes {
  readonly kind: 'path';
  readonly user: UserInfo;
  readonly verb: string;
  readonly path: string;
}

export type Attributes = ResourceAttributes | PathAttributes;

/** What a decision is made on when `user` sends this request. */
export function attributesOf(
  request: Pick<ApiRequest, 'method' | 'path' | 'query'>,
  info: RequestInfo | undefined,
  user: UserInfo,
): Attributes {
  if (!info) {
    const verb = request.method === 'HEAD' ? 'get' : request.method.toLowerCase();
    return { kind: 'path', user, verb, path: request.path };
  }
  const { verb, group, resource, subresource, namespace, name } = info;
  const selector = verb === 'list' || verb === 'watch' || verb === 'deletecollection' ? request.query.get('fieldSelector') : null;
  const fields = selector ? equalFields(selector) : undefined;
  return {
    kind: 'resource',
    user,
    verb,
    group,
    resource,
    subresource,
    // A namespace is something in itself, so that a role within it can let its members see it.
    namespace: group === '' && resource === 'namespaces' && name !== '' ? name : namespace,
    name: name || (fields?.get('metadata.name') ?? ''),
    ...(fields ? { fields } : {}),
  };
}

function equalFields(selector: string): ReadonlyMap<string, string> {
  try {
    const requirements = parseFieldSelector(selector);
    return new Map(requirements.filter((one) => one.operator === '=').map((one) => [one.field, one.value]));
  } catch {
    // The list itself answers what is wrong with the selector; here it restricts nothing.
    return new Map();
  }
}

/** 403 in upstream's words; `reason` is what the authorizers had to say. */
export function refused(attributes: Attributes, reason = ''): StatusError {
  const text = `${describe(attributes)}${reason ? `: ${reason}` : ''}`;
  if (attributes.kind === 'path') return failure(403, 'Forbidden', `forbidden: ${text}`, {});
  return forbidden(attributes, attributes.name, text);
}

function describe(attributes: Attributes): string {
  const who = `User ${JSON.stringify(attributes.user.username)} cannot ${attributes.verb}`;
  if (attributes.kind === 'path') return `${who} path ${JSON.stringify(attributes.path)}`;
  const { resource, subresource, group, namespace } = attributes;
  const what = `resource ${JSON.stringify(subresource ? `${resource}/${subresource}` : resource)} in API group ${JSON.stringify(group)}`;
  return `${who} ${what} ${namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope'}`;
}
