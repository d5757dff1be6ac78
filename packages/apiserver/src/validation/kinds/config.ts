// ConfigMaps and Secrets: keys, sizes, what a secret's type demands, and immutability.
import { type ConfigMap, deepEqual, isConfigMapKey, type Secret } from '@holdfast/schema';
import { type FieldErrors, IMMUTABLE } from '../field-errors.ts';

const MAX_BYTES = 1024 * 1024;
const WHEN_SET = 'field is immutable when `immutable` is set';

/** Keys that are certainly valid. */
const PLAIN_KEY = /^[a-zA-Z0-9][-_.a-zA-Z0-9]{0,252}$/;

type StringMap = { readonly [key: string]: string };

export function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap, errors: FieldErrors): void {
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    checkKey('data', key, errors);
    if (Object.hasOwn(binaryData, key)) errors.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
    size += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    checkKey('binaryData', key, errors);
    size += decodedLength(value);
  }
  if (size > MAX_BYTES) errors.tooLong('[]', MAX_BYTES);
}

export function validateConfigMapUpdate(next: ConfigMap, old: ConfigMap, errors: FieldErrors): void {
  immutable(next, old, ['data', 'binaryData'], errors);
}

export function validateSecret(secret: Secret, errors: FieldErrors): void {
  const data = (secret.data ?? {}) as StringMap;
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    checkKey('data', key, errors);
    size += decodedLength(value);
  }
  if (size > MAX_BYTES) errors.tooLong('data', MAX_BYTES);
  secretType(secret, data, errors);
}

/** Of the thousands that an object may have, those that are right shall cost nothing. */
function checkKey(path: string, key: string, errors: FieldErrors): void {
  if (!PLAIN_KEY.test(key)) errors.problems(`${path}[${key}]`, key, isConfigMapKey(key));
}

function secretType({ type, metadata }: Secret, data: StringMap, errors: FieldErrors): void {
  const has = (key: string): boolean => Object.hasOwn(data, key);
  const need = (key: string): void => errors.required(`data[${key}]`);
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata?.annotations?.['kubernetes.io/service-account.name'])
        errors.required('metadata.annotations[kubernetes.io/service-account.name]');
      return;
    case 'kubernetes.io/dockercfg':
      return dockerConfig(data, '.dockercfg', errors);
    case 'kubernetes.io/dockerconfigjson':
      return dockerConfig(data, '.dockerconfigjson', errors);
    case 'kubernetes.io/basic-auth':
      if (has('username') || has('password')) return;
      need('username');
      return need('password');
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) need('ssh-privatekey');
      return;
    case 'kubernetes.io/tls':
      for (const key of ['tls.crt', 'tls.key']) if (!has(key)) need(key);
      return;
    default:
  }
}

function dockerConfig(data: StringMap, key: string, errors: FieldErrors): void {
  if (!Object.hasOwn(data, key)) return errors.required(`data[${key}]`);
  try {
    const value: unknown = JSON.parse(Buffer.from(data[key] ?? '', 'base64').toString('utf8'));
    if (typeof value === 'object' && !Array.isArray(value)) return;
    errors.invalid(`data[${key}]`, '<secret contents redacted>', 'json: cannot unmarshal into Go value of type map[string]interface {}');
  } catch (error) {
    errors.invalid(`data[${key}]`, '<secret contents redacted>', error instanceof SyntaxError ? 'invalid JSON' : String(error));
  }
}

export function validateSecretUpdate(next: Secret, old: Secret, errors: FieldErrors): void {
  if (next.type !== old.type) errors.invalid('type', next.type ?? '', IMMUTABLE);
  immutable(next, old, ['data'], errors);
}

function immutable<T extends { readonly immutable?: boolean | undefined }>(
  next: T,
  old: T,
  fields: readonly (keyof T & string)[],
  errors: FieldErrors,
): void {
  if (old.immutable !== true) return;
  if (next.immutable !== true) errors.forbidden('immutable', WHEN_SET);
  for (const field of fields) if (!deepEqual(next[field] ?? {}, old[field] ?? {})) errors.forbidden(field, WHEN_SET);
}

function decodedLength(base64: string): number {
  return Math.floor((base64.replace(/=+$/, '').length * 3) / 4);
}
