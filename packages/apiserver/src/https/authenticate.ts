// Who is asking: by client certificate, by bearer token, or nobody in particular.
import { createHash, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { unauthorized, type UserInfo } from '@holdfast/schema';
import type { ApiServer } from '../api-server.ts';

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
const AUTHENTICATED = 'system:authenticated';

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
  if (!username) return 'untrusted';
  const id = createHash('sha256').update(certificate.raw).digest('hex');
  const extra = { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${id}`] };
  return { username, groups: withAuthenticated([O ?? []].flat()), extra };
}

/**
 * The user of a request. Throws Unauthorized (401) for credentials that are not good; without any the user is
 * system:anonymous.
 */
export async function authenticate(
  identity: CertificateIdentity,
  headers: Readonly<Record<string, string>>,
  server: Pick<ApiServer, 'authenticateToken'>,
): Promise<UserInfo> {
  return typeof identity === 'object' ? identity : tokenUser(headers, server, identity);
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

function withAuthenticated(groups: readonly string[]): readonly string[] {
  return [...new Set([...groups, AUTHENTICATED])];
}
