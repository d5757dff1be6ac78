// What makes a finding the same one tomorrow: rule, workload, object and field, and no line number.
import { createHash } from 'node:crypto';
import { pathText, titleOf } from './model/sourced-object.ts';
import type { Finding } from './rule.ts';

/** 16 hexadecimal digits. Lines may move and files may be renamed: it stays. */
export function fingerprintOf({ rule, workload, object, path }: Finding): string {
  const parts = [rule, workload ? titleOf(workload.source) : '', titleOf(object), pathText(path)];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
