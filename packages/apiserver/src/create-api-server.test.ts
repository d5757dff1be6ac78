import { FakeClock } from '@holdfast/clock';
import type { ApiResponse } from '@holdfast/schema';
import { beforeEach, describe, expect, it } from 'vitest';
import { fooDefinition } from './conformance/wire.fixture.ts';
import type { ApiServer } from './api-server.ts';
import { createTestServer } from './testing/index.ts';

let server: ApiServer;
let bugs: unknown[];

beforeEach(() => {
  bugs = [];
  server = createTestServer({
    clock: new FakeClock(),
    onBug: (error) => bugs.push(error),
  });
});

interface Answer {
  readonly status: number;
  readonly object: Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- answers are looked into freely here
}

async function call(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const { pathname, searchParams } = new URL(url, 'https://server');
  const response: ApiResponse = await server.handle({
    method,
    path: pathname,
    query: searchParams,
    headers: { accept: 'application/json', ...headers },
    user: { username: 'admin', groups: ['system:masters'] },
    signal: new AbortController().signal,
    ...(body === undefined ? {} : { body: { kind: 'value' as const, value: body } }),
  });
  if (response.kind !== 'object') throw new Error(`answered with ${response.kind}`);
  expect(bugs).toEqual([]);
  return response as unknown as Answer;
}

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: Record<string, string> = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

describe('createApiServer', () => {
  it('has what a new cluster has', async () => {
    const namespaces = await call('GET', '/api/v1/namespaces');
    expect(namespaces.object['items'].map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    expect((await call('GET', '/api/v1/namespaces/default/services/kubernetes')).object['spec'].clusterIP).toBe('127.64.128.1');
    expect((await call('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status).toBe(200);
  });

  it("turns a Secret's stringData into data", async () => {
    const path = '/api/v1/namespaces/default/secrets';
    const body = { metadata: { name: 's' }, data: { a: 'MQ==', b: 'Mg==' }, stringData: { b: 'two', c: '3' } };
    expect((await call('POST', path, body)).object['data']).toEqual({ a: 'MQ==', b: 'dHdv', c: 'Mw==' });
    expect((await call('GET', `${path}/s`)).object['stringData']).toBeUndefined();
  });

  it('creates, reads, changes and deletes', async () => {
    const created = await call('POST', CONFIG_MAPS, configMap('a', { x: '1' }));
    expect(created.status).toBe(201);
    expect(created.object['metadata']).toMatchObject({ name: 'a', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' });
    const again = await call('POST', CONFIG_MAPS, configMap('a'));
    expect(again).toMatchObject({ status: 409, object: { reason: 'AlreadyExists', message: 'configmaps "a" already exists' } });
    const same = await call('PUT', `${CONFIG_MAPS}/a`, created.object);
    expect(same.object['metadata'].resourceVersion).toBe(created.object['metadata'].resourceVersion);
    const changed = await call('PUT', `${CONFIG_MAPS}/a`, { ...created.object, data: { x: '2' } });
    expect(Number(changed.object['metadata'].resourceVersion)).toBeGreaterThan(Number(created.object['metadata'].resourceVersion));
    const stale = await call('PUT', `${CONFIG_MAPS}/a`, { ...created.object, data: { x: '3' } });
    expect(stale.object['message']).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    const patched = await call('PATCH', `${CONFIG_MAPS}/a`, { data: { y: '1' } }, { 'content-type': 'application/merge-patch+json' });
    expect(patched.object['data']).toEqual({ x: '2', y: '1' });
    const deleted = await call('DELETE', `${CONFIG_MAPS}/a`);
    expect(deleted.object).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'a', kind: 'configmaps' } });
    expect((await call('GET', `${CONFIG_MAPS}/a`)).object['message']).toBe('configmaps "a" not found');
  });

  it('refuses what upstream refuses, in its words', async () => {
    expect((await call('POST', '/api/v1/namespaces/nope/configmaps', configMap('a'))).object['message']).toBe(
      'namespaces "nope" not found',
    );
    const strict = await call('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, { ...configMap('a'), dta: {} });
    expect(strict).toMatchObject({
      status: 400,
      object: { message: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta"' },
    });
    const bad = await call('POST', '/api/v1/namespaces/default/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'A_' },
      spec: { containers: [] },
    });
    expect(bad.status).toBe(422);
    expect(bad.object['message']).toContain('Pod "A_" is invalid: [metadata.name: Invalid value: "A_": a lowercase RFC 1123 subdomain');
    expect(bad.object['message']).toContain('spec.containers: Required value');
  });

  it('gives pods an account, a token volume and tolerations', async () => {
    const pod = await call('POST', '/api/v1/namespaces/default/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    expect(pod.object['spec']).toMatchObject({ serviceAccountName: 'default', priority: 0, restartPolicy: 'Always' });
    expect(pod.object['spec'].tolerations).toHaveLength(2);
    expect(pod.object['spec'].volumes[0].name).toMatch(/^kube-api-access-/);
    expect(pod.object['status']).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  it('serves custom resources as soon as they are defined', async () => {
    const properties = {
      spec: { type: 'object', properties: { n: { type: 'integer', minimum: 3, default: 5 } } },
      status: { type: 'object', properties: { s: { type: 'string' } } },
    };
    const crd = fooDefinition({ type: 'object', properties }, { subresources: { status: {} } });
    const defined = await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
    expect(defined.object['status'].conditions.map((condition: { type: string }) => condition.type)).toEqual([
      'NamesAccepted',
      'Established',
    ]);
    const foos = '/apis/ex.io/v1/namespaces/default/foos';
    const foo = { apiVersion: 'ex.io/v1', kind: 'Foo', metadata: { name: 'f' }, spec: { other: 1 }, status: { s: 'no' } };
    const created = await call('POST', foos, foo);
    expect(created.object).toMatchObject({ spec: { n: 5 }, metadata: { generation: 1 } });
    expect(created.object['status']).toBeUndefined();
    const low = await call('POST', foos, { ...foo, metadata: { name: 'g' }, spec: { n: 2 } });
    expect(low.object['message']).toBe(
      'Foo.ex.io "g" is invalid: spec.n: Invalid value: 2: spec.n in body should be greater than or equal to 3',
    );
    const status = await call('PUT', `${foos}/f/status`, { ...created.object, status: { s: 'yes' } });
    expect(status.object).toMatchObject({ status: { s: 'yes' }, metadata: { generation: 1 } });
    const deleted = await call('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/foos.ex.io');
    expect(deleted.object['metadata'].deletionTimestamp).toBeDefined();
  });

  it('evicts within the budget', async () => {
    await call('POST', '/api/v1/namespaces/default/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', labels: { a: 'b' } },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    });
    await call(
      'PATCH',
      '/api/v1/namespaces/default/pods/p/status',
      { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      { 'content-type': 'application/merge-patch+json' },
    );
    const pdb = await call('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b' },
      spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
    });
    await call('PUT', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/b/status', {
      ...pdb.object,
      status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
    });
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: 'default' } };
    const refused = await call('POST', '/api/v1/namespaces/default/pods/p/eviction', eviction);
    expect(refused).toMatchObject({
      status: 429,
      object: {
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' }] },
      },
    });
    await call(
      'PATCH',
      '/apis/policy/v1/namespaces/default/poddisruptionbudgets/b/status',
      { status: { disruptionsAllowed: 1 } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect((await call('POST', '/api/v1/namespaces/default/pods/p/eviction', eviction)).status).toBe(201);
    const terminating = await call('GET', '/api/v1/namespaces/default/pods/p');
    expect(terminating.object['metadata'].deletionGracePeriodSeconds).toBe(30);
  });
});
