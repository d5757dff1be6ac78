// Cron jobs against the real API server, in simulated time.
import type { ComponentFactory } from '@holdfast/controller';
import { type CronJob, CRONJOBS, type CronJobSpec, EVENTS, JOBS } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { type TestCluster, testCluster } from '../service-pods/cluster.suite.ts';
import { cronJobController } from './cron-job-controller.ts';

const key = { namespace: 'default', name: 'backup' };
const MINUTE = 60_000;

async function scheduled(spec: Partial<CronJobSpec> = {}, controller: ComponentFactory = cronJobController): Promise<TestCluster> {
  const cluster = await testCluster(controller);
  await cluster.client.create(CRONJOBS, {
    metadata: key,
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        metadata: { labels: { app: 'db' }, annotations: { note: 'x' } },
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'dump', image: 'db:1' }] } } },
      },
      ...spec,
    },
  });
  await cluster.settled();
  return cluster;
}

const jobsOf = async ({ client }: TestCluster): Promise<readonly string[]> =>
  (await client.list(JOBS, { namespace: 'default' })).items.map(({ metadata }) => metadata.name ?? '');

const statusOf = async ({ client }: TestCluster): Promise<CronJob['status']> => (await client.get(CRONJOBS, key)).status;

async function eventsOf({ client }: TestCluster): Promise<readonly string[]> {
  const { items } = await client.list(EVENTS, { namespace: 'default' });
  return items.map(({ reason, message }) => `${reason}: ${message}`);
}

/** Ends a job as its controller would. */
async function end({ client, clock }: TestCluster, name: string): Promise<void> {
  const job = await client.get(JOBS, { namespace: 'default', name });
  const time = new Date(clock.now()).toISOString().replace(/\.\d+/, '');
  const said = { status: 'True' as const, lastProbeTime: time, lastTransitionTime: time };
  const conditions = [
    { type: 'SuccessCriteriaMet', ...said },
    { type: 'Complete', ...said },
  ];
  await client.updateStatus(JOBS, { ...job, status: { startTime: time, completionTime: time, succeeded: 1, conditions } });
}

describe('a cron job', () => {
  it('creates its job when it is due, notes it, and forgets old ones', async () => {
    await using cluster = await scheduled({ successfulJobsHistoryLimit: 1 });
    expect(await jobsOf(cluster)).toEqual([]);
    await cluster.clock.advance(MINUTE + 200);
    const [first = ''] = await jobsOf(cluster);
    expect(first).toMatch(/^backup-\d{8}$/);
    const job = await cluster.client.get(JOBS, { namespace: 'default', name: first });
    expect(job.metadata).toMatchObject({
      labels: { app: 'db' },
      annotations: { note: 'x', 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:01:00Z' },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'backup', controller: true }],
    });
    expect(await statusOf(cluster)).toMatchObject({
      active: [{ apiVersion: 'batch/v1', kind: 'Job', name: first, uid: job.metadata.uid }],
      lastScheduleTime: '2026-01-01T00:01:00Z',
    });
    await end(cluster, first);
    await cluster.settled();
    expect(await statusOf(cluster)).toEqual({
      lastScheduleTime: '2026-01-01T00:01:00Z',
      lastSuccessfulTime: '2026-01-01T00:01:00Z',
    });
    await cluster.clock.advance(MINUTE);
    const [, second = ''] = await jobsOf(cluster);
    await end(cluster, second);
    await cluster.settled();
    expect(await jobsOf(cluster)).toEqual([second]);
    // Those of one moment come in any order.
    expect((await eventsOf(cluster)).toSorted()).toEqual([
      `SawCompletedJob: Saw completed job: ${first}, condition: Complete`,
      `SawCompletedJob: Saw completed job: ${second}, condition: Complete`,
      `SuccessfulCreate: Created job ${first}`,
      `SuccessfulCreate: Created job ${second}`,
      `SuccessfulDelete: Deleted job ${first}`,
    ]);
  });

  it('Replace ends the job before, Forbid waits for it', async () => {
    await using cluster = await scheduled({ concurrencyPolicy: 'Replace' });
    await cluster.clock.advance(MINUTE + 200);
    const [first] = await jobsOf(cluster);
    await cluster.clock.advance(MINUTE);
    const after = await jobsOf(cluster);
    expect([after.length, after[0] === first, (await statusOf(cluster))?.active?.length]).toEqual([1, false, 1]);
    await cluster.client.patch(CRONJOBS, key, { type: 'merge', body: { spec: { concurrencyPolicy: 'Forbid' } } });
    await cluster.clock.advance(3 * MINUTE);
    expect(await jobsOf(cluster)).toEqual(after);
    await end(cluster, after[0] ?? '');
    await cluster.clock.advance(200);
    // What was due while it ran is made up for.
    expect((await jobsOf(cluster)).length).toBe(2);
  });

  it('that is suspended starts nothing, and one time when it goes on', async () => {
    await using cluster = await scheduled({ suspend: true });
    await cluster.clock.advance(5 * MINUTE);
    expect(await jobsOf(cluster)).toEqual([]);
    await cluster.client.patch(CRONJOBS, key, { type: 'merge', body: { spec: { suspend: false } } });
    await cluster.settled();
    expect(await jobsOf(cluster)).toHaveLength(1);
  });

  it('with a new schedule waits for its next time', async () => {
    await using cluster = await scheduled({ schedule: '0 0 1 1 *' });
    await cluster.clock.advance(10 * MINUTE + 500);
    await cluster.client.patch(CRONJOBS, key, { type: 'merge', body: { spec: { schedule: '*/4 * * * *' } } });
    await cluster.clock.advance(MINUTE);
    // 00:04 and 00:08 were never meant.
    expect(await jobsOf(cluster)).toEqual([]);
    await cluster.clock.advance(MINUTE);
    expect((await statusOf(cluster))?.lastScheduleTime).toBe('2026-01-01T00:12:00Z');
  });

  it('of a zone says so in the annotation', async () => {
    await using cluster = await scheduled({ schedule: '*/5 * * * *', timeZone: 'Asia/Kolkata' });
    await cluster.clock.advance(5 * MINUTE + 200);
    const [job] = (await cluster.client.list(JOBS, { namespace: 'default' })).items;
    expect(job?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp']).toBe('2026-01-01T05:35:00+05:30');
  });

  it('that was created but not noted before a crash is noted, not created again', async () => {
    await using cluster = await scheduled({ suspend: true });
    const { metadata } = await cluster.client.get(CRONJOBS, key);
    const name = `backup-${Date.parse('2026-01-01T00:01:00Z') / MINUTE}`;
    await cluster.client.create(JOBS, {
      metadata: {
        namespace: 'default',
        name,
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'backup', uid: metadata.uid ?? '', controller: true }],
      },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'dump', image: 'db:1' }] } } },
    });
    await cluster.clock.advance(MINUTE + 500);
    await cluster.client.patch(CRONJOBS, key, { type: 'merge', body: { spec: { suspend: false } } });
    await cluster.settled();
    expect(await jobsOf(cluster)).toEqual([name]);
    expect(await statusOf(cluster)).toMatchObject({ active: [{ name }], lastScheduleTime: '2026-01-01T00:01:00Z' });
  });

  it('does not lose a job because its owner was changed meanwhile', async () => {
    // Somebody annotates the cron job in the moment in which its job has been created.
    const annotate: ComponentFactory = (context) => {
      const { client } = context;
      const create: typeof client.create = async (type, object, options) => {
        const made = await client.create(type, object, options);
        if (made.kind === 'Job')
          await client.patch(CRONJOBS, key, { type: 'merge', body: { metadata: { annotations: { job: made.metadata.name } } } });
        return made;
      };
      return cronJobController({ ...context, client: { ...client, create } });
    };
    await using cluster = await scheduled({}, annotate);
    await cluster.clock.advance(3 * MINUTE + 200);
    const jobs = await jobsOf(cluster);
    expect(jobs.length).toBe(3);
    expect((await statusOf(cluster))?.active?.map(({ name }) => name)).toEqual(jobs);
    expect((await eventsOf(cluster)).filter((event) => !event.startsWith('SuccessfulCreate'))).toEqual([]);
  });
});
