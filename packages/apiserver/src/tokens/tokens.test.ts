import { describe, expect, it } from 'vitest';
import { type Access, ADMIN, KEY, person, startAccess } from '../access/server.fixture.ts';
import { legacyTokenSigner } from './legacy-tokens.ts';

const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const PODS = '/api/v1/namespaces/default/pods';

async function token(access: Access, spec: object = {}): Promise<string> {
  const { status, object } = await access.as(ADMIN)('POST', `${ACCOUNTS}/default/token`, { spec });
  expect(status).toBe(201);
  return object['status'].token as string;
}

const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('service-account tokens', () => {
  it('are known again until they end', async () => {
    const access = startAccess();
    const jwt = await token(access, { expirationSeconds: 600 });
    expect(await access.server.authenticateToken(jwt)).toMatchObject({
      username: 'system:serviceaccount:default:default',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    });
    const [head = '', body = '', signature = ''] = jwt.split('.');
    expect(await access.server.authenticateToken(`${head}.${body}x.${signature}`)).toBeUndefined();
    await access.clock.advance(601_000);
    expect(await access.server.authenticateToken(jwt)).toBeUndefined();
  });

  it('are for their audience only', async () => {
    const access = startAccess();
    const jwt = await token(access, { audiences: ['vault'] });
    expect(await access.server.authenticateToken(jwt)).toBeUndefined();
    const review = (audiences: readonly string[]) =>
      access.as(ADMIN)('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: jwt, audiences } });
    expect((await review(['vault', 'other'])).object['status']).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: { username: 'system:serviceaccount:default:default' },
    });
    expect((await review([])).object['status'].error).toContain('is invalid for the target audiences');
  });

  it('die with the pod that they are bound to, and say which', async () => {
    const access = startAccess();
    const admin = access.as(ADMIN);
    const pod = await admin('POST', PODS, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'x' }] } });
    const { uid } = pod.object['metadata'];
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid };
    const jwt = await token(access, { boundObjectRef, expirationSeconds: 3607 });
    const claims = claimsOf(jwt);
    expect(claims['kubernetes.io']).toMatchObject({ pod: { name: 'p', uid }, warnafter: Number(claims['iat']) + 3607 });
    expect(claims['exp']).toBe(Number(claims['iat']) + 365 * 24 * 3600);
    expect((await access.server.authenticateToken(jwt))?.extra).toMatchObject({ 'authentication.kubernetes.io/pod-name': ['p'] });
    const wrong = await admin('POST', `${ACCOUNTS}/default/token`, { spec: { boundObjectRef: { ...boundObjectRef, uid: 'other' } } });
    expect(wrong.object['message']).toContain('the UID in the bound object reference (other) does not match the UID in record');
    await admin('DELETE', `${PODS}/p?gracePeriodSeconds=0`);
    expect(await access.server.authenticateToken(jwt)).toBeUndefined();
  });

  it('are refused with the words of kube-apiserver', async () => {
    const access = startAccess();
    const short = await access.as(ADMIN)('POST', `${ACCOUNTS}/default/token`, { spec: { expirationSeconds: 60 } });
    expect(short.object['message']).toBe(
      'TokenRequest.authentication.k8s.io "default" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    );
    const node = access.as(person('system:node:n1', 'system:nodes'));
    expect((await node('POST', `${ACCOUNTS}/default/token`, { spec: {} })).status).toBe(403);
  });

  it('of Secrets hold as long as the Secret does', async () => {
    const access = startAccess();
    const admin = access.as(ADMIN);
    const account = (await admin('GET', `${ACCOUNTS}/default`)).object;
    const jwt = legacyTokenSigner(KEY)({
      namespace: 'default',
      secretName: 's',
      accountName: 'default',
      accountUid: account['metadata'].uid as string,
    });
    expect(await access.server.authenticateToken(jwt)).toBeUndefined();
    await admin('POST', '/api/v1/namespaces/default/secrets', {
      metadata: { name: 's', annotations: { 'kubernetes.io/service-account.name': 'default' } },
      type: 'kubernetes.io/service-account-token',
      data: { token: Buffer.from(jwt).toString('base64') },
    });
    expect((await access.server.authenticateToken(jwt))?.username).toBe('system:serviceaccount:default:default');
    await admin('DELETE', '/api/v1/namespaces/default/secrets/s');
    expect(await access.server.authenticateToken(jwt)).toBeUndefined();
  });

  it('can be checked by others with the published key', async () => {
    const access = startAccess();
    const call = access.as(person('system:serviceaccount:a:b', 'system:serviceaccounts'));
    const { object } = await call('GET', '/.well-known/openid-configuration');
    expect(object).toMatchObject({
      issuer: claimsOf(await token(access))['iss'],
      jwks_uri: 'https://127.0.0.1:6443/openid/v1/jwks',
      id_token_signing_alg_values_supported: ['ES256'],
    });
    const { keys } = (await call('GET', '/openid/v1/jwks')).object as { keys: Record<string, unknown>[] };
    expect(keys).toEqual([expect.objectContaining({ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256' })]);
    expect((await access.as(person('jane'))('GET', '/openid/v1/jwks')).status).toBe(403);
  });

  it('known from elsewhere have their users', async () => {
    const { server } = startAccess(new Map([['s3cret', person('ci', 'robots')]]));
    expect(await server.authenticateToken('s3cret')).toEqual(person('ci', 'robots'));
  });
});
