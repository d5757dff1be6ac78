// Who is asking: by client certificate, by bearer token, or nobody in particular.
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { forbidden, type StatusError, unauthorized, type UserInfo } from '@holdfast/schema';
import type { ApiServer } from '../api-server.ts';

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
const AUTHENTICATED = 'system:authenticated';
const ADMINISTRATORS = 'system:masters';
const EXTRA_PREFIX = 'impersonate-extra-';

/** What a connection's client certificate says; 'untrusted' when there is one that the cluster's CA did not sign. */
export type CertificateIdentity = UserInfo | 'none' | 'untrusted';

/** Reads the client certificate of a connection whose TLS handshake is done. */
export function certificateIdentity(socket: Pick<TLSSocket, 'authorized' | 'getPeerX509Certificate'>): CertificateIdentity {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return 'none';
  return socket.authorized ? userOfCertificate(certificate) : 'untrusted';
}

/** The common name is the user, the organizations are its groups. */
function userOfCertificate(certificate: X509Certificate): CertificateIdentity {
  // Not from the text form of the subject, in which a value could pretend to be another attribute.
  const { CN, O } = certificate.toLegacyObject().subject as { readonly CN?: string | string[]; readonly O?: string | string[] };
  const [username] = [CN ?? []].flat();
  return username ? { username, groups: withAuthenticated([O ?? []].flat()) } : 'untrusted';
}

/**
 * The user of a request. Throws Unauthorized (401) for credentials that are not good; without any the user is
 * system:anonymous. Impersonation headers are honoured for administrators and refused to others (403).
 */
export async function authenticate(
  identity: CertificateIdentity,
  headers: Readonly<Record<string, string>>,
  server: Pick<ApiServer, 'authenticateToken'>,
): Promise<UserInfo> {
  const user = typeof identity === 'object' ? identity : await tokenUser(headers, server, identity);
  return impersonated(user, headers);
}

async function tokenUser(
  headers: Readonly<Record<string, string>>,
  server: Pick<ApiServer, 'authenticateToken'>,
  identity: 'none' | 'untrusted',
): Promise<UserInfo> {
  const token = bearerToken(headers['authorization']);
  if (token !== undefined) {
    const user = await server.authenticateToken(token);
    if (!user) throw unauthorized();
    return user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: withAuthenticated(user.groups) };
  }
  if (identity === 'untrusted') throw unauthorized();
  return ANONYMOUS;
}

function bearerToken(authorization: string | undefined): string | undefined {
  const [scheme = '', token = ''] = (authorization ?? '').trim().split(/\s+/, 2);
  return scheme.toLowerCase() === 'bearer' && token !== '' ? token : undefined;
}

function impersonated(user: UserInfo, headers: Readonly<Record<string, string>>): UserInfo {
  const username = headers['impersonate-user'];
  const groups = (headers['impersonate-group'] ?? '')
    .split(',')
    .map((group) => group.trim())
    .filter(Boolean);
  const uid = headers['impersonate-uid'];
  if (username === undefined && groups.length === 0 && uid === undefined) return user;
  if (username === undefined) throw unauthorized('requested impersonation without impersonating a user');
  if (!user.groups.includes(ADMINISTRATORS)) throw mayNotImpersonate(user, username);
  const base = username === ANONYMOUS.username ? groups : withAuthenticated([...groups, ...serviceAccountGroups(username)]);
  return { username, groups: base.length > 0 ? base : ANONYMOUS.groups, ...(uid === undefined ? {} : { uid }), ...extraOf(headers) };
}

function mayNotImpersonate(user: UserInfo, username: string): StatusError {
  return forbidden(
    { group: '', resource: 'users' },
    username,
    `User ${JSON.stringify(user.username)} cannot impersonate resource "users" in API group "" at the cluster scope`,
  );
}

function serviceAccountGroups(username: string): readonly string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username) ?? [];
  return namespace ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : [];
}

function extraOf(headers: Readonly<Record<string, string>>): Pick<UserInfo, 'extra'> {
  const extra = Object.entries(headers)
    .filter(([name]) => name.startsWith(EXTRA_PREFIX))
    .map(([name, value]): [string, readonly string[]] => [decodeURIComponent(name.slice(EXTRA_PREFIX.length)), [value]]);
  return extra.length > 0 ? { extra: Object.fromEntries(extra) } : {};
}

function withAuthenticated(groups: readonly string[]): readonly string[] {
  return [...new Set([...groups, AUTHENTICATED])];
}
