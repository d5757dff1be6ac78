// What users are told of pods that controllers make and delete, by each controller that keeps a number of them.
import type { Fault, TransportRequest } from '@holdfast/client';
import {
  DAEMONSETS,
  type Event,
  EVENTS,
  JOBS,
  type KubeObject,
  NAMESPACES,
  NODES,
  PODS,
  type PodTemplateSpec,
  REPLICASETS,
  type ResourceType,
} from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { daemonSetController } from '../daemonset/daemon-set-controller.ts';
import { jobController } from '../job/job-controller.ts';
import { replicaSetController } from '../replicaset/replica-set-controller.ts';
import { faultyCluster, type TestCluster } from '../service-pods/cluster.suite.ts';

const KEY = { namespace: 'default', name: 'own' };
const selector = { matchLabels: { app: 'own' } };
const template: PodTemplateSpec = { metadata: { labels: { app: 'own' } }, spec: { containers: [{ name: 'c', image: 'own:1' }] } };
const onceTemplate = { ...template, spec: { containers: [{ name: 'c', image: 'own:1' }], restartPolicy: 'Never' } };

/** What is created, and a patch after which its pod has to go. */
const OWNERS: readonly (readonly [ResourceType, spec: unknown, patch: unknown])[] = [
  [REPLICASETS, { replicas: 1, selector, template }, { replicas: 0 }],
  [DAEMONSETS, { selector, template }, { template: { spec: { nodeSelector: { on: 'no-node' } } } }],
  [JOBS, { template: onceTemplate }, { suspend: true }],
];

async function startOwner(cluster: TestCluster, type: ResourceType, spec: unknown, namespace = 'default'): Promise<void> {
  const { client } = cluster;
  const node = await client.create(NODES, { metadata: { name: 'one' } });
  await client.update(NODES, { ...node, spec: { ...node.spec, taints: [] } });
  await client.create(type, { metadata: { ...KEY, namespace }, spec } as KubeObject);
  await cluster.clock.advance(2000);
}

/** 'Warning FailedDelete Error deleting: …' */
async function eventsOf({ client }: TestCluster): Promise<readonly string[]> {
  const { items } = await client.list(EVENTS, { namespace: 'default' });
  return items.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
}

describe.each(OWNERS)('the pods of a %o', (type, spec, patch) => {
  test('that cannot be deleted are told of, and deleted when they can be', async () => {
    let isRefused = true;
    const faultFor = ({ method }: TransportRequest): Fault | undefined => (method === 'DELETE' && isRefused ? 'unavailable' : undefined);
    await using cluster = await faultyCluster(faultFor, replicaSetController, daemonSetController, jobController);
    const { client } = cluster;
    await startOwner(cluster, type, spec);
    const [pod] = (await client.list(PODS, { namespace: 'default' })).items;
    await client.patch(type, KEY, { type: 'merge', body: { spec: patch } });
    await cluster.clock.advance(2000);
    expect((await client.list(PODS, { namespace: 'default' })).items).toHaveLength(1);
    expect(await eventsOf(cluster)).toContain('Warning FailedDelete Error deleting: the server is not available (injected)');
    isRefused = false;
    await cluster.clock.advance(10_000);
    expect((await client.list(PODS, { namespace: 'default' })).items).toEqual([]);
    expect(await eventsOf(cluster)).toContain(`Normal SuccessfulDelete Deleted pod: ${pod?.metadata.name}`);
  });

  test('that cannot be made are told of', async () => {
    const faultFor = ({ method, path }: TransportRequest): Fault | undefined =>
      method === 'POST' && path.endsWith('/pods') ? 'unavailable' : undefined;
    await using cluster = await faultyCluster(faultFor, replicaSetController, daemonSetController, jobController);
    await startOwner(cluster, type, spec);
    expect(await eventsOf(cluster)).toContain('Warning FailedCreate Error creating: the server is not available (injected)');
  });

  test('that are gone with their namespace about to go are not asked for again and again, nor told of', async () => {
    let asked = 0;
    const told: string[] = [];
    const note = ({ method, path, body }: TransportRequest): undefined => {
      if (method === 'POST' && path.endsWith('/pods')) asked++;
      if (method === 'POST' && path.endsWith('/events')) told.push((body as Event).reason ?? '');
    };
    await using cluster = await faultyCluster(note, replicaSetController, daemonSetController, jobController);
    const { client } = cluster;
    await client.create(NAMESPACES, { metadata: { name: 'going' } });
    await startOwner(cluster, type, spec, 'going');
    const [pod] = (await client.list(PODS, { namespace: 'going' })).items;
    asked = 0;
    await client.delete(NAMESPACES, { name: 'going' });
    await client.delete(PODS, { namespace: 'going', name: pod?.metadata.name ?? '' }, { gracePeriodSeconds: 0 });
    // A job counts the failure of its pod, and waits.
    await cluster.clock.advance(60_000);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(4);
    expect(told).not.toContain('FailedCreate');
  });
});
