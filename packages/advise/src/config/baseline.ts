// A baseline: fingerprints of findings that were there before, so that only new ones fail.
import { isRecord } from '@holdfast/schema';
import { fingerprintOf } from '../fingerprint.ts';
import { titleOf } from '../model/sourced-object.ts';
import type { Finding } from '../rule.ts';
import { ConfigError } from './read-config.ts';

/** What `--write-baseline` writes. Rule and object are for people; the fingerprint counts. */
export function toBaseline(findings: readonly Finding[]): string {
  const known = findings
    .map((finding) => ({ fingerprint: fingerprintOf(finding), rule: finding.rule, object: titleOf(finding.object) }))
    .toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  return `${JSON.stringify({ version: 1, findings: known }, null, 2)}\n`;
}

/** The fingerprints in a baseline. Throws ConfigError for what is none. */
export function readBaseline(text: string, file: string): ReadonlySet<string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${file} is no baseline: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const findings =
    isRecord(value) && value['version'] === 1 && Array.isArray(value['findings']) ? (value['findings'] as readonly unknown[]) : undefined;
  if (!findings) throw new ConfigError(`${file} is no baseline of version 1; write one with --write-baseline`);
  return new Set(findings.flatMap((one) => (isRecord(one) && typeof one['fingerprint'] === 'string' ? [one['fingerprint']] : [])));
}
