// Endpoints and slices of Services, and the budgets of their pods, against the real API server.
import {
  CONFIGMAPS,
  ENDPOINTS,
  ENDPOINTSLICES,
  EVENTS,
  NAMESPACES,
  NODES,
  PODDISRUPTIONBUDGETS,
  PODS,
  SERVICEACCOUNTS,
  SERVICES,
  STATEFULSETS,
} from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { disruptionController } from '../disruption/disruption-controller.ts';
import { endpointsController } from '../endpoints/endpoints-controller.ts';
import { endpointSliceController } from '../endpointslice/endpoint-slice-controller.ts';
import { rootCaPublisher } from '../serviceaccount/root-ca-publisher.ts';
import { serviceAccountController } from '../serviceaccount/service-account-controller.ts';
import { type TestCluster, testCluster } from './cluster.suite.ts';
import { podOf, serviceOf } from './testing.ts';

const web = { namespace: 'default', name: 'web' };

async function withService(): Promise<TestCluster> {
  const cluster = await testCluster(endpointsController, endpointSliceController);
  for (const name of ['node-0', 'node-1', 'node-2']) await cluster.client.create(NODES, { metadata: { name } });
  const { metadata, spec } = serviceOf({ clusterIP: 'None', publishNotReadyAddresses: true });
  await cluster.client.create(SERVICES, { metadata: { name: metadata.name, namespace: 'default', labels: metadata.labels }, spec });
  await cluster.settled();
  return cluster;
}

const addressesIn = async ({ client }: TestCluster): Promise<unknown> =>
  (await client.list(ENDPOINTSLICES, { namespace: 'default', labelSelector: 'kubernetes.io/service-name=web' })).items.map(
    ({ endpoints }) =>
      (endpoints ?? []).map(
        ({ addresses, hostname, conditions }) => `${hostname ?? ''}@${addresses[0]} ${conditions?.ready} ${conditions?.serving}`,
      ),
  );

describe('endpoints and slices', () => {
  test('follow the pods of a headless Service', async () => {
    await using cluster = await withService();
    expect(await addressesIn(cluster)).toEqual([[]]);
    for (const ordinal of [0, 1]) await cluster.putPod(podOf(ordinal, { ready: false, hostname: `web-${ordinal}`, subdomain: 'web' }));
    await cluster.settled();
    expect(await addressesIn(cluster)).toEqual([['web-0@127.1.0.1 true false', 'web-1@127.1.0.2 true false']]);
    await cluster.putPod(podOf(1, { hostname: 'web-1', subdomain: 'web' }));
    await cluster.settled();
    expect(await addressesIn(cluster)).toEqual([['web-0@127.1.0.1 true false', 'web-1@127.1.0.2 true true']]);
    const endpoints = await cluster.client.get(ENDPOINTS, web);
    expect(endpoints.metadata.labels).toEqual({ app: 'web', 'service.kubernetes.io/headless': '' });
    expect(endpoints.subsets?.[0]?.addresses?.map(({ ip, hostname }) => `${hostname}@${ip}`)).toEqual([
      'web-0@127.1.0.1',
      'web-1@127.1.0.2',
    ]);
    await cluster.client.delete(PODS, { namespace: 'default', name: 'web-0' }, { gracePeriodSeconds: 0 });
    await cluster.settled();
    expect(await addressesIn(cluster)).toEqual([['web-1@127.1.0.2 true true']]);
  });

  test('a change of the selector takes effect, a deleted Service takes its Endpoints along', async () => {
    await using cluster = await withService();
    await cluster.putPod(podOf(0));
    await cluster.client.patch(SERVICES, web, { type: 'merge', body: { spec: { selector: { app: 'other' } } } });
    await cluster.settled();
    expect((await cluster.client.get(ENDPOINTS, web)).subsets ?? []).toEqual([]);
    expect(await addressesIn(cluster)).toEqual([[]]);
    await cluster.client.delete(SERVICES, web);
    await cluster.settled();
    await expect(cluster.client.get(ENDPOINTS, web)).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('nothing is written when nothing changed', async () => {
    await using cluster = await withService();
    await cluster.putPod(podOf(0));
    await cluster.settled();
    const revision = async (): Promise<unknown> => (await cluster.client.list(ENDPOINTSLICES)).metadata.resourceVersion;
    const before = await revision();
    await cluster.clock.advance(3_600_000);
    expect(await revision()).toBe(before);
  });

  test('a Service without selector is left to the user', async () => {
    await using cluster = await withService();
    await cluster.client.create(SERVICES, { metadata: { name: 'manual', namespace: 'default' }, spec: { ports: [{ port: 80 }] } });
    await cluster.settled();
    await expect(cluster.client.get(ENDPOINTS, { namespace: 'default', name: 'manual' })).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

describe('disruption budgets', () => {
  test('allow one pod at a time, count evictions, and find the scale of the StatefulSet', async () => {
    await using cluster = await testCluster(disruptionController);
    const { client } = cluster;
    const labels = { app: 'web' };
    await client.create(PODDISRUPTIONBUDGETS, { metadata: { ...web }, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } });
    await cluster.settled();
    const status = async (): Promise<unknown> => {
      const { conditions, ...figures } = (await client.get(PODDISRUPTIONBUDGETS, web)).status ?? {};
      return [figures, conditions?.map(({ type, status: value, reason }) => `${type}=${value} ${reason}`)];
    };
    const zero = { observedGeneration: 1, expectedPods: 0, desiredHealthy: 0, currentHealthy: 0, disruptionsAllowed: 0 };
    expect(await status()).toEqual([zero, ['DisruptionAllowed=False InsufficientPods']]);
    expect((await client.list(EVENTS, { namespace: 'default' })).items).toMatchObject([
      { reason: 'NoPods', message: 'No matching pods found' },
    ]);

    const set = await client.create(STATEFULSETS, {
      metadata: { ...web },
      spec: {
        serviceName: 'web',
        replicas: 3,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'db', image: 'db:1' }] } },
      },
    });
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: set.metadata.uid ?? '', controller: true };
    for (const ordinal of [0, 1, 2]) {
      const pod = podOf(ordinal);
      await cluster.putPod({ ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } });
    }
    await cluster.settled();
    const three = { ...zero, expectedPods: 3, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1 };
    expect(await status()).toEqual([three, ['DisruptionAllowed=True SufficientPods']]);

    await client.createSubresource(PODS, { namespace: 'default', name: 'web-1' }, 'eviction', {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'web-1', namespace: 'default' },
    });
    await cluster.settled();
    const evicted = { ...three, currentHealthy: 2, disruptionsAllowed: 0 };
    expect(await status()).toEqual([evicted, ['DisruptionAllowed=False InsufficientPods']]);
    const second = client.createSubresource(PODS, { namespace: 'default', name: 'web-2' }, 'eviction', {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'web-2', namespace: 'default' },
    });
    await expect(second).rejects.toMatchObject({ code: 429, message: "Cannot evict pod as it would violate the pod's disruption budget." });
  });

  test('pods of an unknown controller allow nothing and say why', async () => {
    await using cluster = await testCluster(disruptionController);
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'gone', uid: 'gone', controller: true };
    const pod = podOf(0);
    await cluster.putPod({ ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } });
    await cluster.client.create(PODDISRUPTIONBUDGETS, { metadata: { ...web }, spec: { maxUnavailable: 1, selector: {} } });
    await cluster.settled();
    expect((await cluster.client.get(PODDISRUPTIONBUDGETS, web)).status?.conditions).toMatchObject([
      { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'found no controllers for pod "web-0"' },
    ]);
    const events = (await cluster.client.list(EVENTS, { namespace: 'default' })).items.filter(
      ({ reason }) => reason === 'CalculateExpectedPodCountFailed',
    );
    expect(events[0]?.message).toBe('Failed to calculate the number of expected pods: found no controllers for pod "web-0"');
  });
});

describe('every namespace', () => {
  test('has its service account and the authority, and gets them back', async () => {
    await using cluster = await testCluster(serviceAccountController, rootCaPublisher('CA'));
    const { client } = cluster;
    await client.create(NAMESPACES, { metadata: { name: 'data' } });
    await cluster.settled();
    const account = { namespace: 'data', name: 'default' };
    const authority = { namespace: 'data', name: 'kube-root-ca.crt' };
    expect((await client.get(SERVICEACCOUNTS, account)).metadata.name).toBe('default');
    expect((await client.get(CONFIGMAPS, authority)).data).toEqual({ 'ca.crt': 'CA' });
    await client.delete(SERVICEACCOUNTS, account);
    await client.patch(CONFIGMAPS, authority, { type: 'merge', body: { data: { 'ca.crt': 'forged' } } });
    await cluster.settled();
    expect((await client.get(SERVICEACCOUNTS, account)).metadata.name).toBe('default');
    expect((await client.get(CONFIGMAPS, authority)).data).toEqual({ 'ca.crt': 'CA' });
  });
});
