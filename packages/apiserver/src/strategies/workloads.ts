// Strategies of the kinds that run pods.
import type { ControllerRevision, CronJob, DaemonSet, Deployment, Job, KubeObject, ReplicaSet, StatefulSet } from '@holdfast/schema';
import { FieldErrors } from '../validation/field-errors.ts';
import { validateCronJob } from '../validation/kinds/cron-job.ts';
import { validateJob, validateJobUpdate, withGeneratedSelector } from '../validation/kinds/job.ts';
import { validateStatefulSet, validateStatefulSetStatus, validateStatefulSetUpdate } from '../validation/kinds/stateful-set.ts';
import {
  selectorUpdate,
  validateControllerRevision,
  validateControllerRevisionUpdate,
  validateDaemonSet,
  validateDeployment,
  validateReplicaSet,
} from '../validation/kinds/workloads.ts';
import { templateWarnings } from '../validation/warnings.ts';
import { checked, checkedUpdate } from './checked.ts';
import { withCounts, withGeneration, withoutStatus } from './families.ts';
import { plainStrategy, type Strategy } from './strategy.ts';

const workload: Strategy = {
  ...withGeneration,
  prepareForCreate: withoutStatus,
  validateUpdate: checkedUpdate<Deployment>(selectorUpdate),
  warnings: (object) => templateWarnings((object as Deployment).spec?.template, 'spec.template'),
};

const statefulSet: Strategy = {
  ...workload,
  prepareForCreate: (object) => dropMaxUnavailable(withCounts(object, 'replicas', 'availableReplicas')),
  prepareForUpdate: dropMaxUnavailable,
  validate: checked<StatefulSet>(validateStatefulSet),
  validateUpdate: checkedUpdate<StatefulSet>(validateStatefulSetUpdate),
  validateStatus: checked<StatefulSet>(validateStatefulSetStatus),
};

/** The gate MaxUnavailableStatefulSet is off in 1.32: the field is dropped. */
function dropMaxUnavailable(object: KubeObject): KubeObject {
  const set = object as StatefulSet;
  const rolling = set.spec?.updateStrategy?.rollingUpdate;
  if (!set.spec || rolling?.maxUnavailable === undefined) return object;
  const { maxUnavailable: _dropped, ...rest } = rolling;
  return { ...set, spec: { ...set.spec, updateStrategy: { ...set.spec.updateStrategy, rollingUpdate: rest } } } as KubeObject;
}

function cronJobErrors(object: KubeObject, old: KubeObject | undefined): FieldErrors['list'] {
  const errors = new FieldErrors();
  validateCronJob(object as CronJob, old as CronJob | undefined, errors);
  return errors.list;
}

export const WORKLOAD_STRATEGIES: Readonly<Record<string, Strategy>> = {
  'statefulsets.apps': statefulSet,
  'deployments.apps': { ...workload, validate: checked<Deployment>(validateDeployment) },
  'replicasets.apps': {
    ...workload,
    prepareForCreate: (object) => withCounts(object, 'replicas'),
    validate: checked<ReplicaSet>(validateReplicaSet),
  },
  'daemonsets.apps': { ...workload, validate: checked<DaemonSet>(validateDaemonSet) },
  'controllerrevisions.apps': {
    ...plainStrategy,
    validate: checked<ControllerRevision>(validateControllerRevision),
    validateUpdate: checkedUpdate<ControllerRevision>(validateControllerRevisionUpdate),
  },
  'jobs.batch': {
    ...withGeneration,
    prepareForCreate: (object) => withoutStatus(withGeneratedSelector(object as Job) as KubeObject),
    validate: checked<Job>(validateJob),
    validateUpdate: checkedUpdate<Job>(validateJobUpdate),
    warnings: (object) => templateWarnings((object as Job).spec?.template, 'spec.template'),
  },
  'cronjobs.batch': {
    ...withGeneration,
    prepareForCreate: withoutStatus,
    validateCreate: (object) => cronJobErrors(object, undefined),
    validateUpdate: cronJobErrors,
    warnings: (object) => templateWarnings((object as CronJob).spec?.jobTemplate?.spec?.template, 'spec.jobTemplate.spec.template'),
  },
};
