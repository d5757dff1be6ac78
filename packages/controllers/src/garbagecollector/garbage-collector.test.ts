// The collector against a real API server: what it deletes, and what it does while the server cannot say which resources there are.
import type { ComponentFactory } from '@holdfast/controller';
import {
  apiVersionOf,
  CONFIGMAPS,
  type CustomResourceDefinition,
  CUSTOMRESOURCEDEFINITIONS,
  type KubeObject,
  type OwnerReference,
  type ResourceType,
} from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { garbageCollector } from './garbage-collector.ts';

const namespace = 'default';
const WIDGETS: ResourceType = { group: 'x.io', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true };
const WIDGETS_V2: ResourceType = { ...WIDGETS, version: 'v2' };
const GONE: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '0' };

interface Discovery {
  /** Does not answer. */
  down: boolean;
  /** Answers as it did last. */
  late: boolean;
  asked: number;
}

/** The collector, with a server that can be told not to answer discovery, or to answer with what it said before. */
function withDiscovery(): { readonly make: ComponentFactory; readonly discovery: Discovery } {
  const discovery: Discovery = { down: false, late: false, asked: 0 };
  const last = new Map<string, Promise<unknown>>();
  const make: ComponentFactory = (context) => {
    const { client } = context;
    return garbageCollector({
      ...context,
      client: {
        ...client,
        raw: (path, options) => {
          discovery.asked++;
          if (discovery.down) return Promise.reject(new Error('connection refused'));
          const answer = (discovery.late && last.get(path)) || client.raw(path, options);
          last.set(path, answer);
          return answer;
        },
      },
    });
  };
  return { make, discovery };
}

function owned(name: string, owner: OwnerReference): KubeObject {
  return { metadata: { namespace, name, ownerReferences: [owner] } };
}

/** Widgets in these versions, each served or not; the last is the one that is stored. */
function widgets(versions: Readonly<Record<string, boolean>>): CustomResourceDefinition {
  const schema = { openAPIV3Schema: { type: 'object' } };
  const stored = Object.keys(versions).at(-1);
  return {
    metadata: { name: 'widgets.x.io' },
    spec: {
      group: 'x.io',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: Object.entries(versions).map(([name, served]) => ({ name, served, storage: name === stored, schema })),
    },
  };
}

/** Changes which versions are served, and lets the server and the collector hear of it. */
async function redefine({ client, clock }: TestCluster, versions: Readonly<Record<string, boolean>>): Promise<void> {
  const { spec } = widgets(versions);
  await client.patch(CUSTOMRESOURCEDEFINITIONS, { name: 'widgets.x.io' }, { type: 'merge', body: { spec } });
  await clock.advance(1000);
}

/** Creates a widget, and a ConfigMap that it owns. */
async function widgetWithDependent({ client }: TestCluster, type: ResourceType, name: string): Promise<void> {
  const { metadata } = await client.create(type, { metadata: { namespace, name } });
  const owner = { apiVersion: apiVersionOf(type), kind: 'Widget', name, uid: metadata.uid ?? '', blockOwnerDeletion: true };
  await client.create(CONFIGMAPS, owned(`of-${name}`, owner));
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
    await client.create(CUSTOMRESOURCEDEFINITIONS, widgets({ v1: true }));
    await clock.advance(1000);
    await client.create(WIDGETS, owned('lost', GONE));
    await clock.advance(60_000);
    expect(await names(cluster, WIDGETS)).toEqual(['lost']);
    discovery.down = false;
    await clock.advance(30_000);
    expect(await names(cluster, WIDGETS)).toEqual([]);
  });

  test('follows definitions of which discovery tells late, as they come, change and go', async () => {
    const { make, discovery } = withDiscovery();
    await using cluster = await testCluster(make);
    const { client, clock } = cluster;
    const late = async (change: () => Promise<unknown>): Promise<void> => {
      discovery.late = true;
      await change();
      await clock.advance(5000);
      discovery.late = false;
      await clock.advance(10_000);
      const { asked } = discovery;
      await clock.advance(3_600_000);
      expect(discovery.asked).toBe(asked);
    };
    await late(() => client.create(CUSTOMRESOURCEDEFINITIONS, widgets({ v1: true, v2: false })));
    await client.create(WIDGETS, owned('lost', GONE));
    await clock.advance(1000);
    expect(await names(cluster, WIDGETS)).toEqual([]);
    await late(() => redefine(cluster, { v1: false, v2: true }));
    await client.create(WIDGETS_V2, owned('lost', GONE));
    await clock.advance(1000);
    expect(await names(cluster, WIDGETS_V2)).toEqual([]);
    await widgetWithDependent(cluster, WIDGETS_V2, 'kept');
    await late(() => client.delete(CUSTOMRESOURCEDEFINITIONS, { name: 'widgets.x.io' }));
    expect(await names(cluster, CONFIGMAPS)).toEqual([]);
    await client.create(CONFIGMAPS, owned('early', { apiVersion: 'x.io/v1', kind: 'Widget', name: 'gone', uid: '1' }));
    await clock.advance(60_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual(['early']);
  });

  test('keeps what is owned in a version that has come, when the one before is no longer served', async () => {
    await using cluster = await testCluster(garbageCollector);
    const { client, clock } = cluster;
    await client.create(CUSTOMRESOURCEDEFINITIONS, widgets({ v1: true }));
    await clock.advance(1000);
    await widgetWithDependent(cluster, WIDGETS, 'old');
    await redefine(cluster, { v1: true, v2: true });
    await redefine(cluster, { v1: false, v2: true });
    await widgetWithDependent(cluster, WIDGETS_V2, 'new');
    await clock.advance(120_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual(['of-new', 'of-old']);
    // And goes on with its work.
    await client.delete(WIDGETS_V2, { namespace, name: 'old' });
    await client.delete(WIDGETS_V2, { namespace, name: 'new' }, { propagationPolicy: 'Foreground' });
    await clock.advance(1000);
    expect(await names(cluster, WIDGETS_V2)).toEqual([]);
    // Upstream finds no REST mapping for an owner that is named in a version that is not served.
    expect(await names(cluster, CONFIGMAPS)).toEqual(['of-old']);
    await redefine(cluster, { v1: true, v2: true });
    expect(await names(cluster, CONFIGMAPS)).toEqual([]);
  });

  test('lets an owner go whose dependents, which name it in a version that is no longer served, are gone', async () => {
    await using cluster = await testCluster(garbageCollector);
    const { client, clock } = cluster;
    await client.create(CUSTOMRESOURCEDEFINITIONS, widgets({ v1: true }));
    await clock.advance(1000);
    await widgetWithDependent(cluster, WIDGETS, 'old');
    const dependent = { namespace, name: 'of-old' };
    await client.patch(CONFIGMAPS, dependent, { type: 'merge', body: { metadata: { finalizers: ['x.io/hold'] } } });
    await client.delete(WIDGETS, { namespace, name: 'old' }, { propagationPolicy: 'Foreground' });
    await clock.advance(1000);
    await redefine(cluster, { v1: false, v2: true });
    expect(await names(cluster, WIDGETS_V2)).toEqual(['old']);
    await client.patch(CONFIGMAPS, dependent, { type: 'merge', body: { metadata: { finalizers: null } } });
    await clock.advance(1000);
    expect(await names(cluster, WIDGETS_V2)).toEqual([]);
  });

  test('keeps what is owned by objects that are not served for a while', async () => {
    await using cluster = await testCluster(garbageCollector);
    const { client, clock } = cluster;
    await client.create(CUSTOMRESOURCEDEFINITIONS, widgets({ v1: true, v2: true }));
    await clock.advance(1000);
    await widgetWithDependent(cluster, WIDGETS_V2, 'hidden');
    await redefine(cluster, { v1: false, v2: false });
    await client.patch(CONFIGMAPS, { namespace, name: 'of-hidden' }, { type: 'merge', body: { data: { touched: 'yes' } } });
    await clock.advance(120_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual(['of-hidden']);
    await redefine(cluster, { v1: true, v2: true });
    await clock.advance(120_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual(['of-hidden']);
    await client.delete(WIDGETS_V2, { namespace, name: 'hidden' });
    await clock.advance(1000);
    expect(await names(cluster, CONFIGMAPS)).toEqual([]);
  });

  test('deletes what objects owned whose definition was deleted, and follows the next of that name', async () => {
    await using cluster = await testCluster(garbageCollector);
    const { client, clock } = cluster;
    for (const name of ['first', 'second']) {
      await client.create(CUSTOMRESOURCEDEFINITIONS, widgets({ v1: true }));
      await clock.advance(1000);
      await widgetWithDependent(cluster, WIDGETS, name);
      await clock.advance(1000);
      expect(await names(cluster, CONFIGMAPS)).toEqual([`of-${name}`]);
      await client.delete(CUSTOMRESOURCEDEFINITIONS, { name: 'widgets.x.io' });
      await clock.advance(10_000);
      expect((await client.list(CUSTOMRESOURCEDEFINITIONS)).items).toEqual([]);
      expect(await names(cluster, CONFIGMAPS)).toEqual([]);
    }
  });

  test('looks again at what is owned by objects that went while they were not served', async () => {
    await using cluster = await testCluster(garbageCollector);
    const { client, clock } = cluster;
    await client.create(CUSTOMRESOURCEDEFINITIONS, widgets({ v1: true }));
    await clock.advance(1000);
    await widgetWithDependent(cluster, WIDGETS, 'hidden');
    await redefine(cluster, { v1: false });
    await client.delete(CUSTOMRESOURCEDEFINITIONS, { name: 'widgets.x.io' });
    await clock.advance(60_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual(['of-hidden']);
    await client.create(CUSTOMRESOURCEDEFINITIONS, widgets({ v1: true }));
    await clock.advance(60_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual([]);
  });

  test('looks again at what is owned by a kind that it did not know', async () => {
    await using cluster = await testCluster(garbageCollector);
    const { client, clock } = cluster;
    await client.create(CONFIGMAPS, owned('early', { apiVersion: 'x.io/v1', kind: 'Widget', name: 'gone', uid: '1' }));
    await clock.advance(60_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual(['early']);
    await client.create(CUSTOMRESOURCEDEFINITIONS, widgets({ v1: true }));
    await clock.advance(60_000);
    expect(await names(cluster, CONFIGMAPS)).toEqual([]);
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
