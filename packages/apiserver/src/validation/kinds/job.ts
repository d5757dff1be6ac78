// Jobs: how often and how long pods run to their end, and the labels by which a job knows its own.
import {
  deepEqual,
  goLabelSelector,
  isDns1123Label,
  isQualifiedName,
  type Job,
  type JobSpec,
  type LabelSelector,
  labelSelector,
  type PodTemplateSpec,
} from '@holdfast/schema';
import { type FieldErrors, IMMUTABLE } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';
import { validateTemplate } from '../pods/template.ts';
import { podFailurePolicy } from './job-failure-policy.ts';
import { notSelected, selects } from './workloads.ts';

const MAX_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;

const LEGACY = { uid: 'controller-uid', name: 'job-name' };
const PREFIXED = { uid: 'batch.kubernetes.io/controller-uid', name: 'batch.kubernetes.io/job-name' };

/** The job with the labels and the selector that make its pods its own, unless the user chose them. */
export function withGeneratedSelector(job: Job): Job {
  const { spec, metadata } = job;
  if (!spec || spec.manualSelector === true) return job;
  const [uid, name] = [metadata?.uid ?? '', metadata?.name ?? ''];
  const { template } = spec;
  const labels = { [LEGACY.name]: name, [PREFIXED.name]: name, [LEGACY.uid]: uid, [PREFIXED.uid]: uid, ...template?.metadata?.labels };
  return {
    ...job,
    spec: {
      ...spec,
      selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [PREFIXED.uid]: uid } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
}

export function validateJob(job: Job, errors: FieldErrors): void {
  const spec = job.spec;
  if (!spec) return errors.required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"');
  generatedSelector(job, spec, errors);
  validateJobSpec(spec, 'spec', errors);
  if (!spec.selector) errors.required('spec.selector');
  else validateLabelSelector(spec.selector, 'spec.selector', errors);
  if (!selects(spec.selector, spec.template)) notSelected(spec.template, 'spec.template', errors);
  if (spec.completionMode !== 'Indexed' || !spec.completions) return;
  const hostname = `${job.metadata?.name ?? ''}-${spec.completions - 1}`;
  if (isDns1123Label(hostname).length > 0)
    errors.invalid('metadata.name', job.metadata?.name, `will not able to create pod with invalid DNS label: ${hostname}`);
}

function generatedSelector(job: Job, { manualSelector, selector, template }: JobSpec, errors: FieldErrors): void {
  if (manualSelector === true || !selector) return;
  const [uid, name] = [job.metadata?.uid ?? '', job.metadata?.name ?? ''];
  const expected: Record<string, string> = { [LEGACY.uid]: uid, [LEGACY.name]: name, [PREFIXED.uid]: uid, [PREFIXED.name]: name };
  for (const [key, value] of Object.entries(expected)) hasLabel(template, key, value, errors);
  if (!matches(selector, expected)) errors.invalid('spec.selector', goLabelSelector(selector), '`selector` not auto-generated');
}

function matches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  try {
    return labelSelector(selector).matches(labels);
  } catch {
    // Reported as an error of the selector itself.
    return true;
  }
}

function hasLabel(template: PodTemplateSpec | undefined, key: string, value: string, errors: FieldErrors): void {
  const labels = template?.metadata?.labels ?? {};
  const path = 'spec.template.metadata.labels';
  if (!Object.hasOwn(labels, key)) errors.required(path, `must be '${value}'`);
  else if (labels[key] !== value) errors.invalid(path, labels, `must be '${value}'`);
}

/** A job's spec, in jobs and in the templates of cron jobs. */
export function validateJobSpec(spec: JobSpec, path: string, errors: FieldErrors): void {
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const)
    errors.nonNegative(`${path}.${field}`, spec[field]);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified');
  if (spec.managedBy !== undefined && (!spec.managedBy.includes('/') || isQualifiedName(spec.managedBy).length > 0))
    errors.invalid(`${path}.managedBy`, spec.managedBy, 'must be a domain-prefixed path (such as "acme.io/foo")');
  errors.oneOf(`${path}.completionMode`, spec.completionMode, ['NonIndexed', 'Indexed']);
  if (spec.completionMode === 'Indexed') indexed(spec, path, errors);
  else
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      if (spec[field] !== undefined) errors.invalid(`${path}.${field}`, spec[field], 'requires indexed completion mode');
  if (spec.podFailurePolicy) podFailurePolicy(spec, `${path}.podFailurePolicy`, errors);
  if (spec.successPolicy && spec.completionMode !== 'Indexed')
    errors.invalid(`${path}.successPolicy`, spec.successPolicy, 'requires indexed completion mode');
  else if (spec.successPolicy && !spec.successPolicy.rules?.length)
    errors.required(`${path}.successPolicy.rules`, 'at least one rules must be specified when the successPolicy is specified');
  errors.oneOf(
    `${path}.podReplacementPolicy`,
    spec.podReplacementPolicy,
    spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'],
  );
  validateTemplate(spec.template, `${path}.template`, errors);
  restartPolicy(spec, `${path}.template.spec.restartPolicy`, errors);
}

function restartPolicy({ template, podFailurePolicy: policy }: JobSpec, path: string, errors: FieldErrors): void {
  const value = template?.spec?.restartPolicy ?? '';
  if (value === '' || value === 'Always') errors.required(path, 'valid values: "OnFailure", "Never"');
  else if (value !== 'OnFailure' && value !== 'Never') errors.notSupported(path, value, ['OnFailure', 'Never']);
  else if (policy && value !== 'Never') errors.invalid(path, value, 'only "Never" is supported when podFailurePolicy is specified');
}

function indexed(spec: JobSpec, path: string, errors: FieldErrors): void {
  const { completions, parallelism, maxFailedIndexes } = spec;
  if (completions === undefined) errors.required(`${path}.completions`, 'when completion mode is Indexed');
  if (parallelism !== undefined && parallelism > MAX_PARALLELISM)
    errors.invalid(`${path}.parallelism`, parallelism, `must be less than or equal to ${MAX_PARALLELISM} when completion mode is Indexed`);
  if (maxFailedIndexes === undefined) return;
  if (completions !== undefined && maxFailedIndexes > completions)
    errors.invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions');
  if (maxFailedIndexes > MAX_FAILED_INDEXES)
    errors.invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, `must be less than or equal to ${MAX_FAILED_INDEXES}`);
}

export function validateJobUpdate({ spec: next }: Job, { spec: old, status }: Job, errors: FieldErrors): void {
  if (!next || !old) return;
  const elastic = next.completionMode === 'Indexed' && next.completions !== undefined && next.completions === next.parallelism;
  if (next.completions !== old.completions && !elastic) errors.invalid('spec.completions', next.completions, IMMUTABLE);
  if (!deepEqual(next.selector, old.selector)) errors.invalid('spec.selector', goLabelSelector(next.selector), IMMUTABLE);
  // A suspended job that has not begun may still be given other nodes.
  const open = old.suspend === true && status?.startTime === undefined;
  if (!deepEqual(templateParts(next.template, open), templateParts(old.template, open)))
    errors.invalid('spec.template', next.template, IMMUTABLE);
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const)
    if (!deepEqual(next[field], old[field])) errors.invalid(`spec.${field}`, next[field], IMMUTABLE);
}

function templateParts(template: PodTemplateSpec | undefined, open: boolean): unknown {
  if (!open || !template?.spec) return template;
  const { nodeSelector: _selector, tolerations: _tolerations, schedulingGates: _gates, affinity, ...spec } = template.spec;
  const { nodeAffinity: _nodes, ...otherAffinity } = affinity ?? {};
  return { spec, affinity: Object.values(otherAffinity).some((value) => value !== undefined) ? otherAffinity : undefined };
}
