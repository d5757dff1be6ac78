// The Job controller: runs pods until enough of them have succeeded.
import { timestamp } from '@holdfast/clock';
import {
  type ComponentFactory,
  controllerOf,
  createController,
  createEventRecorder,
  enqueueMapped,
  enqueueOwner,
  enqueueSelf,
  type InformerEvent,
  ReadGuard,
  type Request,
  requestKey,
  requestOf,
  type Result,
  watch,
} from '@holdfast/controller';
import { deepEqual, ignoreNotFound, type Job, type JobCondition, JOBS, type JobStatus, type Pod, PODS } from '@holdfast/schema';
import { adopters } from '../ownership/adopters.ts';
import { claim } from '../ownership/claim.ts';
import { podControl } from '../pods/pod-control.ts';
import { hasEnded, isActive, isReady, isTerminating } from '../pods/pod-health.ts';
import { atOnce, slowStart } from '../pods/slow-start.ts';
import { account, hasUncounted, isTracked, takeOver, TRACKING_FINALIZER } from './accounting.ts';
import { type BackOff, NO_BACK_OFF } from './back-off.ts';
import { buildPod, JOB_NAME_LABEL } from './build-pod.ts';
import { announce, type Ending, finish, finishedCondition, isFinished, suspended } from './conditions.ts';
import { BATCH_MS, decide, type Plan } from './decide.ts';

const WORKERS = 5;

/** What came of a plan. */
interface Acted {
  /** How many pods were made, and how many deleted. */
  readonly made: number;
  readonly removed: number;
  /** The first refusal; undefined where the plan was carried out. */
  readonly failure: unknown;
}

export const jobController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const jobs = informers.informer(JOBS);
  const pods = informers.informer(PODS);
  const events = createEventRecorder({ ...context, component: 'job-controller' });
  const podGuard = new ReadGuard();
  const control = podControl({ client, events, guard: podGuard });
  const jobGuard = new ReadGuard();
  const backOffs = new Map<string, BackOff>();
  // A job that is made anew at once, under the same name, has had no failures.
  jobs.addHandler(({ type, object }) => {
    if (type === 'deleted') backOffs.delete(requestKey(requestOf(object)));
  });

  async function reconcile(request: Request): Promise<Result | void> {
    const key = requestKey(request);
    const job = jobs.get(request);
    if (!job || isFinished(job)) backOffs.delete(key);
    if (!job) {
      podGuard.forget(key);
      jobGuard.forget(key);
      return releaseOrphans(request, undefined);
    }
    if (!podGuard.isFresh(key, pods) || !jobGuard.isFresh(key, jobs)) return;
    await releaseOrphans(request, job);
    if (isFinished(job)) return expire(job);
    const own = await claim({
      client,
      owner: job,
      ownerType: JOBS,
      selector: job.spec?.selector,
      type: PODS,
      candidates: pods.list(request.namespace),
      finalizer: TRACKING_FINALIZER,
      onWrite: (pod) => podGuard.wrote(key, pod),
    });
    const plan = decide({ job, pods: own, backOff: backOffs.get(key) ?? NO_BACK_OFF, nowMs: clock.now() });
    const acted = await act(job, key, plan);
    const result = await track(job, key, own, plan, acted);
    if (acted.failure !== undefined) throw acted.failure;
    return result;
  }

  /** Makes or deletes pods; the first failure is returned, since what was done must be counted all the same. */
  async function act(job: Job, key: string, { create, remove, ending }: Plan): Promise<Acted> {
    const removed = await atOnce(remove, (pod) => removePod(job, key, pod, ending?.type !== 'Failed'));
    const created = await slowStart(create, (wanted) => control.create(job, key, buildPod(job, wanted)));
    return { made: created.done, removed: removed.done, failure: removed.failure ?? created.failure };
  }

  /** Writes what is to be counted, takes the finalizers off, and counts. */
  async function track(job: Job, key: string, own: readonly Pod[], plan: Plan, acted: Acted): Promise<Result | void> {
    const now = timestamp(clock);
    const done = acted.failure === undefined;
    const ending = done ? plan.ending : undefined;
    const left = own.filter((pod) => !plan.remove.includes(pod));
    // Pods that just went have lost their finalizer; those of a job that fails are counted like all others.
    const { status: accounts, release } = account(job, plan.ending?.type === 'Failed' ? own : left, {
      ending: ending?.type,
      failures: plan.tally.failures,
    });
    const terminating = own.filter((pod) => isTerminating(pod) && !hasEnded(pod)).length + acted.removed;
    const conditions = conditionsOf(job, plan, done, now);
    const status: JobStatus = {
      ...accounts,
      ...started(job, now),
      active: done ? plan.active : own.filter(isActive).length + acted.made - acted.removed,
      ready: left.filter((pod) => isActive(pod) && isReady(pod)).length,
      terminating,
      conditions: ending ? announce(conditions, ending, now) : conditions,
    };
    const written = await writeStatus(job, key, status);
    // Now, whatever fails from here on: what the status names as ended is not new in the next pass.
    backOffs.set(key, plan.backOff);
    const results = await Promise.allSettled(release.map((pod) => releasePod(key, pod)));
    const kept = new Set(release.filter((_, index) => results[index]?.status === 'rejected'));
    const tracked = left.filter((pod) => isTracked(pod) && (kept.has(pod) || !release.includes(pod)));
    const counted = takeOver(status, new Set(tracked.map(({ metadata }) => metadata.uid ?? '')));
    const finished = ending && kept.size === 0 && !hasUncounted(counted) && terminating === 0;
    const end = finished ? { ...counted, ...endOf(ending, counted.conditions ?? [], now) } : counted;
    const last = await writeStatus(written, key, end);
    const refused = results.find((result) => result.status === 'rejected');
    if (refused) throw refused.reason;
    if (finished) tellEnd(last);
    return plan.recheckAfterMs === undefined ? undefined : { requeueAfterMs: plan.recheckAfterMs };
  }

  async function writeStatus(job: Job, key: string, status: JobStatus): Promise<Job> {
    const next = tidy(status);
    if (deepEqual(next, job.status)) return job;
    const written = await client.updateStatus(JOBS, { ...job, status: next });
    jobGuard.wrote(key, written);
    return written;
  }

  function conditionsOf(job: Job, { ending }: Plan, done: boolean, now: string): readonly JobCondition[] {
    const before = job.status?.conditions ?? [];
    if (ending || !done || job.metadata.deletionTimestamp) return before;
    const conditions = suspended(before, job.spec?.suspend ?? false, now);
    if (conditions !== before)
      events.event(job, 'Normal', job.spec?.suspend ? 'Suspended' : 'Resumed', job.spec?.suspend ? 'Job suspended' : 'Job resumed');
    return conditions;
  }

  function tellEnd(job: Job): void {
    const { type, reason = '', message = '' } = finishedCondition(job) ?? {};
    if (type === 'Complete') events.event(job, 'Normal', 'Completed', 'Job completed');
    else events.event(job, 'Warning', reason, message);
  }

  /** A finished job goes after ttlSecondsAfterFinished, its pods with it. */
  async function expire(job: Job): Promise<Result | void> {
    const seconds = job.spec?.ttlSecondsAfterFinished;
    if (seconds === undefined || job.metadata.deletionTimestamp) return;
    const leftMs = Date.parse(finishedCondition(job)?.lastTransitionTime ?? '') + seconds * 1000 - clock.now();
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    const { namespace, name = '', uid } = job.metadata;
    await client.delete(JOBS, { namespace, name }, { propagationPolicy: 'Foreground', preconditions: { uid } }).catch(ignoreNotFound);
  }

  /** A pod that just goes loses its finalizer first: it is not to be counted. */
  async function removePod(job: Job, key: string, pod: Pod, uncounted: boolean): Promise<void> {
    if (uncounted) await releasePod(key, pod);
    await control.remove(job, key, pod);
  }

  async function releasePod(key: string, pod: Pod): Promise<void> {
    if (!isTracked(pod)) return;
    const { namespace, name = '', uid } = pod.metadata;
    const body = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] } };
    const written = await client.patch(PODS, { namespace, name }, { type: 'strategic', body }).catch(ignoreNotFound);
    if (written) podGuard.wrote(key, written);
  }

  /** Pods whose job is gone, has finished or no longer owns them keep nothing of it. */
  async function releaseOrphans(request: Request, job: Job | undefined): Promise<void> {
    const orphans = pods.list(request.namespace).filter((pod) => isTracked(pod) && jobName(pod) === request.name && isOrphan(pod, job));
    await Promise.all(orphans.map((pod) => releasePod(requestKey(request), pod)));
  }

  /** A pod that its job holds no more is let go at once. */
  function afterPodMs({ object }: InformerEvent<Pod>): number {
    const owner = controllerOf(object);
    const job = owner && jobs.get({ namespace: object.metadata.namespace, name: owner.name });
    return isTracked(object) && (!job || isFinished(job)) ? 0 : BATCH_MS;
  }

  return createController({
    name: 'job',
    context,
    reconciler: { reconcile },
    concurrency: WORKERS,
    watches: [
      watch(jobs, enqueueSelf, undefined, { afterMs: afterJobMs }),
      watch(pods, enqueueOwner(JOBS), undefined, { afterMs: afterPodMs }),
      watch(pods, enqueueMapped(adopters(jobs)), undefined, { afterMs: () => BATCH_MS }),
      watch(
        pods,
        enqueueMapped((pod) => (isTracked(pod) && !controllerOf(pod) ? requestFor(pod) : [])),
      ),
    ],
  });
};

/** A change of the status alone follows from pods, mostly; what users do counts at once. */
function afterJobMs(event: InformerEvent<Job>): number {
  if (event.type !== 'updated' || isFinished(event.object)) return 0;
  return event.object.metadata.generation === event.old.metadata.generation ? BATCH_MS : 0;
}

function requestFor(pod: Pod): readonly Request[] {
  const name = jobName(pod);
  return name === undefined ? [] : [{ namespace: pod.metadata.namespace, name }];
}

/** The name of the job that a pod is of, or was. */
function jobName(pod: Pod): string | undefined {
  const owner = controllerOf(pod);
  if (owner) return owner.kind === JOBS.kind ? owner.name : undefined;
  return pod.metadata.labels?.[JOB_NAME_LABEL];
}

function isOrphan(pod: Pod, job: Job | undefined): boolean {
  if (!job) return true;
  const owner = controllerOf(pod)?.uid ?? pod.metadata.labels?.['batch.kubernetes.io/controller-uid'];
  return owner !== job.metadata.uid || isFinished(job);
}

/** When it began: at its first pass, and again when it is resumed. */
function started({ spec, status }: Job, now: string): Pick<JobStatus, 'startTime'> {
  const resumed = !spec?.suspend && status?.conditions?.some(({ type, status: is }) => type === 'Suspended' && is === 'True');
  const startTime = resumed ? now : (status?.startTime ?? (spec?.suspend ? undefined : now));
  return startTime === undefined ? {} : { startTime };
}

function endOf(ending: Ending, conditions: readonly JobCondition[], now: string): JobStatus {
  return { conditions: finish(conditions, ending, now), ...(ending.type === 'Complete' ? { completionTime: now } : {}) };
}

/** Counts of zero and empty lists are left out, but for `ready` and `terminating`. */
function tidy(status: JobStatus): JobStatus {
  return Object.fromEntries(
    Object.entries(status).filter(([field, value]) => {
      if (field === 'ready' || field === 'terminating') return true;
      return value !== 0 && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
    }),
  ) as JobStatus;
}
