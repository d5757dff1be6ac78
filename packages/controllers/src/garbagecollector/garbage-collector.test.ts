// The collector against a real API server: what it deletes, and what it does while the server cannot say which resources there are.
import type { ComponentFactory } from '@holdfast/controller';
import { CONFIGMAPS, CUSTOMRESOURCEDEFINITIONS, type KubeObject, type OwnerReference, type ResourceType } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { garbageCollector } from './garbage-collector.ts';

const namespace = 'default';
const WIDGETS: ResourceType = { group: 'x.io', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true };
const GONE: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '0' };

/** The collector, with a server that can be told not to answer discovery. */
function withDiscovery(): { readonly make: ComponentFactory; readonly discovery: { down: boolean; asked: number } } {
  const discovery = { down: false, asked: 0 };
  const make: ComponentFactory = (context) => {
    const { client } = context;
    return garbageCollector({
      ...context,
      client: {
        ...client,
        raw: (...args) => {
          discovery.asked++;
          return discovery.down ? Promise.reject(new Error('connection refused')) : client.raw(...args);
        },
      },
    });
  };
  return { make, discovery };
}

function owned(name: string, owner: OwnerReference): KubeObject {
  return { metadata: { namespace, name, ownerReferences: [owner] } };
}

async function names({ client }: TestCluster, type: ResourceType): Promise<readonly (string | undefined)[]> {
  return (await client.list(type, { namespace })).items.map(({ metadata }) => metadata.name);
}

describe('the garbage collector', () => {
  test('deletes what lost all its owners, and nothing else', async () => {
    await using cluster = await testCluster(garbageCollector);
    const { client } = cluster;
    const owner = await client.create(CONFIGMAPS, { metadata: { namespace, name: 'owner' } });
    const uid = owner.metadata.uid ?? '';
    await client.create(CONFIGMAPS, owned('kept', { ...GONE, name: 'owner', uid }));
    await client.create(CONFIGMAPS, owned('lost', GONE));
    await cluster.settled();
    expect(await names(cluster, CONFIGMAPS)).toEqual(['kept', 'owner']);
    await client.delete(CONFIGMAPS, { namespace, name: 'owner' }, { propagationPolicy: 'Foreground' });
    await client.create(CONFIGMAPS, { metadata: { namespace, name: 'other' } });
    await cluster.settled();
    expect(await names(cluster, CONFIGMAPS)).toEqual(['other']);
  });

  test('starts while the server does not answer, and goes to work within half a minute of its first answer', async () => {
    const { make, discovery } = withDiscovery();
    discovery.down = true;
    await using cluster = await testCluster(make);
    await cluster.client.create(CONFIGMAPS, owned('lost', GONE));
    await cluster.clock.advance(600_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual(['lost']);
    // Two requests each time; 1, 2, 4, 8 and 16 s apart, and then 30 s.
    expect(discovery.asked).toBeGreaterThan(40);
    expect(discovery.asked).toBeLessThan(60);
    discovery.down = false;
    await cluster.clock.advance(30_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual([]);
  });

  test('follows what is defined while the server does not answer', async () => {
    const { make, discovery } = withDiscovery();
    await using cluster = await testCluster(make);
    const { client, clock } = cluster;
    discovery.down = true;
    const schema = { openAPIV3Schema: { type: 'object' } };
    await client.create(CUSTOMRESOURCEDEFINITIONS, {
      metadata: { name: 'widgets.x.io' },
      spec: {
        group: 'x.io',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    await clock.advance(1000);
    await client.create(WIDGETS, owned('lost', GONE));
    await clock.advance(60_000);
    expect(await names(cluster, WIDGETS)).toEqual(['lost']);
    discovery.down = false;
    await clock.advance(30_000);
    expect(await names(cluster, WIDGETS)).toEqual([]);
  });

  test('stops while the server does not answer', async () => {
    const { make, discovery } = withDiscovery();
    discovery.down = true;
    const cluster = await testCluster(make);
    await cluster.clock.advance(10_000);
    await cluster[Symbol.asyncDispose]();
    const { asked } = discovery;
    await cluster.clock.advance(100_000);
    expect(discovery.asked).toBe(asked);
  });
});
