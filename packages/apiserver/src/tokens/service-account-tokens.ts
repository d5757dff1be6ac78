// Service-account tokens: JSON Web Tokens that this server signs and knows again.
import { createPublicKey, type KeyObject, createPrivateKey, sign, verify } from 'node:crypto';
import { type Clock, formatTime, type Random, uuid } from '@holdfast/clock';
import { isRecord, type KubeObject, notFound, SERVICEACCOUNTS, type UserInfo } from '@holdfast/schema';
import type { Store } from '@holdfast/store';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;

export interface TokenAuthority {
  /** Answers a TokenRequest. */
  issue(namespace: string, name: string, request: unknown): KubeObject;
  /** Undefined when the token is not valid. */
  authenticate(token: string): UserInfo | undefined;
}

export function createTokenAuthority(options: {
  readonly key: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store<KubeObject>;
}): TokenAuthority {
  const { clock, random, store } = options;
  const privateKey = createPrivateKey(options.key);
  const publicKey = createPublicKey(privateKey);
  const algorithm = privateKey.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256';
  return {
    issue: (namespace, name, request) => {
      const account = store.get(`core/serviceaccounts/${namespace}/${name}`)?.value;
      if (!account) throw notFound(SERVICEACCOUNTS, name);
      const spec = isRecord(request) && isRecord(request['spec']) ? request['spec'] : {};
      const seconds = Math.max(typeof spec['expirationSeconds'] === 'number' ? spec['expirationSeconds'] : DEFAULT_SECONDS, MIN_SECONDS);
      const audiences = Array.isArray(spec['audiences']) && spec['audiences'].length > 0 ? spec['audiences'] : [ISSUER];
      const bound = isRecord(spec['boundObjectRef']) ? spec['boundObjectRef'] : undefined;
      const issued = Math.floor(clock.now() / 1000);
      const claims = {
        aud: audiences,
        exp: issued + seconds,
        iat: issued,
        iss: ISSUER,
        jti: uuid(random),
        'kubernetes.io': {
          namespace,
          serviceaccount: { name, uid: account.metadata.uid },
          ...(bound?.['kind'] === 'Pod' ? { pod: { name: bound['name'], uid: bound['uid'] } } : {}),
        },
        nbf: issued,
        sub: `system:serviceaccount:${namespace}:${name}`,
      };
      return {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { name, namespace, creationTimestamp: formatTime(clock.now()) },
        spec: { ...spec, audiences, expirationSeconds: seconds },
        status: { token: encode(privateKey, algorithm, claims), expirationTimestamp: formatTime((issued + seconds) * 1000) },
      } as KubeObject;
    },
    authenticate: (token) => {
      const claims = decode(publicKey, algorithm, token);
      if (!claims || claims['iss'] !== ISSUER || typeof claims['exp'] !== 'number' || claims['exp'] * 1000 <= clock.now()) return undefined;
      const holder = claims['kubernetes.io'];
      if (!isRecord(holder) || !isRecord(holder['serviceaccount'])) return undefined;
      const namespace = String(holder['namespace']);
      const { name, uid } = holder['serviceaccount'];
      const account = store.get(`core/serviceaccounts/${namespace}/${String(name)}`)?.value;
      if (!account || account.metadata.uid !== uid) return undefined;
      const pod = isRecord(holder['pod']) ? holder['pod'] : undefined;
      if (pod && store.get(`core/pods/${namespace}/${String(pod['name'])}`)?.value.metadata.uid !== pod['uid']) return undefined;
      return {
        username: `system:serviceaccount:${namespace}:${String(name)}`,
        ...(typeof uid === 'string' ? { uid } : {}),
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      };
    },
  };
}

function encode(key: KeyObject, algorithm: string, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: algorithm, typ: 'JWT' })}.${part(claims)}`;
  return `${body}.${sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function decode(key: KeyObject, algorithm: string, token: string): Readonly<Record<string, unknown>> | undefined {
  const [head = '', body = '', signature = ''] = token.split('.');
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString());
    if (!isRecord(header) || header['alg'] !== algorithm) return undefined;
    if (!verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
      return undefined;
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    return isRecord(claims) ? claims : undefined;
  } catch {
    // Anything that cannot be read is no token of ours.
    return undefined;
  }
}
