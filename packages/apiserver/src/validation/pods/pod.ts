// Pods: what a new one must be, and what of an existing one may change.
import { deepEqual, type Pod, type PodSpec, type Toleration } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { imageSpaces } from './containers.ts';
import { gatedChanges } from './gated.ts';
import { validatePodSpec } from './spec.ts';
import { validateTolerations } from './scheduling.ts';

const MAX_INT32 = 2 ** 31 - 1;
const NO_SPEC: PodSpec = { containers: [] };
const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** What holds for every pod. */
export function validatePod(pod: Pod, errors: FieldErrors): void {
  const spec = pod.spec ?? NO_SPEC;
  validatePodSpec(spec, 'spec', { podName: pod.metadata?.name ?? '', isPod: true }, errors);
  if (!spec.serviceAccountName) {
    for (const [index, volume] of (spec.volumes ?? []).entries())
      for (const [position, source] of (volume.projected?.sources ?? []).entries())
        if (source.serviceAccountToken)
          errors.forbidden(
            `spec.volumes[${index}].projected.sources[${position}].serviceAccountToken`,
            'must not be specified when serviceAccountName is not set',
          );
  }
  for (const list of ['containers', 'initContainers'] as const)
    for (const [index, container] of (spec[list] ?? []).entries()) imageSpaces(container, `spec.${list}[${index}]`, errors);
}

/** What holds for a pod that is being created. */
export function validateNewPod(pod: Pod, errors: FieldErrors): void {
  if (pod.spec?.ephemeralContainers?.length) errors.forbidden('spec.ephemeralContainers', 'cannot be set on create');
  if (pod.spec?.nodeName && pod.spec.schedulingGates?.length)
    errors.forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared');
}

export function validatePodUpdate(next: Pod, old: Pod, errors: FieldErrors): void {
  const [spec, before] = [next.spec ?? NO_SPEC, old.spec ?? NO_SPEC];
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list] ?? []).length !== (before[list] ?? []).length)
      return errors.forbidden(`spec.${list}`, 'pod updates may not add or remove containers');
  }
  if (!deadline(spec, before, errors)) return;
  onlyAddedTolerations(spec.tolerations ?? [], before.tolerations ?? [], errors);
  const gates = new Set((before.schedulingGates ?? []).map((gate) => gate.name));
  for (const [index, { name }] of (spec.schedulingGates ?? []).entries())
    if (!gates.has(name))
      errors.forbidden(`spec.schedulingGates[${index}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`);
  const allowed = gates.size > 0 ? gatedChanges(spec, before, errors) : spec;
  if (!deepEqual(fixedParts(allowed, before), fixedParts(before, before)))
    errors.forbidden('spec', `pod updates may not change fields other than ${UPDATABLE}`);
}

/** Through /ephemeralcontainers: some may be added, those that are there stay as they are. */
export function validateEphemeralUpdate(next: Pod, old: Pod, errors: FieldErrors): void {
  const wanted = new Map((next.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]));
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const after = wanted.get(before.name);
    const problem = !after ? 'removed' : deepEqual(before, after) ? undefined : 'changed';
    if (problem)
      errors.forbidden('spec.ephemeralContainers', `existing ephemeral containers ${JSON.stringify(before.name)} may not be ${problem}`);
  }
}

/** False when the rest is not to be looked at. */
function deadline(spec: PodSpec, before: PodSpec, errors: FieldErrors): boolean {
  const [value, was] = [spec.activeDeadlineSeconds, before.activeDeadlineSeconds];
  const path = 'spec.activeDeadlineSeconds';
  if (value === undefined) {
    if (was !== undefined) errors.invalid(path, null, 'must not update from a positive integer to nil value');
    return true;
  }
  if (value < 0 || value > MAX_INT32) {
    errors.invalid(path, value, `must be between 0 and ${MAX_INT32}, inclusive`);
    return false;
  }
  if (was === undefined || was >= value) return true;
  errors.invalid(path, value, 'must be less than or equal to previous value');
  return false;
}

function onlyAddedTolerations(next: readonly Toleration[], old: readonly Toleration[], errors: FieldErrors): void {
  const same = ({ tolerationSeconds: _a, ...one }: Toleration, { tolerationSeconds: _b, ...other }: Toleration): boolean =>
    deepEqual(one, other);
  if (old.some((before) => !next.some((after) => same(before, after))))
    return errors.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds');
  validateTolerations(next, 'spec.tolerations', errors);
}

/** The spec without what an update may change. */
function fixedParts(spec: PodSpec, before: PodSpec): unknown {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, schedulingGates: _gates, ...rest } = spec;
  const withoutImages = (list: PodSpec['containers'] | undefined): unknown => (list ?? []).map(({ image: _image, ...other }) => other);
  const wasNegative = (before.terminationGracePeriodSeconds ?? 0) < 0;
  return {
    ...rest,
    containers: withoutImages(spec.containers),
    initContainers: withoutImages(spec.initContainers),
    ...(wasNegative && rest.terminationGracePeriodSeconds === 1
      ? { terminationGracePeriodSeconds: before.terminationGracePeriodSeconds }
      : {}),
  };
}
