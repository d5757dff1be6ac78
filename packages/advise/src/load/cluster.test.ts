import { createClient, type Transport } from '@holdfast/client';
import { expect, it } from 'vitest';
import { check } from '../check.ts';
import { loadCluster } from './cluster.ts';

const CLASS = { metadata: { name: 'fast' }, provisioner: 'ebs.csi.aws.com', volumeBindingMode: 'WaitForFirstConsumer' };
const CLUSTER = { metadata: { name: 'orders', namespace: 'data' }, spec: { instances: 3, storage: { size: '1Gi', storageClass: 'fast' } } };

const KAFKA = { metadata: { name: 'events', namespace: 'data' }, spec: { kafka: { replicas: 3, storage: { type: 'ephemeral' } } } };
const group = (name: string, ...versions: readonly string[]): unknown => ({
  name,
  versions: versions.map((version) => ({ groupVersion: `${name}/${version}`, version })),
  preferredVersion: { groupVersion: `${name}/${versions[0]}`, version: versions[0] },
});
const GROUPS = [group('storage.k8s.io', 'v1', 'v1beta1'), group('postgresql.cnpg.io', 'v1'), group('kafka.strimzi.io', 'v1')];

/** Answers lists: the three above, with claims in pages of two; everything else is absent, and what is refused is forbidden. */
function cluster(refused: string): { readonly transport: Transport; readonly methods: Set<string> } {
  const methods = new Set<string>();
  const list = (items: readonly unknown[], more?: string): unknown => ({ metadata: more === undefined ? {} : { continue: more }, items });
  const failure = (code: number, reason: string): { status: number; object: unknown } => ({
    status: code,
    object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `${reason} for the test`, metadata: {} },
  });
  const request: Transport['request'] = async ({ method, path, query }) => {
    methods.add(method);
    if (path.endsWith(refused)) return failure(403, 'Forbidden');
    if (path === '/apis') return { status: 200, object: { groups: GROUPS } };
    if (path === '/apis/kafka.strimzi.io/v1/kafkas') return { status: 200, object: list([KAFKA]) };
    if (path === '/apis/storage.k8s.io/v1/storageclasses') return { status: 200, object: list([CLASS]) };
    if (path === '/apis/postgresql.cnpg.io/v1/clusters') return { status: 200, object: list([CLUSTER]) };
    if (path === '/api/v1/persistentvolumeclaims') {
      const from = Number(query?.get('continue') ?? 0);
      const items = [0, 1].map((i) => ({ metadata: { name: `claim-${from + i}`, namespace: 'data' } }));
      return { status: 200, object: list(items, from < 4 ? String(from + 2) : undefined) };
    }
    return failure(404, 'NotFound');
  };
  const none = (): never => {
    throw new Error('only lists are expected');
  };
  return { transport: { request, watch: none, stream: none, exec: none }, methods };
}

it('lists page by page, with GET only, and finds what files would show', async () => {
  const { transport, methods } = cluster('nothing');
  const loaded = await loadCluster(createClient(transport), 'prod');
  expect(loaded.objects.filter(({ kind }) => kind === 'PersistentVolumeClaim')).toHaveLength(6);
  expect(loaded.problems).toEqual([]);
  expect([...methods]).toEqual(['GET']);
  const { findings } = check(loaded);
  const [found] = findings.filter(({ rule }) => rule === 'reclaim-delete');
  expect(found?.workload?.source.name).toBe('orders');
  expect(found?.object.file).toBe('context/prod');
});

it('says which rules could not run when a list is refused', async () => {
  const loaded = await loadCluster(createClient(cluster('/storageclasses').transport), 'prod');
  expect(loaded.problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('storageclasses.storage.k8s.io could not be listed: '),
  ]);
  const { findings, notRun } = check(loaded);
  const names = notRun.map(({ rule }) => rule);
  expect(names).toEqual(expect.arrayContaining(['reclaim-delete', 'one-instance-on-local-volume', 'immediate-binding']));
  expect(findings.filter(({ rule }) => names.includes(rule))).toEqual([]);
  expect(notRun.every(({ lacks }) => lacks.join() === 'StorageClass')).toBe(true);
});

it('lists a kind in the version that the server has', async () => {
  const { graph, findings } = check(await loadCluster(createClient(cluster('nothing').transport), 'prod'));
  expect(graph.workloads.map(({ source }) => `${source.apiVersion} ${source.kind}`)).toContain('kafka.strimzi.io/v1 Kafka');
  expect(findings.some(({ rule, workload }) => rule === 'empty-dir-for-state' && workload?.source.name === 'events')).toBe(true);
});

it('lists what it knows where the server does not say what it has, and does not call that a whole check', async () => {
  const loaded = await loadCluster(createClient(cluster('/apis').transport), 'prod');
  expect(loaded.problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^the server does not say which kinds it has \(/)]);
  expect(loaded.objects.map(({ name }) => name)).toEqual(expect.arrayContaining(['fast', 'orders']));
  expect(loaded.notListed.size).toBe(0);
});
