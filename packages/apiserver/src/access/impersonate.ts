// Acting as somebody else: the Impersonate-* headers, each of which must be allowed by itself.
import { badRequest, internalError, type UserInfo } from '@holdfast/schema';
import { refused, type ResourceAttributes } from './attributes.ts';
import type { Authorizer } from './authorizer.ts';
import { serviceAccountGroups } from './rbac/subjects.ts';

const ANONYMOUS = 'system:anonymous';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
const PREFIX = 'impersonate-';
const EXTRA_PREFIX = `${PREFIX}extra-`;
const AUTHENTICATION = 'authentication.k8s.io';

/** The user to act as: `user` without such headers. Throws 403 for what `user` may not be. */
export function impersonated(user: UserInfo, headers: Readonly<Record<string, string>>, authorizer: Authorizer): UserInfo {
  if (!Object.keys(headers).some((name) => name.startsWith(PREFIX))) return user;
  const username = headers['impersonate-user'];
  const groups = valuesOf(headers['impersonate-group']);
  const uid = headers['impersonate-uid'];
  const extra = extraOf(headers);
  if (!username) {
    if (groups.length === 0 && uid === undefined && extra.length === 0) return user;
    throw internalError(
      new Error(`requested ${JSON.stringify({ groups, uid, extra: Object.fromEntries(extra) })} without impersonating a user`),
    );
  }
  const account = /^system:serviceaccount:([^:]*):([^:]*)$/.exec(username);
  const ask = (attributes: Partial<ResourceAttributes> & Pick<ResourceAttributes, 'resource' | 'name'>): void => {
    const full: ResourceAttributes = {
      kind: 'resource',
      user,
      verb: 'impersonate',
      group: '',
      subresource: '',
      namespace: '',
      ...attributes,
    };
    const decision = authorizer.authorize(full);
    if (!decision.allowed) throw refused(full, decision.reason);
  };
  if (account) ask({ resource: 'serviceaccounts', namespace: account[1] ?? '', name: account[2] ?? '' });
  else ask({ resource: 'users', name: username });
  for (const group of groups) ask({ resource: 'groups', name: group });
  if (uid !== undefined) ask({ group: AUTHENTICATION, resource: 'uids', name: uid });
  for (const [key, values] of extra)
    for (const value of values) ask({ group: AUTHENTICATION, resource: 'userextras', subresource: key, name: value });
  const base = groups.length > 0 ? groups : serviceAccountGroups(username);
  return {
    username,
    groups: withStanding(username, base),
    ...(uid === undefined ? {} : { uid }),
    ...(extra.length > 0 ? { extra: Object.fromEntries(extra) } : {}),
  };
}

function withStanding(username: string, groups: readonly string[]): readonly string[] {
  if (groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED)) return groups;
  return [...groups, username === ANONYMOUS ? UNAUTHENTICATED : AUTHENTICATED];
}

function extraOf(headers: Readonly<Record<string, string>>): readonly (readonly [string, readonly string[]])[] {
  const names = Object.keys(headers).filter((name) => name.startsWith(EXTRA_PREFIX));
  return names.map((name) => [decoded(name.slice(EXTRA_PREFIX.length)), valuesOf(headers[name])] as const);
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch (error) {
    throw badRequest(`the header Impersonate-Extra-${key} is not percent-encoded: write % as %25`, { cause: error });
  }
}

/** Several headers of one name arrive as one, with commas. */
function valuesOf(header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(',')
    .map((value) => value.trim())
    .filter(Boolean);
}
