// Section 1.1 and 1.4: which paths there are, and in which forms bodies come and go.
import { findTypeDef, servedGroups, typeNameOf } from '@holdfast/schema';
import { encodeBody } from '@holdfast/schema/testing';
import { describe, expect, test } from 'vitest';
import { configMap, fooDefinition, type Json, MERGE, NAMESPACED, pod, PROTOBUF, statefulSet, wire } from './wire.fixture.ts';

const MAPS = `${NAMESPACED}/configmaps`;
const PODS = `${NAMESPACED}/pods`;

const encoded = (apiVersion: string, kind: string, object: Json, typeName?: string): Uint8Array => {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return encodeBody(apiVersion, kind, typeName ?? typeNameOf({ group, version, kind }) ?? '', object);
};

describe('paths', () => {
  test.each(['/healthz', '/livez', '/readyz', '/healthz/ping', '/readyz/etcd'])('%s says ok in plain text', async (path) => {
    const answer = await wire().ask('GET', path);
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([200, 'ok', 'text/plain; charset=utf-8']);
  });

  test('the version is one that kubectl can parse', async () => {
    const { object } = await wire().ask('GET', '/version');
    expect(object).toMatchObject({ major: '1', minor: '32', gitVersion: expect.stringMatching(/^v1\.32\.\d+$/) });
  });

  test.each(['/api', '/apis', '/api/v1', '/apis/apps', '/apis/apps/v1', '/openapi/v2', '/openapi/v3', '/openapi/v3/apis/apps/v1'])(
    '%s is there',
    async (path) => {
      expect((await wire().ask('GET', path)).status).toBe(200);
    },
  );

  test.each(['/nope', '/apis/foo/v1/bars', '/apis/apps/v9/statefulsets', '/api/v1/bars', '/api/v2/pods', '/openapi/v9'])(
    '%s is not found, in plain text',
    async (path) => {
      const answer = await wire().ask('GET', path);
      expect([answer.status, answer.text.trim()]).toEqual([404, '404 page not found']);
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    },
  );

  test('the codes of success: 201 for what is made, 200 for everything else', async () => {
    const { ask } = wire();
    expect((await ask('POST', MAPS, configMap('a'))).status).toBe(201);
    expect((await ask('GET', `${MAPS}/a`)).status).toBe(200);
    expect((await ask('PUT', `${MAPS}/a`, configMap('a', { x: '1' }))).status).toBe(200);
    expect((await ask('PATCH', `${MAPS}/a`, { data: { y: '1' } }, MERGE)).status).toBe(200);
    expect((await ask('DELETE', `${MAPS}/a`)).status).toBe(200);
    await ask('POST', MAPS, configMap('held', {}, { finalizers: ['x.io/f'] }));
    expect(await ask('DELETE', `${MAPS}/held`)).toMatchObject({ status: 200, object: { kind: 'ConfigMap' } });
    expect((await ask('DELETE', MAPS)).status).toBe(200);
  });

  test('a verb that a resource does not have is a 405', async () => {
    const { ask } = wire();
    await ask('POST', MAPS, configMap('a'));
    expect((await ask('POST', `${MAPS}/a`, configMap('a'))).object).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
    expect((await ask('GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews')).object).toMatchObject({ code: 405 });
  });

  test('a watch is asked for by watch=true, watch=1 or the old prefix /watch/', async () => {
    for (const path of [`${MAPS}?watch=true`, `${MAPS}?watch=1`, '/api/v1/watch/namespaces/default/configmaps']) {
      const server = wire();
      await server.ok('POST', MAPS, configMap('a'));
      expect(await server.watched(path, 1)).toMatchObject([{ type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'a' } } }]);
    }
    const server = wire();
    await server.ok('POST', MAPS, configMap('a'));
    expect((await server.ask('GET', `${MAPS}?watch=false`)).object['kind']).toBe('ConfigMapList');
  });
});

describe('protobuf bodies', () => {
  const creatable = servedGroups().flatMap(({ group, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources
        .filter(({ verbs, kind }) => verbs.includes('create') && findTypeDef(typeNameOf({ group, version, kind }) ?? ''))
        .map(({ name, kind, namespaced }): [string, string, string] => {
          const apiVersion = group === '' ? version : `${group}/${version}`;
          const root = group === '' ? `/api/${version}` : `/apis/${apiVersion}`;
          return [kind, apiVersion, `${root}${namespaced ? '/namespaces/default' : ''}/${name}`];
        }),
    ),
  );

  test.each(creatable)('%s of %s is read as the same object in JSON is', async (kind, apiVersion, path) => {
    const object = { apiVersion, kind, metadata: { name: 'x', labels: { a: 'b' } } };
    const target = `${path}?dryRun=All`;
    const [json, proto] = [
      await wire().ask('POST', target, object),
      await wire().ask('POST', target, encoded(apiVersion, kind, object), PROTOBUF),
    ];
    expect(proto.status).not.toBe(415);
    const managed = (answer: Json): Json => ({ ...answer, metadata: { ...answer['metadata'], managedFields: undefined } });
    expect([proto.status, managed(proto.object)]).toEqual([json.status, managed(json.object)]);
  });

  test('zeros behind pointers stay, zeros of plain fields do not', async () => {
    const { ok } = wire();
    const claim = {
      metadata: { name: 'c' },
      spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    const made = await ok('POST', `${NAMESPACED}/persistentvolumeclaims`, encoded('v1', 'PersistentVolumeClaim', claim), PROTOBUF);
    expect(made['spec'].storageClassName).toBe('');
    const set = statefulSet('s', { replicas: 0, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } });
    const sent = { ...set, spec: { ...set['spec'], minReadySeconds: 0 } };
    const stored = await ok('POST', '/apis/apps/v1/namespaces/default/statefulsets', encoded('apps/v1', 'StatefulSet', sent), PROTOBUF);
    expect(stored['spec']).toMatchObject({ replicas: 0, updateStrategy: { rollingUpdate: { partition: 0 } } });
    expect(stored['spec']).not.toHaveProperty('minReadySeconds');
  });

  test('DeleteOptions, Scale, Eviction, Binding, TokenRequest, reviews, Lease and Event', async () => {
    const { ok, ask } = wire();
    const post = (path: string, apiVersion: string, kind: string, object: Json, method = 'POST'): Promise<Json> =>
      ok(method, path, encoded(apiVersion, kind, object), PROTOBUF);
    await ok('POST', MAPS, configMap('m'));
    const options = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
    const wrong = await ask('DELETE', `${MAPS}/m`, encoded('v1', 'DeleteOptions', { preconditions: { uid: 'other' } }, options), PROTOBUF);
    expect(wrong).toMatchObject({ status: 409 });
    expect(wrong.text).toMatch(/Precondition failed: UID in precondition: other/);
    await ok('POST', '/apis/apps/v1/namespaces/default/statefulsets', statefulSet('s'));
    const scale = await post(
      '/apis/apps/v1/namespaces/default/statefulsets/s/scale',
      'autoscaling/v1',
      'Scale',
      { metadata: { name: 's', namespace: 'default' }, spec: { replicas: 3 } },
      'PUT',
    );
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
    await ok('POST', PODS, pod('p'));
    expect(
      await post(`${PODS}/p/binding`, 'v1', 'Binding', { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } }),
    ).toMatchObject({ status: 'Success' });
    expect((await ok('GET', `${PODS}/p`))['spec'].nodeName).toBe('n1');
    expect(await post(`${PODS}/p/eviction`, 'policy/v1', 'Eviction', { metadata: { name: 'p' } })).toMatchObject({ status: 'Success' });
    const token = await post(`${NAMESPACED}/serviceaccounts/default/token`, 'authentication.k8s.io/v1', 'TokenRequest', {
      spec: { expirationSeconds: 700 },
    });
    expect(token['status'].token).toMatch(/^eyJ/);
    const review = await post(
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      'authorization.k8s.io/v1',
      'SelfSubjectAccessReview',
      { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } },
    );
    expect(review['status'].allowed).toBe(true);
    expect(
      await post('/apis/authentication.k8s.io/v1/selfsubjectreviews', 'authentication.k8s.io/v1', 'SelfSubjectReview', {}),
    ).toMatchObject({ status: { userInfo: { username: 'admin' } } });
    const lease = {
      metadata: { name: 'l' },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2024-01-01T00:00:00.123456Z' },
    };
    expect(await post('/apis/coordination.k8s.io/v1/namespaces/default/leases', 'coordination.k8s.io/v1', 'Lease', lease)).toMatchObject({
      spec: lease.spec,
    });
    const event = {
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'Tested',
      message: 'm',
      type: 'Normal',
      source: { component: 'test' },
      count: 1,
      firstTimestamp: '2024-01-01T00:00:00Z',
      lastTimestamp: '2024-01-01T00:00:00Z',
    };
    expect(await post(`${NAMESPACED}/events`, 'v1', 'Event', event)).toMatchObject({ reason: 'Tested', count: 1 });
  });
});

describe('other forms', () => {
  const REFUSED =
    /^415 the body of the request was in an unknown format - accepted media types include: application\/json, application\/yaml, application\/vnd\.kubernetes\.protobuf$/;

  test('YAML goes in, with its media type', async () => {
    const made = await wire().ok('POST', MAPS, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {a: "1"}\n', {
      type: 'application/yaml',
    });
    expect(made['data']).toEqual({ a: '1' });
  });

  test('types of bodies that nobody knows are a 415, CBOR among them', async () => {
    for (const type of ['application/xml', 'application/cbor', 'text/plain'])
      expect(await wire().refusal('POST', MAPS, 'x', { type })).toMatch(REFUSED);
  });

  test('answers that nobody can write are a 406', async () => {
    const answer = await wire().ask('GET', MAPS, undefined, { accept: 'application/cbor' });
    expect([answer.status, answer.object['reason']]).toEqual([406, 'NotAcceptable']);
    expect((await wire().ask('GET', MAPS, undefined, { accept: 'application/vnd.kubernetes.protobuf,application/json' })).status).toBe(200);
  });

  test('custom resources come as JSON or YAML, not as protobuf', async () => {
    const { ok, refusal } = wire();
    const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    await ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', fooDefinition(anything));
    const foos = '/apis/ex.io/v1/namespaces/default/foos';
    await ok('POST', foos, 'apiVersion: ex.io/v1\nkind: Foo\nmetadata: {name: f}\n', { type: 'application/yaml' });
    const body = encoded('v1', 'ConfigMap', { metadata: { name: 'f' } });
    expect(await refusal('POST', foos, body, PROTOBUF)).toMatch(/^4(00|15) /);
    expect(await refusal('PATCH', `${foos}/f`, { spec: {} }, { type: 'application/strategic-merge-patch+json' })).toBe(
      '415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  });
});
