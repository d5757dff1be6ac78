// Where each form of a check's outcome goes.
import { writeFileSync } from 'node:fs';
import { type CheckResult, type Paint, type Rule, type RuleDescription, toBaseline, toJson, toText } from '@holdfast/advise';
import type { Environment } from '../environment.ts';
import { VERSION } from '../version.ts';
import type { CheckOptions } from './check-options.ts';

/** Forms asked for, and what they need. */
export interface ReportOptions extends CheckOptions {
  readonly rules: readonly Rule[];
  readonly changeRules: readonly RuleDescription[];
  readonly lineOf: (file: string, line: number) => string | undefined;
}

/** Text for people goes to standard output unless something else does. */
export async function writeReports({ stdout, env }: Environment, result: CheckResult, options: ReportOptions): Promise<void> {
  const { json, github, sarif, junit, html, rules, changeRules, lineOf, writeBaseline } = options;
  const to = (file: string, content: string): void => {
    if (file === '-') stdout.write(content);
    else writeFileSync(file, content);
  };
  if (writeBaseline !== undefined) to(writeBaseline, toBaseline(result.findings));
  if (json) stdout.write(`${JSON.stringify(toJson(result), null, 2)}\n`);
  if (github || sarif !== undefined || junit !== undefined || html !== undefined) {
    const { toGithub, toHtml, toJunit, toSarif } = await import('@holdfast/advise/reports');
    if (sarif !== undefined) to(sarif, `${JSON.stringify(toSarif(result, [...rules, ...changeRules], VERSION), null, 2)}\n`);
    if (junit !== undefined) to(junit, toJunit(result, rules));
    if (html !== undefined) to(html, toHtml(result));
    if (github) stdout.write(toGithub(result));
  }
  if (json || github || [sarif, junit, html, writeBaseline].includes('-')) return;
  const paint = stdout.isTTY && env['NO_COLOR'] === undefined ? await colours() : undefined;
  stdout.write(toText(result, { lineOf, ...(paint ? { paint } : {}) }));
}

async function colours(): Promise<Paint> {
  const { default: picocolors } = await import('picocolors');
  const { bold, cyan, dim, red, yellow } = picocolors.createColors(true);
  return { error: red, warning: yellow, info: cyan, bold, dim };
}
