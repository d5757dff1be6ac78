// Policies of jobs against the real API server, and that jobs go when their time is over.
import { EVENTS, JOBS, type JobSpec, type Pod, PODS } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { jobController } from './job-controller.ts';

const key = { namespace: 'default', name: 'restore' };

async function started(spec: Partial<JobSpec>): Promise<TestCluster> {
  const cluster = await testCluster(jobController);
  const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'db:1' }] } };
  await cluster.client.create(JOBS, { metadata: key, spec: { template, ...spec } });
  await cluster.settled();
  return cluster;
}

const podsOf = async ({ client }: TestCluster): Promise<readonly Pod[]> => (await client.list(PODS, { namespace: 'default' })).items;

/** Ends a pod as its node would. */
async function end({ client, clock }: TestCluster, pod: Pod, exitCode: number): Promise<void> {
  const time = new Date(clock.now()).toISOString().replace(/\.\d+/, '');
  const state = { terminated: { exitCode, startedAt: time, finishedAt: time, reason: exitCode === 0 ? 'Completed' : 'Error' } };
  const containerStatuses = [{ name: 'c', ready: false, restartCount: 0, image: 'db:1', imageID: '', state }];
  await client.updateStatus(PODS, { ...pod, status: { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses } });
}

describe('a job', () => {
  it('goes ttlSecondsAfterFinished after its end', async () => {
    await using cluster = await started({ ttlSecondsAfterFinished: 60 });
    const [pod] = await podsOf(cluster);
    if (!pod) throw new Error('no pod was made');
    await end(cluster, pod, 0);
    await cluster.clock.advance(2100);
    expect((await cluster.client.get(JOBS, key)).status).toMatchObject({ succeeded: 1, conditions: [{}, { type: 'Complete' }] });
    await cluster.clock.advance(57_000);
    expect((await cluster.client.get(JOBS, key)).metadata.deletionTimestamp).toBeUndefined();
    await cluster.clock.advance(4_000);
    // Foreground: what is left waits for the garbage collector.
    expect((await cluster.client.get(JOBS, key)).metadata).toMatchObject({ finalizers: ['foregroundDeletion'] });
  });

  it('ends at once by the exit code of a pod that cannot succeed', async () => {
    await using cluster = await started({
      backoffLimit: 5,
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] },
    });
    const [pod] = await podsOf(cluster);
    if (!pod) throw new Error('no pod was made');
    await end(cluster, pod, 42);
    await cluster.clock.advance(2100);
    const message = `Container c for pod default/${pod.metadata.name} failed with exit code 42 matching FailJob rule at index 0`;
    expect((await cluster.client.get(JOBS, key)).status?.conditions).toMatchObject([
      { type: 'FailureTarget', reason: 'PodFailurePolicy', message },
      { type: 'Failed', reason: 'PodFailurePolicy', message },
    ]);
    const { items } = await cluster.client.list(EVENTS, { namespace: 'default' });
    expect(items.map(({ reason, message: said }) => `${reason}: ${said}`)).toContain(`PodFailurePolicy: ${message}`);
  });

  it('gives the pod of an index the number of failures before it', async () => {
    await using cluster = await started({ completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimitPerIndex: 1 });
    const failures = async (): Promise<readonly string[]> =>
      (await podsOf(cluster))
        .map(
          ({ metadata: { annotations = {} } }) =>
            `${annotations['batch.kubernetes.io/job-completion-index']} after ${annotations['batch.kubernetes.io/job-index-failure-count']}`,
        )
        .toSorted();
    expect(await failures()).toEqual(['0 after 0', '1 after 0']);
    const first = (await podsOf(cluster)).find(
      ({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === '0',
    );
    if (!first) throw new Error('index 0 has no pod');
    await end(cluster, first, 1);
    await cluster.clock.advance(5_000);
    expect(await failures()).toEqual(['0 after 0', '1 after 0']);
    await cluster.clock.advance(6_000);
    expect(await failures()).toEqual(['0 after 0', '0 after 1', '1 after 0']);
  });
});
