// StatefulSets, Deployments, ReplicaSets, DaemonSets and ReplicationControllers: a selector and a template that fit together.
import {
  type ControllerRevision,
  type DaemonSet,
  deepEqual,
  type Deployment,
  goLabelSelector,
  goStringMap,
  isRecord,
  labelSelector,
  type LabelSelector,
  type PodTemplateSpec,
  type ReplicaSet,
  type ReplicationController,
} from '@holdfast/schema';
import { type FieldErrors, IMMUTABLE } from '../field-errors.ts';
import { isEmptySelector, validateLabelSelector } from '../labels.ts';
import { validateTemplate } from '../pods/template.ts';
import { atMost100Percent, goIntOrString, nonNegativeIntOrPercent, numberOf } from './int-or-percent.ts';

/** Whether a selector selects the pods of a template; false for one that cannot be read. */
export function selects(selector: LabelSelector | undefined, template: PodTemplateSpec | undefined): boolean {
  try {
    return labelSelector(selector).matches(template?.metadata?.labels ?? {});
  } catch {
    // An unreadable selector has its own errors.
    return true;
  }
}

/** The selector of a `kind`, which must be there, select something, and select the template's pods. */
export function selectorAndTemplate(
  spec: { readonly selector?: LabelSelector | undefined; readonly template?: PodTemplateSpec | undefined },
  kind: string,
  template: { readonly path: string; readonly addedVolumes?: readonly string[]; readonly checkTemplate?: boolean },
  errors: FieldErrors,
): void {
  if (!spec.selector) errors.required('spec.selector');
  else {
    validateLabelSelector(spec.selector, 'spec.selector', errors);
    if (isEmptySelector(spec.selector))
      errors.invalid('spec.selector', goLabelSelector(spec.selector), `empty selector is invalid for ${kind}`);
  }
  if (!isEmptySelector(spec.selector) && !selects(spec.selector, spec.template)) notSelected(spec.template, template.path, errors);
  if (template.checkTemplate !== false) validateTemplate(spec.template, template.path, errors, template.addedVolumes);
}

export function notSelected(template: PodTemplateSpec | undefined, path: string, errors: FieldErrors): void {
  errors.invalid(`${path}.metadata.labels`, goStringMap(template?.metadata?.labels), '`selector` does not match template `labels`');
}

/** Pods of a workload that runs for ever are restarted always and have no deadline. */
export function runsForEver(template: PodTemplateSpec | undefined, kind: string, path: string, errors: FieldErrors): void {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {};
  if (restartPolicy !== 'Always') errors.notSupported(`${path}.spec.restartPolicy`, restartPolicy ?? '', ['Always']);
  if (activeDeadlineSeconds !== undefined)
    errors.forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`);
}

export function selectorUpdate(
  next: { readonly spec?: { readonly selector?: LabelSelector | undefined } | undefined },
  old: { readonly spec?: { readonly selector?: LabelSelector | undefined } | undefined },
  errors: FieldErrors,
): void {
  if (!deepEqual(next.spec?.selector, old.spec?.selector)) errors.invalid('spec.selector', goLabelSelector(next.spec?.selector), IMMUTABLE);
}

export function validateDeployment({ spec }: Deployment, errors: FieldErrors): void {
  if (!spec) return errors.required('spec.selector');
  errors.nonNegative('spec.replicas', spec.replicas);
  selectorAndTemplate(spec, 'deployment', { path: 'spec.template' }, errors);
  runsForEver(spec.template, 'ReplicaSet', 'spec.template', errors);
  deploymentStrategy(spec.strategy, errors);
  errors.nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  errors.nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit);
  const deadline = spec.progressDeadlineSeconds;
  if (deadline === undefined) return;
  errors.nonNegative('spec.progressDeadlineSeconds', deadline);
  if (deadline <= (spec.minReadySeconds ?? 0))
    errors.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
}

function deploymentStrategy(strategy: NonNullable<Deployment['spec']>['strategy'], errors: FieldErrors): void {
  const path = 'spec.strategy.rollingUpdate';
  if (strategy?.type === 'Recreate') {
    if (strategy.rollingUpdate) errors.forbidden(path, "may not be specified when strategy `type` is 'Recreate'");
    return;
  }
  if (strategy?.type !== 'RollingUpdate') return errors.notSupported('spec.strategy', strategy, ['Recreate', 'RollingUpdate']);
  if (!strategy.rollingUpdate) return errors.required(path, 'this should be defaulted and never be nil');
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate;
  nonNegativeIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  nonNegativeIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  if (numberOf(maxUnavailable) === 0 && numberOf(maxSurge) === 0)
    errors.invalid(`${path}.maxUnavailable`, goIntOrString(maxUnavailable), 'may not be 0 when `maxSurge` is 0');
  atMost100Percent(maxUnavailable, `${path}.maxUnavailable`, errors);
}

export function validateReplicaSet({ spec }: ReplicaSet, errors: FieldErrors): void {
  if (!spec) return errors.required('spec.selector');
  errors.nonNegative('spec.replicas', spec.replicas);
  errors.nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  selectorAndTemplate(spec, 'deployment', { path: 'spec.template' }, errors);
  runsForEver(spec.template, 'ReplicaSet', 'spec.template', errors);
}

export function validateDaemonSet({ spec }: DaemonSet, errors: FieldErrors): void {
  if (!spec) return errors.required('spec.selector');
  validateLabelSelector(spec.selector, 'spec.selector', errors);
  if (!selects(spec.selector, spec.template)) notSelected(spec.template, 'spec.template', errors);
  if (spec.selector && isEmptySelector(spec.selector))
    errors.invalid('spec.selector', goLabelSelector(spec.selector), 'empty selector is invalid for daemonset');
  validateTemplate(spec.template, 'spec.template', errors);
  runsForEver(spec.template, 'DaemonSet', 'spec.template', errors);
  errors.nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  daemonSetStrategy(spec.updateStrategy, errors);
  errors.nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit);
}

function daemonSetStrategy(strategy: NonNullable<DaemonSet['spec']>['updateStrategy'], errors: FieldErrors): void {
  const path = 'spec.updateStrategy.rollingUpdate';
  if (strategy?.type === 'OnDelete') return;
  if (strategy?.type !== 'RollingUpdate') return errors.notSupported('spec.updateStrategy', strategy, ['RollingUpdate', 'OnDelete']);
  if (!strategy.rollingUpdate) return errors.required(path);
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate;
  nonNegativeIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  nonNegativeIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  atMost100Percent(maxUnavailable, `${path}.maxUnavailable`, errors);
  atMost100Percent(maxSurge, `${path}.maxSurge`, errors);
  const [unavailable, surge] = [numberOf(maxUnavailable) !== 0, numberOf(maxSurge) !== 0];
  if (unavailable && surge) errors.invalid(`${path}.maxSurge`, goIntOrString(maxSurge), 'may not be set when maxUnavailable is non-zero');
  if (!unavailable && !surge) errors.required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0');
}

export function validateReplicationController({ spec }: ReplicationController, errors: FieldErrors): void {
  const selector = spec?.selector ?? {};
  errors.nonNegative('spec.minReadySeconds', spec?.minReadySeconds);
  if (Object.keys(selector).length === 0) errors.required('spec.selector');
  errors.nonNegative('spec.replicas', spec?.replicas);
  if (!spec?.template) return errors.required('spec.template');
  if (!selects({ matchLabels: selector }, spec.template)) notSelected(spec.template, 'spec.template', errors);
  validateTemplate(spec.template, 'spec.template', errors);
  runsForEver(spec.template, 'ReplicationController', 'spec.template', errors);
}

export function validateControllerRevision({ revision, data }: ControllerRevision, errors: FieldErrors): void {
  errors.nonNegative('revision', revision);
  if (data === undefined || data === null) errors.required('data', 'data is mandatory');
  else if (!isRecord(data)) errors.required('data', 'data must be a valid JSON object');
}

export function validateControllerRevisionUpdate(next: ControllerRevision, old: ControllerRevision, errors: FieldErrors): void {
  if (!deepEqual(next.data, old.data)) errors.invalid('data', next.data, IMMUTABLE);
}
