// A job against a real API server: what it counts, and that its pods are let go.
import type { Fault, TransportRequest } from '@holdfast/client';
import { JOBS, type Job, PODS, type Pod } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { faultyCluster, testCluster, type TestCluster } from '../service-pods/cluster.suite.ts';
import { TRACKING_FINALIZER } from './accounting.ts';
import { BATCH_MS } from './decide.ts';
import { jobController } from './job-controller.ts';

const KEY = { namespace: 'default', name: 'sum' };
/** Until what follows from an event of a pod, and from that, has happened. */
const BATCHES_MS = 2 * BATCH_MS + 100;

async function createJob(cluster: TestCluster, spec: Partial<NonNullable<Job['spec']>> = {}): Promise<void> {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'sum:1' }] } };
  await cluster.client.create(JOBS, { metadata: KEY, spec: { template, ...spec } });
  await cluster.settled();
}

async function podsOf({ client }: TestCluster): Promise<readonly Pod[]> {
  return (await client.list(PODS, { namespace: 'default' })).items;
}

async function end(cluster: TestCluster, phase: 'Succeeded' | 'Failed'): Promise<Pod> {
  const pod = (await podsOf(cluster)).find(({ status }) => status?.phase === 'Pending');
  if (!pod) throw new Error('the job has no pod that runs');
  const written = await cluster.client.updateStatus(PODS, { ...pod, status: { ...pod.status, phase } });
  await cluster.clock.advance(BATCHES_MS);
  return written;
}

const isCreation = ({ method, path }: TransportRequest): boolean => method === 'POST' && path.endsWith('/pods');

describe('a job', () => {
  test('counts a pod that has succeeded once, also when that pod is deleted', async () => {
    await using cluster = await testCluster(jobController);
    await createJob(cluster, { completions: 2 });
    expect((await podsOf(cluster))[0]?.metadata.finalizers).toEqual([TRACKING_FINALIZER]);
    const { metadata } = await end(cluster, 'Succeeded');
    await cluster.client.delete(PODS, { namespace: 'default', name: metadata.name ?? '' }, { gracePeriodSeconds: 0 });
    await cluster.clock.advance(BATCHES_MS);
    expect((await cluster.client.get(JOBS, KEY)).status).toMatchObject({ succeeded: 1, active: 1, uncountedTerminatedPods: {} });
    expect((await podsOf(cluster)).map(({ status }) => status?.phase)).toEqual(['Pending']);
    await end(cluster, 'Succeeded');
    const { status } = await cluster.client.get(JOBS, KEY);
    expect(status).toMatchObject({ succeeded: 2, conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'Complete' }] });
    expect(status?.completionTime).toBeDefined();
    expect((await podsOf(cluster)).flatMap((pod) => pod.metadata.finalizers ?? [])).toEqual([]);
  });

  test('whose pods are refused asks for more only after those that it got, and counts these', async () => {
    let asked = 0;
    const refuse = (request: TransportRequest): Fault | undefined => (isCreation(request) && ++asked > 1 ? 'unavailable' : undefined);
    await using cluster = await faultyCluster(refuse, jobController);
    await createJob(cluster, { parallelism: 9, completions: 9 });
    expect((await cluster.client.get(JOBS, KEY)).status).toMatchObject({ active: 1 });
    // One, then two, of which both are refused. A pass that tries again begins with one.
    expect(asked).toBeLessThan(9);
    expect(await podsOf(cluster)).toHaveLength(1);
  });

  test('makes 500 pods in a pass at most, and deletes as many', async () => {
    const passes: { made: number; deleted: number }[] = [{ made: 0, deleted: 0 }];
    const count = (request: TransportRequest): undefined => {
      const pass = passes.at(-1);
      if (pass && isCreation(request)) pass.made++;
      if (pass && request.method === 'DELETE' && request.path.includes('/pods/')) pass.deleted++;
      if (request.method === 'PUT' && request.path.endsWith('/jobs/sum/status')) passes.push({ made: 0, deleted: 0 });
    };
    await using cluster = await faultyCluster(count, jobController);
    await createJob(cluster, { parallelism: 510 });
    await cluster.clock.advance(BATCHES_MS);
    expect(passes.map(({ made }) => made).filter((made) => made > 0)).toEqual([500, 10]);
    await cluster.client.patch(JOBS, KEY, { type: 'merge', body: { spec: { parallelism: 0 } } });
    await cluster.clock.advance(BATCHES_MS);
    expect(passes.map(({ deleted }) => deleted).filter((deleted) => deleted > 0)).toEqual([500, 10]);
    expect((await cluster.client.get(JOBS, KEY)).status).toMatchObject({ terminating: 0 });
    expect(await podsOf(cluster)).toEqual([]);
  });

  test('that is deleted lets its pods go', async () => {
    await using cluster = await testCluster(jobController);
    await createJob(cluster);
    await cluster.client.delete(JOBS, KEY, { propagationPolicy: 'Background' });
    await cluster.settled();
    expect((await podsOf(cluster)).map(({ metadata }) => metadata.finalizers ?? [])).toEqual([[]]);
  });

  test('that is suspended ends its pods without counting them, and goes on', async () => {
    await using cluster = await testCluster(jobController);
    await createJob(cluster, { completions: 2, parallelism: 2 });
    const suspend = (value: boolean): Promise<Job> =>
      cluster.client.patch(JOBS, KEY, { type: 'merge', body: { spec: { suspend: value } } });
    await suspend(true);
    await cluster.settled();
    const status = async (): Promise<Job['status']> => (await cluster.client.get(JOBS, KEY)).status;
    expect(await status()).toMatchObject({ conditions: [{ type: 'Suspended', status: 'True', reason: 'JobSuspended' }] });
    expect((await status())?.failed).toBeUndefined();
    expect(await podsOf(cluster)).toEqual([]);
    await suspend(false);
    await cluster.settled();
    expect(await status()).toMatchObject({ active: 2, conditions: [{ type: 'Suspended', status: 'False', reason: 'JobResumed' }] });
  });

  test('fails when too many of its pods have failed, and each of them is counted', async () => {
    await using cluster = await testCluster(jobController);
    await createJob(cluster, { backoffLimit: 1 });
    await end(cluster, 'Failed');
    await cluster.clock.advance(11_000);
    await end(cluster, 'Failed');
    expect((await cluster.client.get(JOBS, KEY)).status).toMatchObject({
      failed: 2,
      conditions: [
        { type: 'FailureTarget', reason: 'BackoffLimitExceeded' },
        { type: 'Failed', reason: 'BackoffLimitExceeded' },
      ],
    });
  });

  test('waits after a failure also when its pod could not be let go at once', async () => {
    let isRefused = false;
    const faultFor = ({ method, path }: TransportRequest): Fault | undefined =>
      isRefused && method === 'PATCH' && path.includes('/pods/') ? 'unavailable' : undefined;
    await using cluster = await faultyCluster(faultFor, jobController);
    await createJob(cluster);
    isRefused = true;
    await end(cluster, 'Failed');
    await cluster.clock.advance(1000);
    isRefused = false;
    const running = async (): Promise<number> => (await podsOf(cluster)).filter(({ status }) => status?.phase === 'Pending').length;
    await cluster.clock.advance(5000);
    expect((await cluster.client.get(JOBS, KEY)).status).toMatchObject({ failed: 1, uncountedTerminatedPods: {} });
    expect(await running()).toBe(0);
    await cluster.clock.advance(7000);
    expect(await running()).toBe(1);
  });

  test('looks once at what happens to its pods within a second', async () => {
    await using cluster = await testCluster(jobController);
    await createJob(cluster, { completions: 5, parallelism: 5 });
    await cluster.clock.advance(BATCHES_MS);
    const seen: (number | undefined)[] = [];
    cluster.manager.informers.informer(JOBS).addHandler(({ object: { status } }) => {
      if (status?.succeeded !== seen.at(-1)) seen.push(status?.succeeded);
    });
    for (const pod of (await podsOf(cluster)).slice(0, 4)) {
      await cluster.client.updateStatus(PODS, { ...pod, status: { ...pod.status, phase: 'Succeeded' } });
      await cluster.clock.advance(200);
    }
    expect(seen.filter(Boolean)).toEqual([]);
    await cluster.clock.advance(BATCHES_MS);
    expect(seen.filter(Boolean)).toEqual([4]);
  });

  test('does at once what its user wants', async () => {
    await using cluster = await testCluster(jobController);
    await createJob(cluster, { completions: 5, parallelism: 1 });
    await cluster.client.patch(JOBS, KEY, { type: 'merge', body: { spec: { parallelism: 3 } } });
    await cluster.clock.advance(BATCH_MS / 2);
    expect(await podsOf(cluster)).toHaveLength(3);
  });

  test('finds a pod that it may adopt, and counts it', async () => {
    await using cluster = await testCluster(jobController);
    await createJob(cluster, { completions: 2 });
    const { spec, metadata } = await cluster.client.get(JOBS, KEY);
    const labels = spec?.selector?.matchLabels;
    await cluster.clock.advance(BATCHES_MS);
    const containers = [{ name: 'c', image: 'sum:1' }];
    const orphan = await cluster.client.create(PODS, { metadata: { namespace: 'default', name: 'orphan', labels }, spec: { containers } });
    await cluster.client.updateStatus(PODS, { ...orphan, status: { phase: 'Succeeded' } });
    await cluster.clock.advance(BATCHES_MS);
    const adopted = await cluster.client.get(PODS, { namespace: 'default', name: 'orphan' });
    expect(adopted.metadata.ownerReferences).toMatchObject([{ kind: 'Job', uid: metadata.uid, controller: true }]);
    expect((await cluster.client.get(JOBS, KEY)).status).toMatchObject({ succeeded: 1, active: 1 });
  });
});
