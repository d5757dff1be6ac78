import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../check.ts';
import { RULES } from '../rules/index.ts';
import { checkEverything } from './everything.fixture.ts';
import { toGithub } from './github.ts';
import { toText } from './human.ts';
import { toJson } from './json.ts';
import { toJunit } from './junit.ts';
import { toSarif } from './sarif.ts';

let result: CheckResult;
beforeAll(async () => {
  result = await checkEverything();
});

function validator(file: string): ValidateFunction {
  const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as Record<string, unknown>;
  return new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(schema);
}

it('covers what reports must be able to show', () => {
  expect(new Set(result.findings.map(({ severity }) => severity))).toEqual(new Set(['error', 'warning', 'info']));
  expect(result.findings.some(({ workload }) => workload === undefined)).toBe(true);
  expect(result.suppressed.map(({ by, reason }) => [by, reason])).toEqual([['annotation', 'pinned CPUs <on purpose>']]);
  expect(result.loaded.problems).toHaveLength(1);
  expect(result.loaded.duplicates.length).toBeGreaterThan(0);
  expect(result.notRun.map(({ rule }) => rule)).toEqual(['orphaned-storage']);
  expect([...result.graph.unknownKinds]).toEqual([['Gadget (example.com)', 1]]);
});

describe('SARIF', () => {
  it('is valid by the official schema', () => {
    const validate = validator('fixtures/sarif-2.1.0-rtm.5.json');
    validate(JSON.parse(JSON.stringify(toSarif(result, RULES, '1.2.3'))));
    expect(validate.errors ?? []).toEqual([]);
    // The schema is really applied: one wrong letter is found.
    expect(validate({ version: '2.1.0', runs: [{ tool: { driver: { nam: 'x' } } }] })).toBe(false);
  });

  it('keeps to what GitHub takes: relative addresses, a known rule, a line and a fingerprint for each result', () => {
    const [run] = toSarif(result, RULES, '1.2.3').runs;
    expect(run?.results).toHaveLength(result.findings.length + 1);
    for (const one of run?.results ?? []) {
      expect(run?.tool.driver.rules?.[one.ruleIndex ?? -1]?.id).toBe(one.ruleId);
      expect(one.locations?.[0]?.physicalLocation?.region?.startLine).toBeGreaterThan(0);
      expect(Object.values(one.partialFingerprints ?? {})).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
    }
    expect(run?.results?.filter(({ suppressions }) => suppressions !== undefined)).toHaveLength(1);
    expect(run?.invocations?.[0]?.executionSuccessful).toBe(false);
  });
});

it('JSON is valid by its own schema, which is not a formality', () => {
  const validate = validator('../../schema/findings.schema.json');
  const printed = JSON.parse(JSON.stringify(toJson(result))) as { findings: readonly object[] };
  validate(printed);
  expect(validate.errors ?? []).toEqual([]);
  expect(validate({ ...printed, findings: [{ ...printed.findings[0], severity: 'grave' }] })).toBe(false);
});

it('JUnit counts what it holds, and escapes it', () => {
  const xml = toJunit(result, RULES);
  const failures = [...xml.matchAll(/<failure /g)].length;
  expect(failures).toBe(result.findings.length);
  expect([...xml.matchAll(/ failures="(\d+)"/g)].reduce((sum, [, number]) => sum + Number(number), 0)).toBe(failures);
  expect(xml).toContain('<testcase classname="holdfast" name="orphaned-storage"><skipped/></testcase>');
  expect(xml.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]/);
});

it('annotations of GitHub are one line each', () => {
  const lines = toGithub(result).trimEnd().split('\n');
  expect(lines).toHaveLength(result.findings.length + 1);
  for (const line of lines)
    expect(line).toMatch(
      /^::(error|warning|notice) file=[^,]+,line=\d+,col=\d+,title=holdfast [^:,]+::.+%0A?.*$|^::error file=.*not checked::/,
    );
});

it('text shows the line, the proof, the price and the remedy, and what was passed over', () => {
  const text = toText(result, { lineOf: (_, line) => `line ${line}` });
  for (const { message, loss, fix } of result.findings) {
    expect(text).toContain(message);
    expect(text).toContain(`lost: ${loss}`);
    expect(text).toContain(`fix: ${fix}`);
  }
  expect(text).toMatch(/not checked: <stdin>:\d+:\d+ is not YAML/);
  expect(text).toContain('passed over: 1 object of kind Gadget (example.com), which no rule knows');
  expect(text).toContain('not run: orphaned-storage, since Pod could not be listed');
  expect(text).toMatch(/finding.*\d+ error, \d+ warning, \d+ info\), 1 suppressed\n$/);
});

it('colours only what it is given colours for', () => {
  const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
  const paint = { error: mark('e'), warning: mark('w'), info: mark('i'), bold: mark('b'), dim: mark('d') };
  const text = toText(result, { lineOf: () => undefined, paint });
  expect(text).toMatch(/<e>error<\/e> <b>[a-z-]+<\/b>: /);
  expect(toText(result, { lineOf: () => undefined })).not.toContain('<e>');
});
