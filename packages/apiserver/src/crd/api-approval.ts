// Groups of the Kubernetes community are guarded: whoever defines a kind in one says where that was approved.
import type { CustomResourceDefinition } from '@holdfast/schema';
import type { FieldErrors } from '../validation/field-errors.ts';

const ANNOTATION = 'api-approved.kubernetes.io';
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111';

export interface Approval {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** How far a definition is approved; undefined for groups that are not guarded. */
export function approvalOf({ spec, metadata }: CustomResourceDefinition): Approval | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? '')) return undefined;
  const given = metadata?.annotations?.[ANNOTATION];
  if (!given)
    return {
      status: 'False',
      reason: 'MissingAnnotation',
      message: `protected groups must have approval annotation "${ANNOTATION}", ${SEE}`,
    };
  if (given.startsWith('unapproved')) return { status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: "${given}"` };
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol))
    return { status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${given}` };
  return {
    status: 'False',
    reason: 'InvalidAnnotation',
    message: `protected groups must have approval annotation "${ANNOTATION}" with either a URL or a reason starting with "unapproved", ${SEE}`,
  };
}

export function apiApprovalErrors(crd: CustomResourceDefinition, errors: FieldErrors): void {
  const approval = approvalOf(crd);
  const path = `metadata.annotations[${ANNOTATION}]`;
  if (approval?.reason === 'MissingAnnotation') errors.required(path, approval.message);
  if (approval?.reason === 'InvalidAnnotation') errors.invalid(path, crd.metadata?.annotations?.[ANNOTATION], approval.message);
}
