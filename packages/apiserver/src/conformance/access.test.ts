// Section 1.14, 1.17 and 1.19: refusals as Status bodies, tokens, and who may do what.
import { describe, expect, test } from 'vitest';
import { configMap, type Json, MERGE, NAMESPACED, wire } from './wire.fixture.ts';

const MAPS = `${NAMESPACED}/configmaps`;
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const jane = { user: { username: 'jane', groups: ['devs', 'system:authenticated'] } };

describe('refusals', () => {
  test('name the resource in lower case, for invalid objects the kind, with their causes', async () => {
    const { ask } = wire();
    expect((await ask('GET', '/apis/apps/v1/namespaces/default/statefulsets/web')).object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'statefulsets.apps "web" not found',
      reason: 'NotFound',
      details: { name: 'web', group: 'apps', kind: 'statefulsets' },
      code: 404,
    });
    expect((await ask('POST', `${NAMESPACED}/pods`, { metadata: { name: 'A_' }, spec: { containers: [] } })).object).toMatchObject({
      reason: 'Invalid',
      code: 422,
      details: {
        name: 'A_',
        kind: 'Pod',
        causes: [
          { reason: 'FieldValueInvalid', field: 'metadata.name' },
          { reason: 'FieldValueRequired', field: 'spec.containers', message: 'Required value' },
        ],
      },
    });
  });

  test('of rights say who may not do what, where', async () => {
    const { ask } = wire();
    for (const [path, message] of [
      [`${NAMESPACED}/pods`, 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"'],
      ['/api/v1/nodes/n1', 'nodes "n1" is forbidden: User "jane" cannot get resource "nodes" in API group "" at the cluster scope'],
      ['/metrics', 'forbidden: User "jane" cannot get path "/metrics"'],
    ] as const)
      expect((await ask('GET', path, undefined, jane)).object).toMatchObject({ code: 403, reason: 'Forbidden', message });
  });
});

describe('tokens', () => {
  const issue = async (
    spec: Json,
  ): Promise<{ readonly claims: Json; readonly status: Json; readonly token: string; readonly server: ReturnType<typeof wire> }> => {
    const server = wire();
    const { status } = await server.ok('POST', `${NAMESPACED}/serviceaccounts/default/token`, { spec });
    const token = status.token as string;
    return { claims: JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Json, status, token, server };
  };

  test('state whose they are and for how long: an hour unless asked otherwise', async () => {
    const { claims, status, server } = await issue({});
    const account = await server.ok('GET', `${NAMESPACED}/serviceaccounts/default`);
    const now = Date.parse('2026-01-01T00:00:00Z') / 1000;
    expect(claims).toEqual({
      aud: ['https://kubernetes.default.svc.cluster.local'],
      exp: now + 3600,
      iat: now,
      iss: 'https://kubernetes.default.svc.cluster.local',
      jti: expect.any(String),
      nbf: now,
      sub: 'system:serviceaccount:default:default',
      'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'default', uid: account['metadata'].uid } },
    });
    expect(status.expirationTimestamp).toBe('2026-01-01T01:00:00Z');
  });

  test('are reviewed, and denied when they are none', async () => {
    const { token, server } = await issue({});
    const review = (given: string): Promise<Json> =>
      server.ok('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: given } });
    expect((await review(token))['status']).toMatchObject({
      authenticated: true,
      user: {
        username: 'system:serviceaccount:default:default',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      },
    });
    expect((await review('nonsense'))['status'].authenticated ?? false).toBe(false);
  });
});

describe('rights', () => {
  const role = (rules: Json[]): Json => ({ metadata: { name: 'r' }, rules });
  const bound = async (rules: Json[]) => {
    const server = wire();
    await server.ok('POST', `${RBAC}/namespaces/default/roles`, role(rules));
    await server.ok('POST', `${RBAC}/namespaces/default/rolebindings`, {
      metadata: { name: 'b' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'devs' }],
    });
    // The authorizer follows the store.
    await expect
      .poll(
        async () =>
          (await server.ok('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { spec: { namespace: 'default' } }, jane))[
            'status'
          ].resourceRules.length,
      )
      .toBeGreaterThan(0);
    return server;
  };

  test.each<[Json, string, string, boolean]>([
    [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }, 'GET', `${NAMESPACED}/pods`, true],
    [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }, 'GET', '/api/v1/pods', false],
    [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, 'GET', MAPS, true],
    [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'] }, 'GET', `${MAPS}/a`, true],
    [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'] }, 'GET', `${MAPS}/b`, false],
    [{ verbs: ['get'], apiGroups: ['apps'], resources: ['*/scale'] }, 'GET', '/apis/apps/v1/namespaces/default/statefulsets/s/scale', true],
    [{ verbs: ['get'], apiGroups: ['apps'], resources: ['*/scale'] }, 'GET', '/apis/apps/v1/namespaces/default/statefulsets/s', false],
    [{ verbs: ['get'], apiGroups: [''], resources: ['pods/log'] }, 'GET', `${NAMESPACED}/pods/p/log`, true],
    [{ verbs: ['get'], apiGroups: [''], resources: ['pods/log'] }, 'GET', `${NAMESPACED}/pods/p`, false],
  ])('%#: %j', async (rule, method, path, allowed) => {
    const server = await bound([rule]);
    expect((await server.ask(method, path, undefined, jane)).status === 403).toBe(!allowed);
  });

  test('are asked for: can I, may they, what may I', async () => {
    const server = await bound([{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }]);
    const review = async (kind: string, spec: Json): Promise<Json> =>
      (await server.ok('POST', `/apis/authorization.k8s.io/v1/${kind}`, { spec }, jane))['status'] as Json;
    const attributes = { verb: 'list', resource: 'pods', namespace: 'default' };
    expect(await review('selfsubjectaccessreviews', { resourceAttributes: attributes })).toMatchObject({
      allowed: true,
      reason: expect.stringContaining('RBAC: allowed by'),
    });
    expect(await review('selfsubjectaccessreviews', { resourceAttributes: { ...attributes, verb: 'delete' } })).toMatchObject({
      allowed: false,
    });
    expect(await review('selfsubjectrulesreviews', { namespace: 'default' })).toMatchObject({
      incomplete: false,
      resourceRules: expect.arrayContaining([expect.objectContaining({ verbs: ['get', 'list'], resources: ['pods'] })]),
      nonResourceRules: expect.any(Array),
    });
    const other = await server.ok('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      spec: { user: 'bob', groups: ['devs'], resourceAttributes: attributes },
    });
    expect(other['status'].allowed).toBe(true);
    const self = await server.ok('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, jane);
    expect(self['status'].userInfo).toMatchObject({ username: 'jane', groups: ['devs', 'system:authenticated'] });
  });

  test('are not given by those who do not have them', async () => {
    const server = await bound([{ verbs: ['get', 'patch'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] }]);
    const { status, text } = await server.ask(
      'PATCH',
      `${RBAC}/namespaces/default/roles/r`,
      { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }] },
      { ...jane, ...MERGE },
    );
    expect([status, text]).toEqual([
      403,
      expect.stringContaining(
        'user "jane" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held',
      ),
    ]);
  });

  test('are those of whoever is impersonated', async () => {
    const server = await bound([{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'] }]);
    await server.ok('POST', MAPS, configMap('a'));
    const as = { 'impersonate-user': 'bob', 'impersonate-group': 'devs' };
    expect((await server.ask('GET', `${MAPS}/a`, undefined, { headers: as })).status).toBe(200);
    expect((await server.ask('GET', MAPS, undefined, { headers: as })).text).toContain('User "bob" cannot list resource "configmaps"');
    expect((await server.ask('GET', `${MAPS}/a`, undefined, { ...jane, headers: as })).text).toContain(
      'User "jane" cannot impersonate resource "users"',
    );
  });

  test('of a new cluster: the roles that people bind, and those that add themselves to them', async () => {
    const { ok } = wire();
    for (const name of ['cluster-admin', 'admin', 'edit', 'view', 'system:basic-user', 'system:discovery', 'system:node'])
      await ok('GET', `${RBAC}/clusterroles/${name}`);
    expect((await ok('GET', `${RBAC}/clusterroles/admin`))['aggregationRule']).toEqual({
      clusterRoleSelectors: [{ matchLabels: { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' } }],
    });
  });
});
