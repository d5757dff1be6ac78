// Kinds that make pods: apps and batch.
import type {
  ControllerRevision,
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  ReplicaSet,
  ReplicationController,
  Scale,
  StatefulSet,
} from '@holdfast/schema';
import { age, humanDuration } from '../duration.ts';
import { printer, type PrintContext, type PrinterFamily } from '../printer.ts';
import { ageOf, booleanText, containersText, labelsText, nameOf, NONE, selectorText } from './cells.ts';

const statefulSets = printer<StatefulSet>((set, context) => [
  nameOf(set),
  `${set.status?.readyReplicas ?? 0}/${set.spec?.replicas ?? 0}`,
  ageOf(set, context),
  ...containersText(set.spec?.template),
]);

const deployments = printer<Deployment>((deployment, context) => {
  const { spec, status } = deployment;
  return [
    nameOf(deployment),
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    ageOf(deployment, context),
    ...containersText(spec?.template),
    selectorText(spec?.selector),
  ];
});

const replicaSets = printer<ReplicaSet>((set, context) => [
  nameOf(set),
  set.spec?.replicas ?? 0,
  set.status?.replicas ?? 0,
  set.status?.readyReplicas ?? 0,
  ageOf(set, context),
  ...containersText(set.spec?.template),
  selectorText(set.spec?.selector),
]);

const replicationControllers = printer<ReplicationController>((controller, context) => [
  nameOf(controller),
  controller.spec?.replicas ?? 0,
  controller.status?.replicas ?? 0,
  controller.status?.readyReplicas ?? 0,
  ageOf(controller, context),
  ...containersText(controller.spec?.template),
  labelsText(controller.spec?.selector),
]);

const daemonSets = printer<DaemonSet>((set, context) => {
  const { spec, status } = set;
  return [
    nameOf(set),
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    labelsText(spec?.template?.spec?.nodeSelector),
    ageOf(set, context),
    ...containersText(spec?.template),
    selectorText(spec?.selector),
  ];
});

const controllerRevisions = printer<ControllerRevision>((revision, context) => {
  const owner = revision.metadata.ownerReferences?.find(({ controller }) => controller);
  const group = owner?.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return [
    nameOf(revision),
    owner ? `${owner.kind.toLowerCase()}${group}/${owner.name}` : NONE,
    revision.revision ?? 0,
    ageOf(revision, context),
  ];
});

const jobs = printer<Job>((job, context) => [
  nameOf(job),
  jobStatus(job),
  jobCompletions(job),
  jobDuration(job, context),
  ageOf(job, context),
  ...containersText(job.spec?.template),
  selectorText(job.spec?.selector),
]);

const cronJobs = printer<CronJob>((job, context) => {
  const { spec, status } = job;
  return [
    nameOf(job),
    spec?.schedule ?? '',
    spec?.timeZone ?? NONE,
    booleanText(spec?.suspend),
    status?.active?.length ?? 0,
    status?.lastScheduleTime ? age(status.lastScheduleTime, context.now) : NONE,
    ageOf(job, context),
    ...containersText(spec?.jobTemplate?.spec?.template),
    selectorText(spec?.jobTemplate?.spec?.selector),
  ];
});

/** The scale subresource of any kind. */
const scales = printer<Scale>((scale, context) => [
  nameOf(scale),
  scale.spec?.replicas ?? 0,
  scale.status?.replicas ?? 0,
  ageOf(scale, context),
]);

export const WORKLOADS_FAMILY: PrinterFamily = {
  'statefulsets.apps': statefulSets,
  'deployments.apps': deployments,
  'replicasets.apps': replicaSets,
  'daemonsets.apps': daemonSets,
  'controllerrevisions.apps': controllerRevisions,
  replicationcontrollers: replicationControllers,
  'jobs.batch': jobs,
  'cronjobs.batch': cronJobs,
  _scale: scales,
};

function jobStatus({ metadata, status }: Job): string {
  const has = (type: string): boolean => status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function jobCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  // A work queue: one success ends it, whatever its parallelism.
  return (spec?.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec?.parallelism}` : `${succeeded}/1`;
}

function jobDuration({ status }: Job, { now }: PrintContext): string {
  if (!status?.startTime) return '';
  const end = status.completionTime ? Date.parse(status.completionTime) : now;
  return humanDuration(end - Date.parse(status.startTime));
}
