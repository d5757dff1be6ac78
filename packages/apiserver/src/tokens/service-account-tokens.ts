// Service-account tokens: JSON Web Tokens that this server signs and knows again.
import { type Clock, formatTime, type Random, uuid } from '@holdfast/clock';
import {
  forbidden,
  invalid,
  invalidValue,
  isRecord,
  type KubeObject,
  notFound,
  type Pod,
  SERVICEACCOUNTS,
  type UserInfo,
} from '@holdfast/schema';
import type { Store } from '@holdfast/store';
import { nodeNameOf } from '../access/node/node-decision.ts';
import { boundClaims, boundProblem } from './bound-object.ts';
import { type Claims, type JwtKey, jwtKey, textOf } from './jwt.ts';
import { legacyUser } from './legacy-tokens.ts';

const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
/** What the ServiceAccount admission asks for: such a token may be used for longer, by clients that never read it again. */
const PROJECTED_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

/** What a TokenReview finds. */
export type Reviewed = { readonly user: UserInfo; readonly audiences: readonly string[] } | { readonly error: string };

export interface TokenAuthority {
  /** Answers a TokenRequest. Throws StatusError for what may not be issued. */
  issue(namespace: string, name: string, request: unknown, user?: UserInfo): KubeObject;
  /** Undefined when the token is not valid for this server. */
  authenticate(token: string): UserInfo | undefined;
  /** Whether the token is valid for one of these audiences; none: the API's own. */
  review(token: string, audiences: readonly string[]): Reviewed;
  /** The documents of issuer discovery, by path. */
  readonly documents: Readonly<Record<string, object>>;
}

export function createTokenAuthority(options: {
  readonly key: string | JwtKey;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store<KubeObject>;
  /** 'host:port' under which the key set is found. */
  readonly address: string;
  readonly issuer?: string | undefined;
  /** Known from elsewhere: token → user. */
  readonly staticTokens?: ReadonlyMap<string, UserInfo>;
}): TokenAuthority {
  const { clock, random, store, staticTokens, issuer = DEFAULT_ISSUER } = options;
  const key = typeof options.key === 'string' ? jwtKey(options.key) : options.key;

  function review(token: string, wanted: readonly string[]): Reviewed {
    const audiences = wanted.length > 0 ? wanted : [issuer];
    const known = staticTokens?.get(token);
    if (known) return { user: known, audiences };
    const claims = key.verify(token);
    if (!claims) return { error: 'invalid bearer token' };
    if (claims['iss'] === 'kubernetes/serviceaccount') {
      const user = legacyUser(store, token, claims);
      return user ? { user, audiences } : { error: '[invalid bearer token, service account token has been invalidated]' };
    }
    const now = clock.now();
    if (claims['iss'] !== issuer) return { error: '[invalid bearer token, not a token of this issuer]' };
    if (typeof claims['exp'] !== 'number' || claims['exp'] * 1000 <= now)
      return { error: '[invalid bearer token, service account token has expired]' };
    if (typeof claims['nbf'] === 'number' && claims['nbf'] * 1000 > now)
      return { error: '[invalid bearer token, service account token is not valid yet]' };
    const own = [claims['aud'] ?? []].flat();
    const shared = audiences.filter((one) => own.includes(one));
    if (shared.length === 0)
      return {
        error: `[invalid bearer token, token audiences [${own.map(textOf).join(' ')}] is invalid for the target audiences [${audiences.join(' ')}]]`,
      };
    const holder = claims['kubernetes.io'];
    if (!isRecord(holder) || !isRecord(holder['serviceaccount'])) return { error: '[invalid bearer token, it names no service account]' };
    const namespace = textOf(holder['namespace']);
    const problem = boundProblem(store, namespace, holder, now);
    return problem ? { error: `[invalid bearer token, ${problem}]` } : { user: userOf(claims, holder, namespace), audiences: shared };
  }

  return {
    documents: {
      '/.well-known/openid-configuration': {
        issuer,
        jwks_uri: `https://${options.address}/openid/v1/jwks`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [key.algorithm],
      },
      '/openid/v1/jwks': { keys: [key.publicJwk] },
    },
    issue: (namespace, name, request, user) => {
      const account = store.get(`core/serviceaccounts/${namespace}/${name}`)?.value;
      if (!account) throw notFound(SERVICEACCOUNTS, name);
      const spec = isRecord(request) && isRecord(request['spec']) ? request['spec'] : {};
      const seconds = secondsOf(name, spec['expirationSeconds']);
      const asked = Array.isArray(spec['audiences']) ? spec['audiences'] : [];
      const audiences = asked.length > 0 ? asked : [issuer];
      mayIssue(store, namespace, name, spec['boundObjectRef'], user);
      const bound = boundClaims(store, namespace, name, spec['boundObjectRef']);
      const issued = Math.floor(clock.now() / 1000);
      const extended = bound['pod'] !== undefined && seconds === PROJECTED_SECONDS && audiences.length === 1 && audiences[0] === issuer;
      const claims = {
        aud: audiences,
        exp: issued + (extended ? EXTENDED_SECONDS : seconds),
        iat: issued,
        iss: issuer,
        jti: uuid(random),
        'kubernetes.io': {
          namespace,
          ...bound,
          serviceaccount: { name, uid: account.metadata.uid },
          ...(extended ? { warnafter: issued + seconds } : {}),
        },
        nbf: issued,
        sub: `system:serviceaccount:${namespace}:${name}`,
      };
      return {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { name, namespace, creationTimestamp: formatTime(clock.now()) },
        spec: { ...spec, audiences, expirationSeconds: seconds },
        status: { token: key.sign(claims), expirationTimestamp: formatTime((issued + seconds) * 1000) },
      } as KubeObject;
    },
    authenticate: (token) => {
      const found = review(token, []);
      return 'user' in found ? found.user : undefined;
    },
    review,
  };
}

function secondsOf(name: string, given: unknown): number {
  const seconds = typeof given === 'number' ? given : DEFAULT_SECONDS;
  const problem =
    seconds < MIN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > MAX_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (problem)
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [
      invalidValue('spec.expirationSeconds', seconds, problem),
    ]);
  return seconds;
}

/** A node gets tokens of the pods that are bound to it, and no others. */
function mayIssue(store: Store<KubeObject>, namespace: string, name: string, reference: unknown, user: UserInfo | undefined): void {
  const node = user && nodeNameOf(user);
  if (node === undefined) return;
  const refuse = (message: string): Error => forbidden(SERVICEACCOUNTS, name, message);
  if (!isRecord(reference) || reference['kind'] !== 'Pod' || !reference['name']) throw refuse('node requested token not bound to a pod');
  if (!reference['uid']) throw refuse('node requested token with a pod binding without a uid');
  const pod = store.get(`core/pods/${namespace}/${textOf(reference['name'])}`)?.value as (KubeObject & Pod) | undefined;
  if (pod && pod.spec?.nodeName !== node) throw refuse('node requested token bound to a pod scheduled on a different node');
}

function userOf(claims: Claims, holder: Claims, namespace: string): UserInfo {
  const account = holder['serviceaccount'] as Claims;
  const extra: Record<string, readonly string[]> = {};
  if (claims['jti']) extra['authentication.kubernetes.io/credential-id'] = [`JTI=${textOf(claims['jti'])}`];
  for (const kind of ['node', 'pod']) {
    const claim = holder[kind];
    if (!isRecord(claim)) continue;
    extra[`authentication.kubernetes.io/${kind}-name`] = [textOf(claim['name'])];
    extra[`authentication.kubernetes.io/${kind}-uid`] = [textOf(claim['uid'])];
  }
  return serviceAccountUser(namespace, textOf(account['name']), textOf(account['uid']), extra);
}

function serviceAccountUser(namespace: string, name: string, uid: string, extra: UserInfo['extra'] & object): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}
