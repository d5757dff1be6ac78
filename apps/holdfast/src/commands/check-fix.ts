// `--fix`: what the safe changes look like, and with --write the changes themselves.
import { readFileSync, writeFileSync } from 'node:fs';
import { type CheckResult, type Finding, titleOf } from '@holdfast/advise';
import { fixText } from '@holdfast/advise/fix';
import { createTwoFilesPatch } from 'diff';
import type { Environment } from '../environment.ts';

/** Prints a patch for every file that can be mended, or writes it. Findings that were mended on disk are no longer in the result. */
export function fix({ stdout, stderr }: Environment, result: CheckResult, write: boolean): CheckResult {
  const files = new Map<string, Finding[]>();
  for (const finding of result.findings) {
    if (!finding.edits || !finding.object.origin || finding.object.file === '<stdin>') continue;
    const group = files.get(finding.object.file);
    if (group) group.push(finding);
    else files.set(finding.object.file, [finding]);
  }
  const mended = new Set<Finding>();
  for (const [file, findings] of files) {
    const text = readFileSync(file, 'utf8');
    const { text: next, fixed, refused } = fixText(text, findings);
    for (const finding of refused)
      stderr.write(
        `holdfast: ${finding.rule} of ${titleOf(finding.object)} in ${file} cannot be mended without touching more (anchors?)\n`,
      );
    if (next === text) continue;
    for (const finding of fixed) mended.add(finding);
    if (write) writeFileSync(file, next);
    else stdout.write(createTwoFilesPatch(`a/${file}`, `b/${file}`, text, next, '', '', { context: 3 }).replace(/^={20,}\n/, ''));
  }
  stderr.write(
    mended.size === 0
      ? 'holdfast: nothing here can be mended safely by a program\n'
      : `holdfast: ${mended.size} of ${result.findings.length} findings ${write ? 'mended' : 'can be mended: git apply the patch, or use --fix --write'}\n`,
  );
  return write ? { ...result, findings: result.findings.filter((finding) => !mended.has(finding)) } : result;
}
