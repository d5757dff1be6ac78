// Endpoints that a user wrote, mirrored by the controller, against the real API server.
import { ENDPOINTS, ENDPOINTSLICES, EVENTS, SERVICES } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { endpointsController } from '../endpoints/endpoints-controller.ts';
import { endpointSliceController } from '../endpointslice/endpoint-slice-controller.ts';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { endpointSliceMirroringController } from './endpoint-slice-mirroring-controller.ts';

const db = { namespace: 'default', name: 'db' };
const ports = [{ name: 'sql', port: 5432 }];

async function withDatabase(): Promise<TestCluster> {
  const cluster = await testCluster(endpointsController, endpointSliceController, endpointSliceMirroringController);
  await cluster.client.create(SERVICES, { metadata: db, spec: { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] } });
  await cluster.client.create(ENDPOINTS, { metadata: db, subsets: [{ addresses: [{ ip: '192.0.2.10', hostname: 'primary' }], ports }] });
  await cluster.settled();
  return cluster;
}

async function slicesOf({ client }: TestCluster): Promise<readonly string[]> {
  const { items } = await client.list(ENDPOINTSLICES, { namespace: 'default', labelSelector: 'kubernetes.io/service-name=db' });
  return items.map(
    ({ metadata, endpoints = [], ports: of = [] }) =>
      `${metadata.labels?.['endpointslice.kubernetes.io/managed-by']} ${endpoints.map(({ addresses }) => addresses[0]).join(',')}:${of[0]?.port}`,
  );
}

const MIRROR = 'endpointslicemirroring-controller.k8s.io';

describe('Endpoints of a Service without selector', () => {
  it('are mirrored, follow each change, and nothing is written in between', async () => {
    await using cluster = await withDatabase();
    expect(await slicesOf(cluster)).toEqual([`${MIRROR} 192.0.2.10:5432`]);
    const [slice] = (await cluster.client.list(ENDPOINTSLICES, { namespace: 'default' })).items;
    expect(slice?.metadata.name).toMatch(/^db-/);
    const body = { subsets: [{ addresses: [{ ip: '192.0.2.10' }, { ip: '192.0.2.11' }], ports }] };
    await cluster.client.patch(ENDPOINTS, db, { type: 'merge', body });
    await cluster.settled();
    expect(await slicesOf(cluster)).toEqual([`${MIRROR} 192.0.2.10,192.0.2.11:5432`]);
    const revision = async (): Promise<unknown> => (await cluster.client.list(ENDPOINTSLICES)).items[0]?.metadata.resourceVersion;
    const before = await revision();
    await cluster.client.patch(SERVICES, db, { type: 'merge', body: { metadata: { labels: { app: 'db' } } } });
    await cluster.settled();
    expect(await revision()).toBe(before);
  });

  it('are made again when somebody deletes the slice, and go with the Endpoints', async () => {
    await using cluster = await withDatabase();
    await cluster.client.deleteCollection(ENDPOINTSLICES, { namespace: 'default', labelSelector: 'kubernetes.io/service-name=db' });
    await cluster.settled();
    expect(await slicesOf(cluster)).toEqual([`${MIRROR} 192.0.2.10:5432`]);
    await cluster.client.delete(ENDPOINTS, db);
    await cluster.settled();
    expect(await slicesOf(cluster)).toEqual([]);
  });

  it('are left to the other controller once the Service has a selector', async () => {
    await using cluster = await withDatabase();
    await cluster.client.patch(SERVICES, db, { type: 'merge', body: { spec: { selector: { app: 'db' } } } });
    await cluster.settled();
    expect(await slicesOf(cluster)).toEqual(['endpointslice-controller.k8s.io :undefined']);
  });

  it('are not mirrored where a label says so, and come and go with it', async () => {
    await using cluster = await withDatabase();
    const label = (value: string | null): Promise<unknown> =>
      cluster.client.patch(ENDPOINTS, db, {
        type: 'merge',
        body: { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': value } } },
      });
    await label('true');
    await cluster.settled();
    expect(await slicesOf(cluster)).toEqual([]);
    await label(null);
    await cluster.settled();
    expect(await slicesOf(cluster)).toEqual([`${MIRROR} 192.0.2.10:5432`]);
  });

  it('with more addresses than are mirrored say so in an event', async () => {
    await using cluster = await withDatabase();
    const addresses = Array.from({ length: 1001 }, (_, i) => ({ ip: `192.0.${i >> 8}.${i & 255}` }));
    await cluster.client.patch(ENDPOINTS, db, { type: 'merge', body: { subsets: [{ addresses, ports }] } });
    await cluster.settled();
    const { items } = await cluster.client.list(EVENTS, { namespace: 'default' });
    expect(items.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'TooManyAddressesToMirror: A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 1 addresses were skipped',
    ]);
  });
});
