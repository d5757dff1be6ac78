import { type ApiResponse, type CustomResourceDefinition, type GroupDef, servedGroups } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { compareVersions, createDiscovery, customGroups } from './index.ts';

const definition: CustomResourceDefinition = {
  metadata: { name: 'clusters.db.example.com' },
  spec: {
    group: 'db.example.com',
    scope: 'Namespaced',
    names: { plural: 'clusters', kind: 'Cluster', shortNames: ['cl'], categories: ['all'] },
    versions: [
      { name: 'v1beta1', served: true, storage: false },
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.a', statusReplicasPath: '.b' } },
      },
      { name: 'v2', served: false, storage: false },
    ],
  },
  status: { conditions: [{ type: 'Established', status: 'True' }] },
};
let groups: readonly GroupDef[] = servedGroups();
const discovery = createDiscovery({ groups: () => groups, serverAddress: '127.0.0.1:6443' });

function get(path: string, accept = 'application/json', headers: Record<string, string> = {}): ApiResponse | undefined {
  return discovery({ path, headers: { accept, ...headers } });
}

function body(path: string, accept?: string): Record<string, never> {
  const response = get(path, accept);
  return (response?.kind === 'object' ? response.object : undefined) as Record<string, never>;
}

function accept(version: string): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;
}

describe('aggregated discovery', () => {
  it.each(['v2', 'v2beta1'])('answers %s with its own media type', (version) => {
    const response = get('/apis', accept(version));
    expect(response).toMatchObject({
      status: 200,
      headers: { 'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList` },
      object: { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}` },
    });
  });

  it('takes the first version that it knows', () => {
    expect(body('/api', `${accept('v9')}`)).toMatchObject({ kind: 'APIVersions' });
    expect(body('/api', accept('v2'))).toMatchObject({
      items: [{ metadata: { creationTimestamp: null }, versions: [{ version: 'v1', freshness: 'Current' }] }],
    });
  });

  it('lists subresources with the kinds of other groups', () => {
    const items = body('/api', accept('v2'))['items'] as unknown as [{ versions: [{ resources: { resource: string }[] }] }];
    expect(items[0].versions[0].resources.find(({ resource }) => resource === 'pods')).toMatchObject({
      scope: 'Namespaced',
      singularResource: 'pod',
      shortNames: ['po'],
      subresources: expect.arrayContaining([
        { subresource: 'eviction', responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
      ]),
    });
  });
});

describe('discovery in many answers', () => {
  it('names groups, their versions and their resources', () => {
    expect(body('/api')).toMatchObject({
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ serverAddress: '127.0.0.1:6443' }],
    });
    expect(body('/apis')).toMatchObject({ kind: 'APIGroupList' });
    expect(body('/apis/apps')).toMatchObject({
      kind: 'APIGroup',
      name: 'apps',
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    });
    const resources = body('/api/v1')['resources'] as unknown as { name: string }[];
    expect(resources.find(({ name }) => name === 'pods/eviction')).toMatchObject({
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      singularName: '',
    });
    expect(body('/apis/apps/v1')).toMatchObject({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'apps/v1' });
  });

  it('knows no other paths', () => {
    for (const path of ['/apis/nope', '/apis/apps/v2', '/api/v2', '/api/v1/pods', '/version', '/', '/apis/apps/v1/deployments']) {
      expect(get(path)).toBeUndefined();
    }
  });

  it('answers 304 to who knows already', () => {
    const etag = (get('/apis') as { headers: Record<string, string> }).headers['etag'] ?? '';
    expect(get('/apis', 'application/json', { 'if-none-match': etag })).toMatchObject({ status: 304 });
    expect(get('/apis', accept('v2'), { 'if-none-match': etag })).toMatchObject({ status: 200 });
  });
});

describe('custom groups', () => {
  it('appear once their definition is established', () => {
    expect(customGroups([{ ...definition, status: { conditions: [] } }])).toEqual([]);
    groups = [...servedGroups(), ...customGroups([definition])];
    expect(body('/apis/db.example.com')).toMatchObject({
      preferredVersion: { version: 'v1' },
      versions: [{ version: 'v1' }, { version: 'v1beta1' }],
    });
    const resources = body('/apis/db.example.com/v1')['resources'] as unknown as { name: string }[];
    expect(resources.map(({ name }) => name)).toEqual(['clusters', 'clusters/status', 'clusters/scale']);
    groups = servedGroups();
    expect(get('/apis/db.example.com')).toBeUndefined();
  });

  it('order versions by stability, then by number', () => {
    const ordered = ['v1alpha1', 'v11beta2', 'v10', 'foo1', 'v2', 'v1', 'v3beta1', 'v12alpha1', 'foo10'].toSorted(compareVersions);
    expect(ordered).toEqual(['v10', 'v2', 'v1', 'v11beta2', 'v3beta1', 'v12alpha1', 'v1alpha1', 'foo1', 'foo10']);
  });
});
