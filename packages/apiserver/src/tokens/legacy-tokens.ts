// Tokens that stand in Secrets of type kubernetes.io/service-account-token: they have no end but the Secret's.
import type { KubeObject, Secret, UserInfo } from '@holdfast/schema';
import type { Store } from '@holdfast/store';
import { type Claims, jwtKey, textOf } from './jwt.ts';

const PREFIX = 'kubernetes.io/serviceaccount';

/** Whose token a Secret holds. */
export interface LegacyTokenSubject {
  readonly namespace: string;
  readonly secretName: string;
  readonly accountName: string;
  readonly accountUid: string;
}

/** Signs such tokens with the service-account key (PEM); given to the tokens controller. */
export function legacyTokenSigner(key: string): (subject: LegacyTokenSubject) => string {
  const signer = jwtKey(key);
  return ({ namespace, secretName, accountName, accountUid }) =>
    signer.sign({
      iss: 'kubernetes/serviceaccount',
      [`${PREFIX}/namespace`]: namespace,
      [`${PREFIX}/secret.name`]: secretName,
      [`${PREFIX}/service-account.name`]: accountName,
      [`${PREFIX}/service-account.uid`]: accountUid,
      sub: `system:serviceaccount:${namespace}:${accountName}`,
    });
}

/** The user of a token with a good signature, as long as its Secret holds it and its account is the same. */
export function legacyUser(store: Pick<Store<KubeObject>, 'get'>, token: string, claims: Claims): UserInfo | undefined {
  const [namespace, secretName, name, uid] = ['namespace', 'secret.name', 'service-account.name', 'service-account.uid'].map((field) =>
    textOf(claims[`${PREFIX}/${field}`]),
  );
  const secret = store.get(`core/secrets/${namespace}/${secretName}`)?.value as (Secret & KubeObject) | undefined;
  const held = secret?.data?.['token'];
  if (!secret || secret.metadata.deletionTimestamp || held !== Buffer.from(token).toString('base64')) return undefined;
  const account = store.get(`core/serviceaccounts/${namespace}/${name}`)?.value;
  if (!account || account.metadata.uid !== uid || uid === undefined) return undefined;
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
