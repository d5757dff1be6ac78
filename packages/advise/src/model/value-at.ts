// Reading fields of objects whose types are not known here.
import { isRecord } from '@holdfast/schema';
import type { FieldPath } from './sourced-object.ts';

/** The value at the path; undefined where it leads nowhere. */
export function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step] as unknown;
    else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/** The elements of the list at the path; none where there is no list. */
export function listAt(root: unknown, path: FieldPath): readonly unknown[] {
  const value = valueAt(root, path);
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The text at the path; undefined for anything else. */
export function textAt(root: unknown, path: FieldPath): string | undefined {
  const value = valueAt(root, path);
  return typeof value === 'string' ? value : undefined;
}
