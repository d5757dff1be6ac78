// The controller against a real API server: what it empties, what keeps it waiting, and what it must not touch.
import type { ComponentContext, ComponentFactory, Informer } from '@holdfast/controller';
import { CONFIGMAPS, type KubeObject, type Namespace, NAMESPACES, type ResourceType } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { namespaceController } from './namespace-controller.ts';

const name = 'shop';

/** The controller with a cache that, when it is told so, shows namespaces as they were at that moment. */
function withOldCache(): { readonly make: ComponentFactory; readonly freeze: () => void } {
  let freeze = (): void => undefined;
  const make: ComponentFactory = (context) => {
    const namespaces = context.informers.informer(NAMESPACES);
    let shown: ReadonlyMap<string, Namespace> | undefined;
    freeze = () => {
      shown = new Map(namespaces.list().map((one) => [one.metadata.name ?? '', one]));
    };
    const old: Informer<Namespace> = {
      type: namespaces.type,
      get: (key) => (shown ? shown.get(key.name) : namespaces.get(key)),
      list: (namespace) => namespaces.list(namespace),
      byIndex: (index, value) => namespaces.byIndex(index, value),
      addIndex: (index, keys) => namespaces.addIndex(index, keys),
      addHandler: (handler, only) => namespaces.addHandler(handler, only),
      hasSynced: () => namespaces.hasSynced(),
      resourceVersion: () => namespaces.resourceVersion(),
      whenSynced: () => namespaces.whenSynced(),
    };
    const informers: ComponentContext['informers'] = {
      ...context.informers,
      // The resource says that T is Namespace here.
      informer: <T extends KubeObject>(type: ResourceType<T>) =>
        type.resource === NAMESPACES.resource ? (old as unknown as Informer<T>) : context.informers.informer(type),
    };
    return namespaceController({ ...context, informers });
  };
  return { make, freeze: () => freeze() };
}

async function contents({ client }: TestCluster): Promise<readonly (string | undefined)[]> {
  return (await client.list(CONFIGMAPS, { namespace: name })).items.map(({ metadata }) => metadata.name);
}

async function names({ client }: TestCluster): Promise<readonly (string | undefined)[]> {
  return (await client.list(NAMESPACES)).items.map(({ metadata }) => metadata.name);
}

describe('a namespace', () => {
  test('that is deleted is emptied and goes', async () => {
    await using cluster = await testCluster(namespaceController);
    const { client } = cluster;
    await client.create(NAMESPACES, { metadata: { name } });
    await client.create(CONFIGMAPS, { metadata: { namespace: name, name: 'settings' } });
    await client.delete(NAMESPACES, { name });
    await cluster.settled();
    expect(await names(cluster)).not.toContain(name);
    expect(await contents(cluster)).toEqual([]);
  });

  test('stays and says why as long as a finalizer keeps something in it', async () => {
    await using cluster = await testCluster(namespaceController);
    const { client } = cluster;
    await client.create(NAMESPACES, { metadata: { name } });
    const held = await client.create(CONFIGMAPS, { metadata: { namespace: name, name: 'held', finalizers: ['x.io/keep'] } });
    await client.delete(NAMESPACES, { name });
    await cluster.clock.advance(600_000);
    const { status } = await client.get(NAMESPACES, { name });
    expect(status?.conditions?.find(({ type }) => type === 'NamespaceFinalizersRemaining')?.message).toBe(
      'Some content in the namespace has finalizers remaining: x.io/keep in 1 resource instances',
    );
    const latest = await client.get(CONFIGMAPS, { namespace: name, name: 'held' });
    await client.update(CONFIGMAPS, { ...latest, metadata: { ...latest.metadata, uid: held.metadata.uid, finalizers: [] } });
    await cluster.clock.advance(8000);
    expect(await names(cluster)).not.toContain(name);
  });

  test('that was made again keeps what is in it, though a cache still shows the one before', async () => {
    const { make, freeze } = withOldCache();
    await using cluster = await testCluster(make);
    const { client } = cluster;
    await client.create(NAMESPACES, { metadata: { name } });
    await client.create(CONFIGMAPS, { metadata: { namespace: name, name: 'held', finalizers: ['x.io/keep'] } });
    await client.delete(NAMESPACES, { name });
    await cluster.clock.advance(1000);
    freeze();
    const latest = await client.get(CONFIGMAPS, { namespace: name, name: 'held' });
    await client.update(CONFIGMAPS, { ...latest, metadata: { ...latest.metadata, finalizers: [] } });
    await cluster.clock.advance(8000);
    expect(await names(cluster)).not.toContain(name);
    await client.create(NAMESPACES, { metadata: { name } });
    await client.create(CONFIGMAPS, { metadata: { namespace: name, name: 'settings' } });
    // Any change of it makes the controller look.
    await client.patch(NAMESPACES, { name }, { type: 'merge', body: { metadata: { labels: { seen: 'yes' } } } });
    await cluster.clock.advance(60_000);
    expect(await contents(cluster)).toEqual(['settings']);
    expect(await names(cluster)).toContain(name);
  });
});
