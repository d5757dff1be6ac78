import { describe, expect, it } from 'vitest';
import { account, ADMIN, person, startAccess } from './server.fixture.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const PODS = '/api/v1/namespaces/default/pods';

const role = (name: string, rules: readonly object[]): object => ({ metadata: { name }, rules });
const binding = (name: string, kind: string, of: string, subject: object): object => ({
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: of },
  subjects: [subject],
});
const user = (name: string): object => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name });

describe('roles', () => {
  it('refuses, in the words of kube-apiserver, what no role allows', async () => {
    const access = startAccess();
    const call = access.as(account('a', 'b'));
    expect((await call('GET', PODS)).object).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: 'pods is forbidden: User "system:serviceaccount:a:b" cannot list resource "pods" in API group "" in the namespace "default"',
      details: { kind: 'pods' },
    });
    expect((await call('GET', '/api/v1/pods')).object['message']).toContain('in API group "" at the cluster scope');
    expect((await call('GET', '/api/v1/namespaces/x')).object['message']).toBe(
      'namespaces "x" is forbidden: User "system:serviceaccount:a:b" cannot get resource "namespaces" in API group "" in the namespace "x"',
    );
    expect((await call('DELETE', '/apis/apps/v1/namespaces/default/statefulsets/db')).object['message']).toBe(
      'statefulsets.apps "db" is forbidden: User "system:serviceaccount:a:b" cannot delete resource "statefulsets" in API group "apps" in the namespace "default"',
    );
    expect((await call('POST', `${PODS}/p/exec`)).object['message']).toContain('cannot create resource "pods/exec"');
    expect((await call('GET', '/metrics')).object['message']).toBe(
      'forbidden: User "system:serviceaccount:a:b" cannot get path "/metrics"',
    );
    expect((await call('GET', '/version')).status).toBe(200);
    expect((await call('GET', '/apis/apps/v1')).status).toBe(200);
  });

  it('allows what a role says, where its binding says so, until either is taken away', async () => {
    const access = startAccess();
    const admin = access.as(ADMIN);
    const jane = access.as(person('jane'));
    await admin(
      'POST',
      `${RBAC}/namespaces/default/roles`,
      role('reader', [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }]),
    );
    await admin('POST', `${RBAC}/namespaces/default/rolebindings`, binding('readers', 'Role', 'reader', user('jane')));
    expect((await jane('GET', PODS)).status).toBe(200);
    expect((await jane('GET', '/api/v1/namespaces/kube-system/pods')).status).toBe(403);
    expect((await jane('GET', `${PODS}?watch=1`)).status).toBe(403);
    expect((await jane('GET', `${PODS}/p/log`)).status).toBe(403);
    await admin('DELETE', `${RBAC}/namespaces/default/roles/reader`);
    expect((await jane('GET', PODS)).object['message']).toMatch(/: RBAC: role.rbac.authorization.k8s.io "reader" not found$/);
    await admin('DELETE', `${RBAC}/namespaces/default/rolebindings/readers`);
    expect((await jane('GET', PODS)).object['message']).not.toContain('RBAC');
  });

  it('restricts rules to names, also of lists by name, and to subresources by star', async () => {
    const access = startAccess();
    const admin = access.as(ADMIN);
    const jane = access.as(person('jane', 'devs'));
    await admin(
      'POST',
      `${RBAC}/clusterroles`,
      role('one', [
        { verbs: ['get', 'list', 'update'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'] },
        { verbs: ['get'], apiGroups: ['*'], resources: ['*/scale'] },
      ]),
    );
    await admin(
      'POST',
      `${RBAC}/clusterrolebindings`,
      binding('one', 'ClusterRole', 'one', { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'devs' }),
    );
    const maps = '/api/v1/namespaces/default/configmaps';
    expect((await jane('GET', `${maps}/mine`)).status).toBe(404);
    expect((await jane('GET', `${maps}/other`)).status).toBe(403);
    expect((await jane('GET', `${maps}?fieldSelector=metadata.name%3Dmine`)).status).toBe(200);
    expect((await jane('GET', `${maps}?fieldSelector=metadata.name!%3Dmine`)).status).toBe(403);
    expect((await jane('GET', maps)).status).toBe(403);
    expect((await jane('GET', '/apis/apps/v1/namespaces/default/statefulsets/x/scale')).status).toBe(404);
    expect((await jane('GET', '/apis/apps/v1/namespaces/default/statefulsets/x/status')).status).toBe(403);
  });

  it('lets nobody grant what they do not have', async () => {
    const access = startAccess();
    const admin = access.as(ADMIN);
    await admin(
      'POST',
      `${RBAC}/clusterroles`,
      role('granter', [
        { verbs: ['*'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] },
        { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
      ]),
    );
    await admin('POST', `${RBAC}/clusterrolebindings`, binding('granter', 'ClusterRole', 'granter', user('jane')));
    // The star includes escalate and bind, so take them out.
    await admin(
      'PUT',
      `${RBAC}/clusterroles/granter`,
      role('granter', [
        { verbs: ['get', 'create', 'update', 'patch'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] },
        { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
      ]),
    );
    const jane = access.as(person('jane'));
    const roles = `${RBAC}/namespaces/default/roles`;
    expect((await jane('POST', roles, role('small', [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]))).status).toBe(201);
    expect(
      (await jane('POST', roles, role('big', [{ verbs: ['get', 'delete', 'list'], apiGroups: [''], resources: ['pods'] }]))).object,
    ).toMatchObject({
      code: 403,
      message:
        'roles.rbac.authorization.k8s.io "big" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete", "list"]}',
    });
    const bindings = `${RBAC}/namespaces/default/rolebindings`;
    expect((await jane('POST', bindings, binding('a', 'Role', 'small', user('joe')))).status).toBe(201);
    expect((await jane('POST', bindings, binding('b', 'ClusterRole', 'cluster-admin', user('joe')))).object['message']).toContain(
      'is attempting to grant RBAC permissions not currently held',
    );
    await admin(
      'POST',
      `${RBAC}/clusterroles`,
      role('binder', [
        { verbs: ['bind'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], resourceNames: ['cluster-admin'] },
        { verbs: ['escalate'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] },
      ]),
    );
    await admin('POST', `${RBAC}/clusterrolebindings`, binding('binder', 'ClusterRole', 'binder', user('jane')));
    expect((await jane('POST', bindings, binding('b', 'ClusterRole', 'cluster-admin', user('joe')))).status).toBe(201);
    expect((await jane('POST', roles, role('big', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]))).status).toBe(201);
  });

  it('has the roles of a new cluster', async () => {
    const access = startAccess();
    const { object } = await access.as(ADMIN)('GET', `${RBAC}/clusterroles`);
    const names = (object['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'cluster-admin',
        'admin',
        'edit',
        'view',
        'system:node',
        'system:kube-scheduler',
        'system:controller:statefulset-controller',
      ]),
    );
    const bindings = (await access.as(ADMIN)('GET', `${RBAC}/clusterrolebindings/system:controller:statefulset-controller`)).object;
    expect(bindings['subjects']).toEqual([{ kind: 'ServiceAccount', name: 'statefulset-controller', namespace: 'kube-system' }]);
    const sets = access.as(account('kube-system', 'statefulset-controller'));
    expect((await sets('GET', '/apis/apps/v1/statefulsets')).status).toBe(200);
    expect((await sets('GET', '/api/v1/secrets')).status).toBe(403);
  });
});

describe('impersonation', () => {
  it('needs the verb for each part, and gives the standing of the one who is meant', async () => {
    const access = startAccess();
    const admin = access.as(ADMIN);
    const whoami = (call: typeof admin, headers: Readonly<Record<string, string>>) =>
      call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers);
    const found = await whoami(admin, { 'impersonate-user': 'jane', 'impersonate-group': 'devs, ops', 'impersonate-extra-scopes': 'view' });
    expect(found.object['status'].userInfo).toEqual({
      username: 'jane',
      groups: ['devs', 'ops', 'system:authenticated'],
      extra: { scopes: ['view'] },
    });
    const robot = await whoami(admin, { 'impersonate-user': 'system:serviceaccount:a:b' });
    expect(robot.object['status'].userInfo.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated']);
    const refusedUser = await whoami(access.as(person('plain')), { 'impersonate-user': 'jane' });
    expect(refusedUser.object['message']).toBe(
      'users "jane" is forbidden: User "plain" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    await admin(
      'POST',
      `${RBAC}/clusterroles`,
      role('as-jane', [{ verbs: ['impersonate'], apiGroups: [''], resources: ['users'], resourceNames: ['jane'] }]),
    );
    await admin('POST', `${RBAC}/clusterrolebindings`, binding('as-jane', 'ClusterRole', 'as-jane', user('plain')));
    expect((await whoami(access.as(person('plain')), { 'impersonate-user': 'jane' })).object['status'].userInfo.username).toBe('jane');
    const asMaster = await whoami(access.as(person('plain')), { 'impersonate-user': 'jane', 'impersonate-group': 'system:masters' });
    expect(asMaster.object['message']).toContain('cannot impersonate resource "groups"');
    // The one who is meant is refused what they may not do, also when an administrator asks.
    expect((await admin('GET', PODS, undefined, { 'impersonate-user': 'jane' })).status).toBe(403);
  });
});

describe('reviews', () => {
  it('answer can-i for oneself and for others', async () => {
    const access = startAccess();
    const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
    const resourceAttributes = { verb: 'list', resource: 'pods', namespace: 'default' };
    const self = await access.as(person('jane'))('POST', `${AUTHORIZATION}/selfsubjectaccessreviews`, { spec: { resourceAttributes } });
    expect(self.object['status']).toEqual({ allowed: false });
    const other = await access.as(ADMIN)('POST', `${AUTHORIZATION}/subjectaccessreviews`, {
      spec: { resourceAttributes, user: 'system:kube-scheduler', groups: ['system:authenticated'] },
    });
    expect(other.object['status']).toEqual({
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "system:kube-scheduler" of ClusterRole "system:kube-scheduler" to User "system:kube-scheduler"',
    });
    expect((await access.as(person('jane'))('POST', `${AUTHORIZATION}/subjectaccessreviews`, {})).status).toBe(403);
    const rules = await access.as(person('jane'))('POST', `${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: { namespace: 'default' } });
    expect(rules.object['status']).toMatchObject({ incomplete: false });
    expect(rules.object['status'].resourceRules).toContainEqual({
      verbs: ['create'],
      apiGroups: ['authentication.k8s.io'],
      resources: ['selfsubjectreviews'],
    });
  });
});

describe('nodes', () => {
  const node = (name: string) => person(`system:node:${name}`, 'system:nodes');
  const pod = (name: string, nodeName: string, secretName: string): object => ({
    metadata: { name },
    spec: {
      nodeName,
      containers: [{ name: 'c', image: 'x' }],
      volumes: [
        { name: 's', secret: { secretName } },
        { name: 'd', persistentVolumeClaim: { claimName: `data-${name}` } },
      ],
    },
  });

  it('read what their pods need, and write about themselves', async () => {
    const access = startAccess();
    const admin = access.as(ADMIN);
    await admin('POST', PODS, pod('a', 'n1', 'secret-a'));
    await admin('POST', PODS, pod('b', 'n2', 'secret-b'));
    const n1 = access.as(node('n1'));
    expect((await n1('GET', '/api/v1/namespaces/default/secrets/secret-a')).status).toBe(404);
    expect((await n1('GET', '/api/v1/namespaces/default/secrets/secret-b')).object['message']).toBe(
      `secrets "secret-b" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'n1' and this object`,
    );
    expect((await n1('GET', '/api/v1/namespaces/default/secrets')).status).toBe(403);
    expect((await n1('GET', '/api/v1/namespaces/default/configmaps/kube-root-ca.crt')).status).toBe(404);
    expect((await n1('GET', '/api/v1/namespaces/default/persistentvolumeclaims/data-a')).status).toBe(404);
    expect((await n1('GET', '/api/v1/namespaces/default/persistentvolumeclaims/data-b')).status).toBe(403);
    expect((await n1('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1')).status).toBe(200);
    expect((await n1('GET', '/api/v1/pods')).status).toBe(403);
    expect((await n1('POST', '/api/v1/nodes', { metadata: { name: 'n1' } })).status).toBe(201);
    expect((await n1('POST', '/api/v1/nodes', { metadata: { name: 'n2' } })).object['message']).toContain(
      'node "n1" is not allowed to modify node "n2"',
    );
    const status = { status: { phase: 'Running' } };
    const patch = { 'content-type': 'application/merge-patch+json' };
    expect((await n1('PATCH', `${PODS}/a/status`, status, patch)).status).toBe(200);
    expect((await n1('PATCH', `${PODS}/b/status`, status, patch)).object['message']).toContain(
      'node "n1" can only update pod status for pods with spec.nodeName set to itself',
    );
    expect((await n1('DELETE', `${PODS}/b`)).object['message']).toContain(
      'node "n1" can only delete pods with spec.nodeName set to itself',
    );
    const taints = { spec: { taints: [] } };
    expect((await n1('PATCH', '/api/v1/nodes/n1', taints, patch)).object['message']).toContain('node "n1" is not allowed to modify taints');
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    expect((await n1('POST', leases, { metadata: { name: 'n1' } })).status).toBe(201);
    expect((await n1('POST', leases, { metadata: { name: 'n2' } })).status).toBe(403);
    await admin('DELETE', `${PODS}/a?gracePeriodSeconds=0`);
    expect((await n1('GET', '/api/v1/namespaces/default/secrets/secret-a')).status).toBe(403);
  });
});
