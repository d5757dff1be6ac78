// The claim that an ephemeral volume makes for its pod.
import type { PersistentVolumeClaimTemplate } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { validateClaimSpec } from '../kinds/claim-spec.ts';
import { validateAnnotations, validateLabels } from '../labels.ts';

export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, path: string, errors: FieldErrors): void {
  validateAnnotations(metadata?.annotations, `${path}.metadata.annotations`, errors);
  validateLabels(metadata?.labels, `${path}.metadata.labels`, errors);
  for (const [field, value] of Object.entries(metadata ?? {}))
    if (field !== 'annotations' && field !== 'labels' && value !== undefined && value !== null)
      errors.forbidden(`${path}.metadata.${field}`, 'cannot be set');
  validateClaimSpec(spec, `${path}.spec`, errors);
}
