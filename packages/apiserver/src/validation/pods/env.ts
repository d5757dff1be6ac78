// Environment variables of a container.
import { type EnvFromSource, type EnvVar, type EnvVarSource, isConfigMapKey, isRelaxedEnvVarName } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { dnsSubdomain, maskTrailingDash } from '../names.ts';
import { containerField, ENV_FIELDS, objectField } from './field-refs.ts';

export function validateEnv(variables: readonly EnvVar[] | undefined, path: string, errors: FieldErrors): void {
  for (const [index, { name, value, valueFrom }] of (variables ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (!name) errors.required(`${at}.name`);
    else errors.problems(`${at}.name`, name, isRelaxedEnvVarName(name));
    if (valueFrom) source(valueFrom, value ?? '', `${at}.valueFrom`, errors);
  }
}

function source(from: EnvVarSource, value: string, path: string, errors: FieldErrors): void {
  if (from.fieldRef) objectField(from.fieldRef, ENV_FIELDS, `${path}.fieldRef`, errors);
  if (from.resourceFieldRef) containerField(from.resourceFieldRef, { inVolume: false }, `${path}.resourceFieldRef`, errors);
  if (from.configMapKeyRef) key(from.configMapKeyRef, `${path}.configMapKeyRef`, errors);
  if (from.secretKeyRef) key(from.secretKeyRef, `${path}.secretKeyRef`, errors);
  const sources = [from.fieldRef, from.resourceFieldRef, from.configMapKeyRef, from.secretKeyRef].filter(Boolean).length;
  if (sources === 0) errors.invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`');
  else if (value !== '') errors.invalid(path, '', 'may not be specified when `value` is not empty');
  else if (sources > 1) errors.invalid(path, '', 'may not have more than one field specified at a time');
}

function key(selector: { readonly name?: string | undefined; readonly key: string }, path: string, errors: FieldErrors): void {
  dnsSubdomain(selector.name ?? '', `${path}.name`, errors);
  if (!selector.key) errors.required(`${path}.key`);
  else errors.problems(`${path}.key`, selector.key, isConfigMapKey(selector.key));
}

export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, path: string, errors: FieldErrors): void {
  for (const [index, { prefix, configMapRef, secretRef }] of (sources ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (prefix) errors.problems(`${at}.prefix`, prefix, isRelaxedEnvVarName(prefix));
    if (configMapRef) reference(configMapRef.name, `${at}.configMapRef.name`, errors);
    if (secretRef) reference(secretRef.name, `${at}.secretRef.name`, errors);
    if (!configMapRef && !secretRef) errors.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`');
    else if (configMapRef && secretRef) errors.invalid(path, '', 'may not have more than one field specified at a time');
  }
}

function reference(name: string | undefined, path: string, errors: FieldErrors): void {
  if (!name) return errors.required(path);
  dnsSubdomain(maskTrailingDash(name), path, errors);
}
