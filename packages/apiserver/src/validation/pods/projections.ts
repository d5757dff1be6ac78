// Volumes made of other objects: secrets, config maps, fields of the pod, tokens, and several of these together.
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  KeyToPath,
  ProjectedVolumeSource,
  SecretVolumeSource,
  VolumeProjection,
} from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';
import { fileMode, nonReservedPath } from '../names.ts';
import { containerField, objectField, VOLUME_FIELDS } from './field-refs.ts';

const MIN_TOKEN_SECONDS = 600;
const CONFLICTING = 'conflicting duplicate paths';

export function secretSource({ secretName, defaultMode, items }: SecretVolumeSource, path: string, errors: FieldErrors): void {
  if (!secretName) errors.required(`${path}.secretName`);
  fileMode(defaultMode, `${path}.defaultMode`, errors);
  keysToPaths(items, `${path}.items`, errors);
}

export function configMapSource({ name, defaultMode, items }: ConfigMapVolumeSource, path: string, errors: FieldErrors): void {
  if (!name) errors.required(`${path}.name`);
  fileMode(defaultMode, `${path}.defaultMode`, errors);
  keysToPaths(items, `${path}.items`, errors);
}

export function downwardApiSource({ defaultMode, items }: DownwardAPIVolumeSource, path: string, errors: FieldErrors): void {
  fileMode(defaultMode, `${path}.defaultMode`, errors);
  for (const item of items ?? []) downwardApiFile(item, path, errors);
}

export function projectedSource({ defaultMode, sources }: ProjectedVolumeSource, path: string, errors: FieldErrors): void {
  fileMode(defaultMode, `${path}.defaultMode`, errors);
  const paths = new Set<string>();
  const claim = (wanted: string, shown: string | undefined): void => {
    if (wanted === '') return;
    if (paths.has(wanted)) errors.invalid(path, shown ?? '', CONFLICTING);
    paths.add(wanted);
  };
  for (const [index, source] of (sources ?? []).entries()) {
    const at = `${path}.sources[${index}]`;
    projection(source, at, path, claim, errors);
    const given = Object.values(source).filter((value) => value !== undefined);
    if (given.length > 1) errors.forbidden(at, 'may not specify more than 1 volume type per source');
  }
}

type Claim = (wanted: string, shown: string | undefined) => void;

function projection(source: VolumeProjection, at: string, volumePath: string, claim: Claim, errors: FieldErrors): void {
  for (const field of ['secret', 'configMap'] as const) {
    const object = source[field];
    if (!object) continue;
    if (!object.name) errors.required(`${at}.${field}.name`);
    for (const [index, item] of (object.items ?? []).entries()) {
      keyToPath(item, `${at}.${field}.items[${index}]`, errors);
      claim(item.path, object.name);
    }
  }
  for (const item of source.downwardAPI?.items ?? []) {
    downwardApiFile(item, `${at}.downwardAPI`, errors);
    claim(item.path, item.path);
  }
  const token = source.serviceAccountToken;
  if (token) {
    tokenSeconds(token.expirationSeconds, `${at}.serviceAccountToken.expirationSeconds`, errors);
    if (!token.path) errors.required(`${volumePath}.path`);
    else nonReservedPath(token.path, `${volumePath}.path`, errors);
  }
  if (source.clusterTrustBundle) trustBundle(source.clusterTrustBundle, `${at}.clusterTrustBundle`, claim, errors);
}

function trustBundle(bundle: NonNullable<VolumeProjection['clusterTrustBundle']>, path: string, claim: Claim, errors: FieldErrors): void {
  if (bundle.name !== undefined && bundle.signerName !== undefined)
    errors.invalid(path, bundle, 'only one of name and signerName may be used');
  else if (bundle.name !== undefined) {
    if (bundle.name === '') errors.required(`${path}.name`, 'must be a valid object name');
    if (bundle.labelSelector)
      errors.invalid(`${path}.labelSelector`, bundle.labelSelector, 'labelSelector must be unset if name is specified');
  } else if (bundle.signerName !== undefined) {
    if (bundle.signerName === '') errors.required(`${path}.signerName`, 'must be a valid signer name');
    validateLabelSelector(bundle.labelSelector, `${path}.labelSelector`, errors);
  } else errors.required(path, 'either name or signerName must be specified');
  if (!bundle.path) errors.required(`${path}.path`);
  nonReservedPath(bundle.path, `${path}.path`, errors);
  claim(bundle.path, bundle.path);
}

/** Lifetime of a token: ten minutes to 2^32 seconds. */
export function tokenSeconds(value: number | undefined, path: string, errors: FieldErrors): void {
  if (value === undefined) return;
  if (value < MIN_TOKEN_SECONDS) errors.invalid(path, value, 'may not specify a duration less than 10 minutes');
  if (value > 2 ** 32) errors.invalid(path, value, 'may not specify a duration larger than 2^32 seconds');
}

function keysToPaths(items: readonly KeyToPath[] | undefined, path: string, errors: FieldErrors): void {
  for (const [index, item] of (items ?? []).entries()) keyToPath(item, `${path}[${index}]`, errors);
}

function keyToPath({ key, path: target, mode }: KeyToPath, path: string, errors: FieldErrors): void {
  if (!key) errors.required(`${path}.key`);
  if (!target) errors.required(`${path}.path`);
  nonReservedPath(target, `${path}.path`, errors);
  fileMode(mode, `${path}.mode`, errors);
}

function downwardApiFile(
  { path: target, fieldRef, resourceFieldRef, mode }: DownwardAPIVolumeFile,
  path: string,
  errors: FieldErrors,
): void {
  if (!target) errors.required(`${path}.path`);
  nonReservedPath(target, `${path}.path`, errors);
  if (fieldRef) {
    objectField(fieldRef, VOLUME_FIELDS, `${path}.fieldRef`, errors);
    if (resourceFieldRef) errors.invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
  } else if (resourceFieldRef) containerField(resourceFieldRef, { inVolume: true }, `${path}.resourceFieldRef`, errors);
  else errors.required(path, 'one of fieldRef and resourceFieldRef is required');
  fileMode(mode, `${path}.mode`, errors);
}
