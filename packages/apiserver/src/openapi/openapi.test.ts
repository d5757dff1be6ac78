import { FakeClock } from '@holdfast/clock';
import { type ApiResponse, servedGroups } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { createOpenApi } from './index.ts';

const CUSTOM = {
  listKind: 'PodDisruptionBudgetList',
  openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', description: 'Mine.' } } },
};

const openApi = createOpenApi({
  groups: servedGroups,
  customSchemaOf: (group, _version, resource) => (group === 'policy' && resource === 'poddisruptionbudgets' ? CUSTOM : undefined),
  serverVersion: 'v1.32.0',
  clock: new FakeClock(),
});

function get(target: string, headers: Record<string, string> = {}): ApiResponse | undefined {
  const [path = '', query] = target.split('?');
  return openApi({ path, query: new URLSearchParams(query), headers });
}

function object<T>(target: string): T {
  const response = get(target);
  return (response?.kind === 'bytes' ? JSON.parse(Buffer.from(response.bytes).toString()) : undefined) as T;
}

interface Index {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

describe('OpenAPI v3', () => {
  it('has an index of documents, each with its hash', () => {
    const { paths } = object<Index>('/openapi/v3');
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['api/v1', 'apis/apps/v1']));
    for (const { serverRelativeURL } of Object.values(paths)) expect(get(serverRelativeURL)).toMatchObject({ status: 200 });
  });

  it('lets clients keep a document that they ask for by its hash', () => {
    const url = object<Index>('/openapi/v3').paths['apis/apps/v1']?.serverRelativeURL ?? '';
    expect(get(url)).toMatchObject({ headers: { 'cache-control': 'public, immutable', expires: expect.any(String) } });
    expect(get('/openapi/v3/apis/apps/v1')).toMatchObject({ headers: { 'cache-control': 'no-cache, private' } });
    expect(get('/openapi/v3/apis/apps/v1', { 'if-none-match': `"${url.split('=')[1]}"` })).toMatchObject({ status: 304 });
  });

  it('tells of every kind what PATCH understands', () => {
    const document = object<{ paths: Record<string, unknown> }>('/openapi/v3/apis/apps/v1');
    expect(document.paths['/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}']).toMatchObject({
      patch: {
        'x-kubernetes-group-version-kind': { group: 'apps', version: 'v1', kind: 'StatefulSet' },
        parameters: expect.arrayContaining(
          ['fieldValidation', 'dryRun', 'fieldManager'].map((name) => expect.objectContaining({ name, in: 'query' })),
        ),
        requestBody: { content: expect.objectContaining({ 'application/strategic-merge-patch+json': expect.anything() }) },
      },
    });
  });

  it('offers no strategic merge patch for custom resources', () => {
    const document = object<{ paths: object; components: { schemas: Record<string, object> } }>('/openapi/v3/apis/policy/v1');
    expect(JSON.stringify(document.paths)).not.toContain('strategic');
    expect(document.components.schemas['policy.v1.PodDisruptionBudget']).toMatchObject({
      properties: { spec: { description: 'Mine.' }, metadata: { allOf: [expect.anything()] } },
      'x-kubernetes-group-version-kind': [{ group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' }],
    });
  });

  it('has the schemas of all that a kind is made of, with the keys by which lists merge', () => {
    const { components } = object<{ components: { schemas: Record<string, { properties?: Record<string, object> }> } }>(
      '/openapi/v3/apis/apps/v1',
    );
    const { schemas } = components;
    const text = JSON.stringify(schemas);
    for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) expect(schemas).toHaveProperty([name]);
    expect(schemas['io.k8s.api.core.v1.Container']?.properties?.['ports']).toMatchObject({
      'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
      'x-kubernetes-patch-merge-key': 'containerPort',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(schemas['io.k8s.api.apps.v1.StatefulSetSpec']?.properties?.['template']).toMatchObject({
      default: {},
      description: expect.any(String),
    });
  });

  it('knows no other documents', () => {
    expect(get('/openapi/v3/apis/nope/v1')).toBeUndefined();
    expect(get('/openapi/v4')).toBeUndefined();
  });
});

describe('OpenAPI v2', () => {
  it('is an empty protobuf message for kubectl', () => {
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    expect(get('/openapi/v2', { accept })).toMatchObject({ kind: 'bytes', status: 200, bytes: new Uint8Array() });
    expect(get('/openapi/v2', {})).toMatchObject({ kind: 'object', object: { swagger: '2.0' } });
  });
});
