// What is wrong with a CustomResourceDefinition (upstream's pkg/apis/apiextensions/validation).
import {
  type CustomResourceDefinition,
  deepEqual,
  type FieldError,
  isDns1035Label,
  isDns1123Subdomain,
  type KubeObject,
} from '@holdfast/schema';
import { FieldErrors, IMMUTABLE } from '../validation/field-errors.ts';
import { apiApprovalErrors } from './api-approval.ts';
import { validateVersion } from './validate-version.ts';

type Crd = CustomResourceDefinition & KubeObject;
type Spec = NonNullable<CustomResourceDefinition['spec']>;

/** Errors of a definition as it is to be stored. */
export function validateDefinition(crd: CustomResourceDefinition): readonly FieldError[] {
  const errors = new FieldErrors();
  const { spec } = crd;
  if (!spec) return [{ type: 'Required', field: 'spec', badValue: '', detail: '' }];
  if (crd.metadata?.name !== `${spec.names?.plural}.${spec.group}`)
    errors.invalid('metadata.name', crd.metadata?.name, 'must be spec.names.plural+"."+spec.group');
  if (!spec.group) errors.required('spec.group');
  else {
    const problems = isDns1123Subdomain(spec.group);
    if (problems.length > 0) errors.invalid('spec.group', spec.group, problems.join(','));
    else if (!spec.group.includes('.')) errors.invalid('spec.group', spec.group, 'should be a domain with at least one dot');
  }
  errors.requiredOneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced']);
  for (const [index, version] of (spec.versions ?? []).entries()) {
    const schema = version.schema?.openAPIV3Schema;
    if (!schema) errors.required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required');
  }
  versions(spec, errors);
  names(spec, errors);
  if (spec.preserveUnknownFields === true)
    errors.invalid(
      'spec.preserveUnknownFields',
      true,
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    );
  conversion(spec, errors);
  storedVersions(crd, spec, errors);
  apiApprovalErrors(crd, errors);
  return errors.list;
}

function versions(spec: Spec, errors: FieldErrors): void {
  const list = spec.versions ?? [];
  const seen = new Set<string>();
  for (const [index, version] of list.entries()) {
    const problems = isDns1035Label(version.name);
    if (problems.length > 0) errors.invalid(`spec.versions[${index}].name`, version.name, problems.join(','));
    validateVersion(version, `spec.versions[${index}]`, errors);
    seen.add(version.name);
  }
  const shown = list.map(({ name, served, storage }) => ({ name, served, storage }));
  if (seen.size < list.length) errors.invalid('spec.versions', shown, 'must contain unique version names');
  if (list.filter((version) => version.storage).length !== 1)
    errors.invalid('spec.versions', shown, 'must have exactly one version marked as storage version');
}

function names({ names: given }: Spec, errors: FieldErrors): void {
  const path = 'spec.names';
  const { plural, singular, kind, listKind, shortNames, categories } = given ?? { plural: '', kind: '' };
  if (!plural) errors.required(`${path}.plural`);
  if (!kind) errors.required(`${path}.kind`);
  for (const [field, value] of Object.entries({ plural, singular })) {
    const problems = value ? isDns1035Label(value) : [];
    if (problems.length > 0) errors.invalid(`${path}.${field}`, value, problems.join(','));
  }
  for (const [field, value] of Object.entries({ kind, listKind })) {
    const problems = value ? isDns1035Label(value.toLowerCase()) : [];
    if (problems.length > 0)
      errors.invalid(`${path}.${field}`, value, `may have mixed case, but should otherwise match: ${problems.join(',')}`);
  }
  if (kind && kind === listKind) errors.invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same');
  for (const [field, list] of Object.entries({ shortNames, categories }))
    for (const [index, name] of (list ?? []).entries()) {
      const problems = isDns1035Label(name);
      if (problems.length > 0) errors.invalid(`${path}.${field}[${index}]`, name, problems.join(','));
    }
}

function conversion({ conversion: given }: Spec, errors: FieldErrors): void {
  if (!given) return;
  const path = 'spec.conversion';
  errors.requiredOneOf(`${path}.strategy`, given.strategy, ['None', 'Webhook']);
  if (given.strategy === 'None') {
    if (given.webhook) errors.forbidden(`${path}.webhook`, 'should not be set when strategy is not set to Webhook');
  } else if (given.strategy === 'Webhook') {
    if (!given.webhook?.clientConfig) errors.required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook');
    if (!given.webhook?.conversionReviewVersions?.length) errors.required(`${path}.conversionReviewVersions`);
  }
}

function storedVersions({ status }: CustomResourceDefinition, spec: Spec, errors: FieldErrors): void {
  const stored = status?.storedVersions ?? [];
  const known = new Set((spec.versions ?? []).map((version) => version.name));
  for (const [index, name] of stored.entries())
    if (!known.has(name)) errors.invalid(`status.storedVersions[${index}]`, name, 'must appear in spec.versions');
}

/** What an update may not change. */
export function validateDefinitionUpdate(next: Crd, old: Crd): readonly FieldError[] {
  const errors = new FieldErrors();
  const [spec, was] = [next.spec, old.spec];
  const established = old.status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True');
  if (established) {
    if (spec?.scope !== was?.scope) errors.invalid('spec.scope', spec?.scope, IMMUTABLE);
    if (spec?.names?.kind !== was?.names?.kind) errors.invalid('spec.names.kind', spec?.names?.kind, IMMUTABLE);
  }
  if (!deepEqual(spec?.group, was?.group)) errors.invalid('spec.group', spec?.group, IMMUTABLE);
  if (spec?.names?.plural !== was?.names?.plural) errors.invalid('spec.names.plural', spec?.names?.plural, IMMUTABLE);
  return errors.list;
}
