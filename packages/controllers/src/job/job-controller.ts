// The Job controller: runs pods until enough of them have succeeded.
import { timestamp } from '@holdfast/clock';
import {
  type ComponentFactory,
  controllerOf,
  controllerReference,
  createController,
  createEventRecorder,
  enqueueOwner,
  enqueueSelf,
  ReadGuard,
  type Request,
  requestKey,
  type Result,
  watch,
} from '@holdfast/controller';
import { deepEqual, isNotFound, type Job, JOBS, type Pod, PODS } from '@holdfast/schema';
import { decide, INDEX_ANNOTATION, isFinished } from './decide.ts';

const WORKERS = 5;
const JOB_LABELS = (job: Job): Readonly<Record<string, string>> => ({
  'batch.kubernetes.io/controller-uid': job.metadata.uid ?? '',
  'batch.kubernetes.io/job-name': job.metadata.name ?? '',
  'controller-uid': job.metadata.uid ?? '',
  'job-name': job.metadata.name ?? '',
});

export const jobController: ComponentFactory = (context) => {
  const { client, informers, clock } = context;
  const jobs = informers.informer(JOBS);
  const pods = informers.informer(PODS);
  const events = createEventRecorder({ ...context, component: 'job-controller' });
  const guard = new ReadGuard();

  async function reconcile(request: Request): Promise<Result | void> {
    const key = requestKey(request);
    const job = jobs.get(request);
    if (!job) return guard.forget(key);
    if (isFinished(job)) return expire(job);
    if (!guard.isFresh(key, pods)) return;
    const own = pods.list(request.namespace).filter((pod) => controllerOf(pod)?.uid === job.metadata.uid);
    const plan = decide({ job, pods: own, nowMs: clock.now(), now: timestamp(clock) });
    await Promise.all([...plan.create.map((index) => create(job, key, index)), ...plan.remove.map((pod) => remove(job, key, pod))]);
    if (!deepEqual(plan.status, job.status)) await client.updateStatus(JOBS, { ...job, status: plan.status }).catch(ignoreNotFound);
    if (plan.finished?.type === 'Complete') events.event(job, 'Normal', 'Completed', 'Job completed');
    else if (plan.finished) events.event(job, 'Warning', plan.finished.reason, plan.finished.message);
    if (plan.recheckAfterMs !== undefined) return { requeueAfterMs: plan.recheckAfterMs };
  }

  /** A finished job goes after ttlSecondsAfterFinished, its pods with it. */
  async function expire(job: Job): Promise<Result | void> {
    const seconds = job.spec?.ttlSecondsAfterFinished;
    if (seconds === undefined || job.metadata.deletionTimestamp) return;
    const ended =
      job.status?.conditions?.find((condition) => condition.type === 'Complete' || condition.type === 'Failed')?.lastTransitionTime ?? '';
    const leftMs = Date.parse(ended) + seconds * 1000 - clock.now();
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    const { namespace, name = '', uid } = job.metadata;
    await client.delete(JOBS, { namespace, name }, { propagationPolicy: 'Foreground', preconditions: { uid } }).catch(ignoreNotFound);
  }

  async function create(job: Job, key: string, index: number | undefined): Promise<void> {
    try {
      const pod = await client.create(PODS, buildPod(job, index));
      guard.wrote(key, pod);
      events.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      events.event(job, 'Warning', 'FailedCreate', `Error creating: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  async function remove(job: Job, key: string, pod: Pod): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata;
    const left = await client.delete(PODS, { namespace, name }, { preconditions: { uid } }).catch(ignoreNotFound);
    if (left && 'spec' in left) guard.wrote(key, left);
    if (left) events.event(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  return createController({
    name: 'job',
    context,
    reconciler: { reconcile },
    concurrency: WORKERS,
    watches: [watch(jobs, enqueueSelf), watch(pods, enqueueOwner(JOBS))],
  });
};

function buildPod(job: Job, index: number | undefined): Pod {
  const template = job.spec?.template;
  const labels = { ...template?.metadata?.labels, ...JOB_LABELS(job) };
  const indexed = index === undefined ? undefined : String(index);
  const spec = template?.spec ?? { containers: [] };
  return {
    metadata: {
      generateName: indexed === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${indexed}-`,
      namespace: job.metadata.namespace,
      labels: indexed === undefined ? labels : { ...labels, [INDEX_ANNOTATION]: indexed },
      annotations: { ...template?.metadata?.annotations, ...(indexed === undefined ? {} : { [INDEX_ANNOTATION]: indexed }) },
      ownerReferences: [controllerReference(job, JOBS)],
    },
    spec:
      indexed === undefined
        ? spec
        : {
            ...spec,
            hostname: `${job.metadata.name}-${indexed}`,
            containers: spec.containers.map((container) => ({
              ...container,
              env: [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', value: indexed }],
            })),
          },
  };
}

function ignoreNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
