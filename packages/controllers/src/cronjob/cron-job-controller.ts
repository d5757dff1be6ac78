// The CronJob controller: creates a Job whenever the schedule says so. Schedules without a time zone are in UTC.
import { formatTime } from '@holdfast/clock';
import {
  type ComponentFactory,
  controllerOf,
  controllerReference,
  createController,
  createEventRecorder,
  enqueueOwner,
  enqueueSelf,
  isControlledBy,
  ReadGuard,
  type Request,
  requestKey,
  type Result,
  watch,
} from '@holdfast/controller';
import {
  type CronJob,
  CRONJOBS,
  type CronJobSpec,
  type CronJobStatus,
  deepEqual,
  isAlreadyExists,
  isConflict,
  isNamespaceTerminating,
  isNotFound,
  type Job,
  JOBS,
  timeZone,
} from '@holdfast/schema';
import { decide, jobName, type Plan } from './decide.ts';
import { scheduleClock, untilNext } from './missed.ts';

const WORKERS = 5;
const SCHEDULED_ANNOTATION = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

export const cronJobController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const cronJobs = informers.informer(CRONJOBS);
  const jobs = informers.informer(JOBS);
  const events = createEventRecorder({ ...context, component: 'cronjob-controller' });
  const guards = { jobs: new ReadGuard(), status: new ReadGuard() };
  /** Schedules at the last look, by cron job. */
  const schedules = new Map<string, Pick<CronJobSpec, 'schedule' | 'timeZone'> & { readonly uid: string | undefined }>();

  async function reconcile(request: Request): Promise<Result | void> {
    const key = requestKey(request);
    const cronJob = cronJobs.get(request);
    if (!cronJob) {
      guards.jobs.forget(key);
      guards.status.forget(key);
      schedules.delete(key);
      return;
    }
    if (!guards.jobs.isFresh(key, jobs) || !guards.status.isFresh(key, cronJobs)) return;
    if (isRescheduled(key, cronJob)) return { requeueAfterMs: untilNext(cronJob, clock.now(), scheduleClock(cronJob.spec)) };
    const own = jobs.list(request.namespace).filter((job) => isOf(job, cronJob));
    const plan = decide({ cronJob, jobs: own, now: clock.now() });
    return act(cronJob, key, plan);
  }

  /** A new schedule counts from its next time on: what it would have asked for before it was written is not made up for. */
  function isRescheduled(key: string, { metadata: { uid }, spec }: CronJob): boolean {
    const before = schedules.get(key);
    const { schedule = '', timeZone: zone } = spec ?? {};
    schedules.set(key, { uid, schedule, timeZone: zone });
    if (!before || before.uid !== uid || (before.schedule === schedule && before.timeZone === zone)) return false;
    // What is wrong with one that cannot be read, the decision tells.
    return isReadable(spec);
  }

  async function act(cronJob: CronJob, key: string, plan: Plan): Promise<Result | void> {
    for (const job of plan.forget) await remove(cronJob, key, job);
    for (const { type, reason, message } of plan.events) events.event(cronJob, type, reason, message);
    let { status } = plan;
    try {
      if (plan.start !== undefined) status = await startAt(cronJob, key, plan, plan.start);
    } finally {
      // What was observed is written also where nothing could be started.
      await write(cronJob, key, status);
    }
    return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs };
  }

  /** Ends what must end first, then creates the job that is due; the status with it. */
  async function startAt(cronJob: CronJob, key: string, plan: Plan, due: number): Promise<CronJobStatus> {
    let { active = [] } = plan.status;
    for (const job of plan.replace) {
      if (!(await remove(cronJob, key, job))) throw new Error(`could not replace job ${job.metadata.namespace}/${job.metadata.name}`);
      active = active.filter(({ uid }) => uid !== job.metadata.uid);
    }
    const job = await create(cronJob, key, due);
    if (!job) return plan.status;
    const { namespace, name, uid, resourceVersion } = job.metadata;
    const reference = { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid, resourceVersion };
    return { ...plan.status, active: [...active, reference], lastScheduleTime: formatTime(due) };
  }

  /** Undefined where somebody else's job has the name, or the namespace is on its way out. */
  async function create(cronJob: CronJob, key: string, due: number): Promise<Job | undefined> {
    const wanted = buildJob(cronJob, due);
    try {
      const job = await client.create(JOBS, wanted);
      guards.jobs.wrote(key, job);
      events.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
      return job;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      if (!isAlreadyExists(error)) {
        events.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${error instanceof Error ? error.message : String(error)}`);
        throw error;
      }
      // Created before a crash, and not noted.
      const { namespace, name = '' } = wanted.metadata;
      const job = await client.get(JOBS, { namespace, name });
      return isControlledBy(job, cronJob) ? job : undefined;
    }
  }

  async function remove(cronJob: CronJob, key: string, job: Job): Promise<boolean> {
    const { namespace, name = '', uid } = job.metadata;
    try {
      const left = await client.delete(JOBS, { namespace, name }, { propagationPolicy: 'Background', preconditions: { uid } });
      if (left && 'spec' in left) guards.jobs.wrote(key, left);
      else guards.jobs.deleted(key, job);
    } catch (error) {
      if (!isNotFound(error)) {
        events.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${error instanceof Error ? error.message : String(error)}`);
        return false;
      }
    }
    events.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    return true;
  }

  async function write(cronJob: CronJob, key: string, status: CronJobStatus): Promise<void> {
    if (deepEqual(status, cronJob.status ?? {})) return;
    try {
      guards.status.wrote(key, await client.updateStatus(CRONJOBS, { ...cronJob, status }));
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error)) throw error;
      // Somebody has changed the rest of it: a job that was just created must not be forgotten because of that.
      const { namespace, name = '' } = cronJob.metadata;
      const current = await client.get(CRONJOBS, { namespace, name });
      if (!deepEqual(current.status ?? {}, cronJob.status ?? {})) throw error;
      guards.status.wrote(key, await client.updateStatus(CRONJOBS, { ...current, status }));
    }
  }

  return createController({
    name: 'cronjob',
    context,
    reconciler: { reconcile },
    concurrency: WORKERS,
    watches: [watch(cronJobs, enqueueSelf), watch(jobs, enqueueOwner(CRONJOBS))],
  });
};

function isReadable(spec: CronJob['spec']): boolean {
  try {
    scheduleClock(spec);
    return true;
  } catch {
    return false;
  }
}

/** By name: a cron job that was made anew takes over the jobs of the one before. */
function isOf(job: Job, cronJob: CronJob): boolean {
  const owner = controllerOf(job);
  return owner?.kind === 'CronJob' && owner.name === cronJob.metadata.name;
}

function buildJob(cronJob: CronJob, due: number): Job {
  const { metadata, spec } = cronJob;
  const template = spec?.jobTemplate;
  const scheduled = { [SCHEDULED_ANNOTATION]: zonedTime(due, spec?.timeZone) };
  return {
    metadata: {
      name: jobName(cronJob, due),
      namespace: metadata.namespace,
      labels: template?.metadata?.labels,
      annotations: { ...template?.metadata?.annotations, ...scheduled },
      ownerReferences: [controllerReference(cronJob, CRONJOBS)],
    },
    spec: template?.spec,
  };
}

/** RFC 3339 in the schedule's zone. */
function zonedTime(ms: number, zone: string | undefined): string {
  const offset = timeZone(zone).offsetMs(ms);
  const local = formatTime(ms + offset);
  if (offset === 0) return local;
  const minutes = Math.abs(offset) / 60_000;
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${local.slice(0, -1)}${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
