// The operator against the real API server, in process and in simulated time; the test plays StatefulSet controller and nodes.
import { createTestServer } from '@holdfast/apiserver/testing';
import { type Client, createClient, type Fault, faultyTransport, inProcessTransport, type TransportRequest } from '@holdfast/client';
import fc from 'fast-check';
import { FakeClock, seededRandom } from '@holdfast/clock';
import { createManager, silentLogger } from '@holdfast/controller';
import {
  EVENTS,
  type ExecOptions,
  type ExecResult,
  ignoreNotFound,
  type KubeObject,
  type NodeStreams,
  parseApiVersion,
  type Pod,
  PODDISRUPTIONBUDGETS,
  PODS,
  type ResourceType,
  ROLEBINDINGS,
  SERVICEACCOUNTS,
  SERVICES,
  STATEFULSETS,
} from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { CRDB_CLUSTERS, type CrdbCluster } from './api/crdb-cluster.ts';
import { CACHE_LABELS, crdbClusterController } from './cluster/controller.ts';
import { clusterOf, EXERCISE_SPEC, podOf, type PodState } from './cluster/testing.ts';
import { operatorManifests } from './install/manifests.ts';

const key = { namespace: 'default', name: 'cockroachdb' };

async function startOperator(faultFor: (request: TransportRequest) => Fault | undefined = () => undefined) {
  const clock = new FakeClock();
  const bugs: unknown[] = [];
  const commands: string[] = [];
  const answers: { readonly exitCode: number; readonly says: string }[] = [];
  const node: NodeStreams = {
    logs: () => Promise.reject(new Error('not here')),
    attach: () => Promise.reject(new Error('not here')),
    portForward: () => Promise.reject(new Error('not here')),
    async exec(container, { command }: ExecOptions, streams): Promise<ExecResult> {
      commands.push(`${container.pod}/${container.container}: ${command.join(' ')}`);
      const { exitCode, says } = answers.shift() ?? { exitCode: 0, says: 'Cluster successfully initialized' };
      await streams.stderr(Buffer.from(`${says}\n`));
      return { exitCode };
    },
  };
  const server = createTestServer({
    clock,
    nodes: () => node,
    onBug: (error) => bugs.push(error),
  });
  const transport = inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] });
  const client = createClient(transport, { forceFreeze: true });
  const operatorClient = createClient(faultyTransport(transport, faultFor), { forceFreeze: true });
  for (const object of operatorManifests({ image: 'holdfast/cockroach-operator:v0.1.0' })) {
    await client.create(await typeOf(client, object), object, { fieldValidation: 'Strict' });
  }
  const stop = new AbortController();
  const components = [crdbClusterController({ supported: new Map(), extraEnv: [] })];
  const manager = createManager({
    client: operatorClient,
    clock,
    random: seededRandom(2),
    log: silentLogger,
    components,
    labelSelectors: CACHE_LABELS,
  });
  await manager.start(stop.signal);
  const status = async (): Promise<NonNullable<CrdbCluster['status']>> => (await client.get(CRDB_CLUSTERS, key)).status ?? {};
  return {
    client,
    clock,
    commands,
    answers,
    status,
    condition: async (type: string) => (await status()).conditions?.find((one) => one.type === type),
    /** Brings pods into a state, as the StatefulSet controller and the nodes would. */
    async pods(...states: readonly PodState[]): Promise<void> {
      for (const [ordinal, state] of states.entries()) await setPod(client, ordinal, state);
      await clock.advance(100);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort();
      await clock.advance(0);
      await manager.stopped();
      await server.close();
      expect(bugs).toEqual([]);
    },
  };
}

/** The resource of a kind, by discovery; a definition that has just come needs a moment. */
async function typeOf(client: Client, { apiVersion = '', kind = '' }: KubeObject): Promise<ResourceType<KubeObject>> {
  const { group, version } = parseApiVersion(apiVersion);
  const list = await client.raw(group === '' ? `/api/${version}` : `/apis/${group}/${version}`);
  const { resources } = list as {
    readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
  };
  const found = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
  if (!found) throw new Error(`no resource for ${kind}`);
  return { group, version, resource: found.name, kind, namespaced: found.namespaced };
}

async function setPod(client: Client, ordinal: number, state: PodState): Promise<void> {
  const { metadata, status } = podOf(ordinal, state);
  const set = await client.get(STATEFULSETS, key);
  const name = `cockroachdb-${ordinal}`;
  const current = await client.get(PODS, { namespace: 'default', name }).catch(ignoreNotFound);
  const pod: Pod =
    current ??
    (await client.create(PODS, {
      metadata: { name: metadata.name, namespace: 'default', labels: set.spec?.template.metadata?.labels },
      spec: {
        ...set.spec?.template.spec,
        nodeName: `node-${ordinal}`,
        containers: set.spec?.template.spec?.containers ?? [],
        volumes: [{ name: 'datadir', persistentVolumeClaim: { claimName: `datadir-${name}` } }],
      },
    }));
  await client.updateStatus(PODS, { ...pod, status });
}

describe('the operator', () => {
  test('brings up the cluster of the exercise', async () => {
    await using run = await startOperator();
    await run.client.create(CRDB_CLUSTERS, clusterOf());
    await run.clock.advance(100);

    const set = await run.client.get(STATEFULSETS, key);
    expect(set.spec).toMatchObject({ replicas: 3, podManagementPolicy: 'Parallel', serviceName: 'cockroachdb' });
    expect(set.metadata.ownerReferences).toMatchObject([{ kind: 'CrdbCluster', name: 'cockroachdb', controller: true }]);
    const names = async (type: ResourceType<KubeObject>): Promise<unknown> =>
      (await run.client.list(type, { namespace: 'default', labelSelector: 'app.kubernetes.io/instance=cockroachdb' })).items.map(
        ({ metadata }) => metadata.name,
      );
    expect(await names(SERVICES)).toEqual(['cockroachdb', 'cockroachdb-public']);
    expect(await names(PODDISRUPTIONBUDGETS)).toEqual(['cockroachdb']);
    expect(await names(SERVICEACCOUNTS)).toEqual(['cockroachdb-sa']);
    expect(await names(ROLEBINDINGS)).toEqual(['cockroachdb-role-binding']);

    expect(await run.status()).toMatchObject({
      clusterStatus: 'Starting',
      version: 'v24.3.2',
      crdbcontainerimage: EXERCISE_SPEC.image?.name,
    });
    expect((await run.client.get(CRDB_CLUSTERS, key)).metadata.annotations).toMatchObject({ 'crdb.io/version': 'v24.3.2' });
    expect(await run.condition('Initialized')).toMatchObject({ status: 'False' });
    expect(await run.condition('Ready')).toMatchObject({ status: 'False', reason: 'WaitingForFirstNode' });

    await run.pods('running', 'running', 'running');
    expect(run.commands).toEqual(['cockroachdb-0/db: /cockroach/cockroach.sh init --insecure --host=localhost:26258']);
    expect(await run.condition('Initialized')).toMatchObject({ status: 'True' });
    expect(await run.condition('Ready')).toMatchObject({ status: 'False', reason: 'WaitingForNodes' });

    await run.pods('ready', 'ready', 'ready');
    expect(await run.condition('Ready')).toMatchObject({ status: 'True', message: 'all 3 nodes are ready' });
    expect((await run.status()).clusterStatus).toBe('Finished');
    const reasons = (await run.client.list(EVENTS, { namespace: 'default' })).items.filter(
      ({ involvedObject }) => involvedObject?.kind === 'CrdbCluster',
    );
    expect(new Set(reasons.map(({ reason }) => reason))).toEqual(new Set(['Created', 'Initialized', 'AllNodesReady']));
  });

  test('writes nothing more once everything is as it must be', async () => {
    await using run = await startOperator();
    await run.client.create(CRDB_CLUSTERS, clusterOf());
    await run.clock.advance(100);
    await run.pods('ready', 'ready', 'ready');
    const revision = async (): Promise<unknown> => (await run.client.list(STATEFULSETS)).metadata.resourceVersion;
    const before = await revision();
    await run.clock.advance(600_000);
    expect(await revision()).toBe(before);
  });

  test('waits and tries again while the first node refuses init, and takes an initialized cluster as it is', async () => {
    await using run = await startOperator();
    run.answers.push(
      { exitCode: 1, says: 'ERROR: connection refused' },
      { exitCode: 1, says: 'ERROR: cluster has already been initialized' },
    );
    await run.client.create(CRDB_CLUSTERS, clusterOf());
    await run.clock.advance(100);
    await run.pods('running');
    expect(await run.condition('Ready')).toMatchObject({ reason: 'ActionFailed', message: expect.stringContaining('connection refused') });
    expect((await run.status()).operatorActions).toMatchObject([{ type: 'Initialize', status: 'Failed' }]);
    await run.clock.advance(1000);
    expect(await run.condition('Initialized')).toMatchObject({ status: 'True' });
    expect((await run.status()).operatorActions).toMatchObject([{ type: 'Initialize', status: 'Finished' }]);
    expect(run.commands).toHaveLength(2);
  });

  test('a claim without volumeMode: refused with the remedy, nothing created, accepted when corrected', async () => {
    await using run = await startOperator();
    const { volumeMode: _without, ...claim } = EXERCISE_SPEC.dataStore.pvc?.spec ?? {};
    await run.client.create(CRDB_CLUSTERS, clusterOf({ dataStore: { pvc: { spec: claim } } }));
    await run.clock.advance(100);
    expect((await run.status()).clusterStatus).toBe('Failed');
    expect(await run.condition('Accepted')).toMatchObject({
      status: 'False',
      reason: 'VolumeModeMissing',
      message: 'you have to provide the volumeMode of the claim: set spec.dataStore.pvc.spec.volumeMode to Filesystem',
    });
    expect((await run.client.list(STATEFULSETS)).items).toEqual([]);
    expect((await run.client.list(EVENTS, { namespace: 'default' })).items).toMatchObject([
      { type: 'Warning', reason: 'VolumeModeMissing' },
    ]);

    await run.client.patch(CRDB_CLUSTERS, key, { type: 'merge', body: { spec: { dataStore: EXERCISE_SPEC.dataStore } } });
    await run.clock.advance(100);
    expect((await run.client.list(STATEFULSETS)).items).toHaveLength(1);
    expect((await run.status()).clusterStatus).toBe('Starting');
  });

  test('drift is undone: a deleted Service and a changed budget come back', async () => {
    await using run = await startOperator();
    await run.client.create(CRDB_CLUSTERS, clusterOf());
    await run.clock.advance(100);
    await run.client.delete(SERVICES, { namespace: 'default', name: 'cockroachdb-public' });
    await run.client.patch(PODDISRUPTIONBUDGETS, key, { type: 'merge', body: { spec: { maxUnavailable: 3 } } });
    await run.clock.advance(100);
    expect((await run.client.get(SERVICES, { namespace: 'default', name: 'cockroachdb-public' })).spec?.clusterIP).toMatch(/^127\./);
    expect((await run.client.get(PODDISRUPTIONBUDGETS, key)).spec?.maxUnavailable).toBe(1);
  });

  test('two nodes are refused by the server', async () => {
    await using run = await startOperator();
    await expect(run.client.create(CRDB_CLUSTERS, clusterOf({ nodes: 2 }))).rejects.toThrow(
      'CrdbCluster.crdb.cockroachlabs.com "cockroachdb" is invalid: spec.nodes: Invalid value: 2: spec.nodes in body should be greater than or equal to 3',
    );
  });

  test('comes to the same end whatever fails on the way', async () => {
    const fault = fc.option(fc.constantFrom<Fault>('refused', 'lostReply', 'conflict', 'unavailable'), { nil: undefined, freq: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { minLength: 40, maxLength: 120 }), async (faults) => {
        let armed = false;
        await using run = await startOperator(() => (armed ? faults.shift() : undefined));
        armed = true;
        await run.client.create(CRDB_CLUSTERS, clusterOf());
        await run.clock.runUntil(() => faults.length === 0 || run.commands.length > 0, 4_000_000).catch(() => undefined);
        await run.clock.advance(2_000_000);
        await run.pods('running', 'running', 'running');
        await run.clock.advance(2_000_000);
        await run.pods('ready', 'ready', 'ready');
        await run.clock.advance(2_000_000);
        expect((await run.status()).clusterStatus).toBe('Finished');
        expect((await run.status()).conditions?.filter(({ status }) => status !== 'True')).toEqual([]);
        expect((await run.client.list(STATEFULSETS)).items).toHaveLength(1);
        expect(
          (await run.client.list(SERVICES, { namespace: 'default', labelSelector: 'app.kubernetes.io/instance=cockroachdb' })).items,
        ).toHaveLength(2);
      }),
      { numRuns: 15 },
    );
  });
});
