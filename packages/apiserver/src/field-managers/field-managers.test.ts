import { FakeClock } from '@holdfast/clock';
import { StatusError } from '@holdfast/schema';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiServer } from '../api-server.ts';
import { fooDefinition } from '../conformance/wire.fixture.ts';
import { createTestServer } from '../testing/index.ts';

let server: ApiServer;
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
  server = createTestServer({
    clock,
    onBug: (error) => {
      throw error;
    },
  });
});

type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- answers are looked into freely here

async function call(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; object: Json }> {
  const { pathname, searchParams } = new URL(url, 'https://server');
  const response = await server
    .handle({
      method,
      path: pathname,
      query: searchParams,
      headers: { accept: 'application/json', 'user-agent': 'curl/8.0', ...headers },
      user: { username: 'admin', groups: ['system:masters'] },
      signal: new AbortController().signal,
      ...(body === undefined
        ? {}
        : {
            body: typeof body === 'string' ? { kind: 'bytes' as const, bytes: Buffer.from(body) } : { kind: 'value' as const, value: body },
          }),
    })
    .catch((error: unknown) => {
      if (error instanceof StatusError) return { kind: 'object' as const, status: error.code, headers: {}, object: error.status };
      throw error;
    });
  if (response.kind !== 'object') throw new Error(`answered with ${response.kind}`);
  return response as unknown as { status: number; object: Json };
}

const MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const map = (data: object, metadata: object = {}): Json => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm', ...metadata },
  data,
});
const deployment = (spec: object = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    selector: { matchLabels: { app: 'd' } },
    template: {
      metadata: { labels: { app: 'd' } },
      spec: { containers: [{ name: 'c', image: 'busybox', ports: [{ containerPort: 80 }] }] },
    },
    ...spec,
  },
});
const apply = (url: string, body: unknown, query = 'fieldManager=one'): ReturnType<typeof call> =>
  call('PATCH', `${url}?${query}`, body, { 'content-type': 'application/apply-patch+yaml' });
const merge = (url: string, body: unknown): ReturnType<typeof call> =>
  call('PATCH', url, body, { 'content-type': 'application/merge-patch+json' });
const managers = (object: Json): readonly string[] =>
  ((object['metadata'].managedFields ?? []) as Json[]).map(
    (entry) => `${entry['manager']} ${entry['operation']}${entry['subresource'] ? ` ${entry['subresource']}` : ''}`,
  );

describe('managers of writes', () => {
  it('are named by the request, else by the user agent', async () => {
    const created = await call('POST', MAPS, map({ x: '1' }));
    expect(created.object['metadata'].managedFields).toEqual([
      {
        manager: 'curl',
        operation: 'Update',
        apiVersion: 'v1',
        time: expect.any(String),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:x': {} } },
      },
    ]);
    const changed = await merge(`${MAPS}/m?fieldManager=two`, { data: { y: '2' } });
    expect(managers(changed.object)).toEqual(['curl Update', 'two Update']);
    expect(changed.object['metadata'].managedFields[1].fieldsV1).toEqual({ 'f:data': { 'f:y': {} } });
  });

  it('own what a Deployment states, as upstream writes it', async () => {
    const { object } = await call('POST', DEPLOYMENTS, deployment());
    const spec = object['metadata'].managedFields[0].fieldsV1['f:spec'];
    expect(JSON.stringify(spec)).toBe(
      '{"f:progressDeadlineSeconds":{},"f:replicas":{},"f:revisionHistoryLimit":{},"f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{},"f:maxUnavailable":{}},"f:type":{}},"f:template":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\\"name\\":\\"c\\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:containerPort":{},"f:protocol":{}}},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}}',
    );
  });

  it('are told apart by subresource, and own nothing that their request does not write', async () => {
    await call('POST', DEPLOYMENTS, deployment());
    const status = await merge(`${DEPLOYMENTS}/d/status?fieldManager=ctl`, { status: { replicas: 3 }, spec: { paused: true } });
    const entry = status.object['metadata'].managedFields.find((each: Json) => each['manager'] === 'ctl');
    expect(entry).toMatchObject({ subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } });
    expect(Object.keys(entry.fieldsV1)).toEqual(['f:status']);
    await merge(`${DEPLOYMENTS}/d/scale?fieldManager=scaler`, { spec: { replicas: 5 } });
    const { object } = await call('GET', `${DEPLOYMENTS}/d`);
    expect(managers(object)).toEqual(expect.arrayContaining(['scaler Update scale']));
    expect(object['metadata'].managedFields.find((each: Json) => each['manager'] === 'curl').fieldsV1['f:spec']).not.toHaveProperty(
      'f:replicas',
    );
  });

  it('are cleared by an empty list or entry, kept by none, and by one that cannot be read', async () => {
    await call('POST', MAPS, map({ x: '1' }));
    for (const managedFields of [[], [{}]]) {
      const cleared = await merge(`${MAPS}/m`, { metadata: { managedFields } });
      expect(cleared.object['metadata']).not.toHaveProperty('managedFields');
      const untracked = await merge(`${MAPS}/m`, { data: { x: String(Math.PI), n: JSON.stringify(managedFields) } });
      expect(untracked.object['metadata']).not.toHaveProperty('managedFields');
      await apply(`${MAPS}/m`, map({ z: '1' }));
    }
    const put = await call('PUT', `${MAPS}/m`, map({ z: '1' }));
    expect(managers(put.object)).toEqual(['one Apply', 'before-first-apply Update']);
    const bad = await merge(`${MAPS}/m`, { metadata: { managedFields: [{ manager: 'x', operation: 'Nope' }] } });
    expect(managers(bad.object)).toEqual(managers(put.object));
    const long = { manager: 'x'.repeat(200), operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': {} } };
    const refused = await merge(`${MAPS}/m`, { metadata: { managedFields: [long] } });
    expect(refused.object['message']).toBe(
      'ConfigMap "m" is invalid: metadata.managedFields[0].manager: Too long: may not be more than 128 bytes',
    );
  });

  it('can be rewritten with a JSON patch, as kubectl does when it migrates', async () => {
    await call('POST', `${MAPS}?fieldManager=kubectl-client-side-apply`, map({ x: '1' }));
    const { object } = await call('GET', `${MAPS}/m`);
    const renamed = object['metadata'].managedFields.map((entry: Json) => ({ ...entry, manager: 'kubectl', operation: 'Apply' }));
    const patch = [
      { op: 'replace', path: '/metadata/managedFields', value: renamed },
      { op: 'replace', path: '/metadata/resourceVersion', value: object['metadata'].resourceVersion },
    ];
    const patched = await call('PATCH', `${MAPS}/m`, patch, { 'content-type': 'application/json-patch+json' });
    expect(managers(patched.object)).toEqual(['kubectl Apply']);
    const stale = await call('PATCH', `${MAPS}/m`, patch, { 'content-type': 'application/json-patch+json' });
    expect(stale.status).toBe(409);
  });
});

describe('server-side apply', () => {
  it('creates with 201, then changes, and does not write what is there already', async () => {
    const created = await apply(`${MAPS}/m`, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n  x: "1"\n');
    expect([created.status, managers(created.object), created.object['data']]).toEqual([201, ['one Apply'], { x: '1' }]);
    await clock.advance(5000);
    const again = await apply(`${MAPS}/m`, map({ x: '1' }));
    expect(again.status).toBe(200);
    expect(again.object).toEqual(created.object);
    const changed = await apply(`${MAPS}/m`, map({ y: '2' }));
    expect(changed.object['data']).toEqual({ y: '2' });
    expect(changed.object['metadata'].managedFields[0].time).not.toBe(created.object['metadata'].managedFields[0].time);
  });

  it('refuses to overrule others unless it is forced to', async () => {
    await call('POST', `${DEPLOYMENTS}?fieldManager=kubectl`, deployment({ replicas: 2 }));
    const conflict = await apply(`${DEPLOYMENTS}/d`, deployment({ replicas: 3 }));
    expect(conflict).toMatchObject({
      status: 409,
      object: {
        reason: 'Conflict',
        message: 'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas',
        details: {
          causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl" using apps/v1', field: '.spec.replicas' }],
        },
      },
    });
    const same = await apply(`${DEPLOYMENTS}/d`, deployment({ replicas: 2 }));
    expect(managers(same.object)).toEqual(['one Apply', 'kubectl Update']);
    const forced = await apply(`${DEPLOYMENTS}/d`, deployment({ replicas: 3 }), 'fieldManager=one&force=true');
    expect([forced.status, forced.object['spec'].replicas]).toEqual([200, 3]);
  });

  it('takes over what kubectl had applied on the client side', async () => {
    const annotated = (data: object): Json =>
      map(data, { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(map({ x: '1' })) } });
    await call('POST', `${MAPS}?fieldManager=kubectl-client-side-apply`, annotated({ x: '1' }));
    expect((await apply(`${MAPS}/m`, map({ x: '2' }), 'fieldManager=other')).status).toBe(409);
    const taken = await apply(`${MAPS}/m`, map({ x: '2' }), 'fieldManager=kubectl');
    expect([taken.status, taken.object['data']]).toEqual([200, { x: '2' }]);
    const remembered = taken.object['metadata'].annotations['kubectl.kubernetes.io/last-applied-configuration'];
    expect(JSON.parse(remembered)).toEqual(map({ x: '2' }));
  });

  it('dry runs without writing', async () => {
    const dry = await apply(`${MAPS}/m`, map({ x: '1' }), 'fieldManager=one&dryRun=All');
    expect([dry.status, managers(dry.object)]).toEqual([201, ['one Apply']]);
    expect((await call('GET', `${MAPS}/m`)).status).toBe(404);
  });

  it.each([
    [
      'without a manager',
      map({}),
      '',
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    ['with managedFields', map({}, { managedFields: [{}] }), 'fieldManager=a', 400, 'metadata.managedFields must be nil'],
    [
      'without a name',
      map({}, { name: undefined, generateName: 'x-' }),
      'fieldManager=a',
      400,
      'the name of the object (m based on URL) was undeterminable: name must be provided',
    ],
    ['of another name', map({}, { name: 'n' }), 'fieldManager=a', 400, 'the name of the object (n) does not match the name on the URL (m)'],
    [
      'of another version',
      { ...map({}), apiVersion: 'v2' },
      'fieldManager=a',
      400,
      'Incorrect version specified in apply patch. Specified patch version: v2, expected: v1',
    ],
    [
      'of another namespace',
      map({}, { namespace: 'x' }),
      'fieldManager=a',
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'with a uid of nothing',
      map({}, { uid: 'u' }),
      'fieldManager=a',
      409,
      'Operation cannot be fulfilled on configmaps "m": uid mismatch: the provided object specified uid u, and no existing object was found',
    ],
    [
      'with an unknown field',
      { ...map({}), bogus: 1 },
      'fieldManager=a',
      500,
      'failed to create typed patch object (/m; /v1, Kind=ConfigMap): .bogus: field not declared in schema',
    ],
    ['that is no YAML', 'a: [', 'fieldManager=a', 400, 'error converting YAML to JSON'],
  ])('%s is refused', async (_what, body, query, code, message) => {
    const { status, object } = await apply(`${MAPS}/m`, body, query);
    expect([status, object['message']]).toEqual([code, expect.stringContaining(message)]);
  });

  it('holds a resourceVersion of the configuration against the object', async () => {
    const { object } = await apply(`${MAPS}/m`, map({ x: '1' }));
    const { resourceVersion } = object['metadata'];
    expect((await apply(`${MAPS}/m`, map({ x: '2' }, { resourceVersion }))).status).toBe(200);
    expect((await apply(`${MAPS}/m`, map({ x: '3' }, { resourceVersion }))).status).toBe(409);
  });

  it('knows the lists of custom resources by their schemas', async () => {
    const keyed = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, n: { type: 'integer' } } },
    };
    const plain = { type: 'array', items: { type: 'string' } };
    const schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { keyed, plain, tags: { ...plain, 'x-kubernetes-list-type': 'set' } } } },
    };
    const crd = fooDefinition(schema);
    expect((await apply('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/foos.ex.io', crd)).status).toBe(201);
    const foo = (spec: object): Json => ({ apiVersion: 'ex.io/v1', kind: 'Foo', metadata: { name: 'f' }, spec });
    const url = '/apis/ex.io/v1/namespaces/default/foos/f';
    await apply(url, foo({ keyed: [{ id: 'a', n: 1 }], tags: ['x'], plain: ['p'] }));
    const both = await apply(url, foo({ keyed: [{ id: 'b', n: 2 }], tags: ['y'] }), 'fieldManager=two');
    expect(both.object['spec']).toEqual({
      keyed: [
        { id: 'a', n: 1 },
        { id: 'b', n: 2 },
      ],
      tags: ['x', 'y'],
      plain: ['p'],
    });
    const conflict = await apply(url, foo({ plain: ['q'] }), 'fieldManager=two');
    expect(conflict.object['message']).toBe('Apply failed with 1 conflict: conflict with "one": .spec.plain');
    const left = await apply(url, foo({}));
    expect(left.object['spec']).toEqual({ keyed: [{ id: 'b', n: 2 }], tags: ['y'] });
    const created = await call('POST', '/apis/ex.io/v1/namespaces/default/foos', { ...foo({ tags: ['x'] }), metadata: { name: 'g' } });
    expect(created.object['metadata'].managedFields[0].fieldsV1).toEqual({ 'f:spec': { '.': {}, 'f:tags': { '.': {}, 'v:"x"': {} } } });
  });
});
