// JSON Web Tokens (RFC 7515, 7517) with the cluster's key for service accounts.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { isRecord } from '@holdfast/schema';

export type Claims = Readonly<Record<string, unknown>>;

/** Signs tokens and knows them again. */
export interface JwtKey {
  readonly algorithm: 'ES256' | 'RS256';
  /** The public key as the one entry of a key set. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  sign(claims: Claims): string;
  /** The claims of a token with a good signature; undefined otherwise. Says nothing of its time. */
  verify(token: string): Claims | undefined;
}

/** `pem`: a private key, EC P-256 or RSA. */
export function jwtKey(pem: string): JwtKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const algorithm = privateKey.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256';
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return {
    algorithm,
    publicJwk: { use: 'sig', ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm },
    sign: (claims) => {
      const body = `${part({ alg: algorithm, kid })}.${part(claims)}`;
      return `${body}.${sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    },
    verify: (token) => verified(publicKey, algorithm, token),
  };
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function verified(key: KeyObject, algorithm: string, token: string): Claims | undefined {
  const [head = '', body = '', signature = '', more] = token.split('.');
  if (more !== undefined) return undefined;
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString());
    if (!isRecord(header) || header['alg'] !== algorithm) return undefined;
    const good = verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    if (!good) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    return isRecord(claims) ? claims : undefined;
  } catch {
    // Anything that cannot be read is no token of ours.
    return undefined;
  }
}

/** A claim or field that ought to be a text; '' when it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
