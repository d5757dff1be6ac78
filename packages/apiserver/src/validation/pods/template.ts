// Pod templates in workloads.
import type { PodTemplateSpec } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { validateAnnotations, validateLabels } from '../labels.ts';
import { validatePodSpec } from './spec.ts';

/** `addedVolumes`: names of volumes that the owner adds to its pods. */
export function validateTemplate(
  template: PodTemplateSpec | undefined,
  path: string,
  errors: FieldErrors,
  addedVolumes: readonly string[] = [],
): void {
  validateLabels(template?.metadata?.labels, `${path}.labels`, errors);
  validateAnnotations(template?.metadata?.annotations, `${path}.annotations`, errors);
  validatePodSpec(template?.spec ?? { containers: [] }, `${path}.spec`, { addedVolumes }, errors);
  if (template?.spec?.ephemeralContainers?.length)
    errors.forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
}
