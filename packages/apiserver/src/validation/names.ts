// Names, keys and paths in specs, as upstream checks them wherever they stand.
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '@holdfast/schema';
import type { FieldErrors } from './field-errors.ts';

export function dnsLabel(value: string, path: string, errors: FieldErrors): void {
  errors.problems(path, value, isDns1123Label(value));
}

export function dnsSubdomain(value: string, path: string, errors: FieldErrors): void {
  errors.problems(path, value, isDns1123Subdomain(value));
}

export function qualifiedName(value: string, path: string, errors: FieldErrors): void {
  errors.problems(path, value, isQualifiedName(value));
}

/** Whether what keeps a name from being generated is only its trailing dash: 'web-' becomes 'weba'. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

/** A path that may not climb. */
export function noBacksteps(value: string, path: string, errors: FieldErrors): void {
  if (value.split('/').includes('..')) errors.invalid(path, value, "must not contain '..'");
}

/** A relative path that may not climb. */
export function descendingPath(value: string, path: string, errors: FieldErrors): void {
  if (value.startsWith('/')) errors.invalid(path, value, 'must be a relative path');
  noBacksteps(value, path, errors);
}

/** A relative path whose names do not begin with the two dots that mark the kubelet's own files. */
export function nonReservedPath(value: string, path: string, errors: FieldErrors): void {
  descendingPath(value, path, errors);
  if (value.startsWith('..') && !value.startsWith('../')) errors.invalid(path, value, "must not start with '..'");
}

/** Mode bits of a file. */
export function fileMode(value: number | undefined, path: string, errors: FieldErrors): void {
  if (value !== undefined && (value > 0o777 || value < 0))
    errors.invalid(path, value, 'must be a number between 0 and 0777 (octal), both inclusive');
}

/** A CSI driver's name. */
export function csiDriverName(value: string, path: string, errors: FieldErrors): void {
  if (value === '') errors.required(path);
  if (value.length > 63) errors.tooLong(path, 63);
  errors.problems(path, value, isDns1123Subdomain(value.toLowerCase()));
}

const MAX_ID = 2 ** 31 - 1;

/** A user's or group's number. */
export function idNumber(value: number | undefined, path: string, errors: FieldErrors): void {
  if (value !== undefined && !(value >= 0 && value <= MAX_ID)) errors.invalid(path, value, `must be between 0 and ${MAX_ID}, inclusive`);
}
