// Every rule is registered, tested, sourced and in the documentation; every mistake of docs/checks.md is found by some rule.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHANGE_RULES } from '../changes/index.ts';
import type { RuleDescription } from '../rule.ts';
import { RULES } from './index.ts';

const DOCUMENTATION = readFileSync(join(import.meta.dirname, '../../../../docs/checks.md'), 'utf8');
const FOLDERS: readonly (readonly [folder: string, rules: readonly RuleDescription[]])[] = [
  ['rules', RULES],
  ['changes', CHANGE_RULES],
];

describe.each(FOLDERS)('%s', (name, rules) => {
  const folder = join(import.meta.dirname, '..', name);

  it('has a folder for each rule and a rule for each folder', () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((entry) => entry.name).toSorted()).toEqual(rules.map(({ id }) => id).toSorted());
  });

  it.each(rules.map((rule) => [rule.id, rule] as const))('%s is tested, says all it must, and is documented', (id, rule) => {
    expect(readFileSync(join(folder, id, 'rule.test.ts'), 'utf8')).toMatch(/run(Rule|Change)Suite\(rule\)/);
    expect(existsSync(join(folder, id, 'README.md'))).toBe(true);
    for (const text of [rule.title, rule.about, rule.loss, rule.fix]) expect(text.length).toBeGreaterThan(15);
    expect(rule.sources.length).toBeGreaterThan(0);
    for (const source of rule.sources) expect(source).toMatch(/^https:\/\/[^ ]+$/);
    expect(DOCUMENTATION).toContain(`| [${id}](../packages/advise/src/${name}/${id}/README.md) | ${rule.severity} | ${rule.title} |`);
  });
});

it('finds each of the 32 mistakes, as the table says', () => {
  const claimed = [...DOCUMENTATION.matchAll(/^\| (\d+) \| [^|]+ \| \*\*Y\*\* \|/gm)].map(([, number]) => Number(number));
  expect(claimed).toEqual(Array.from({ length: 32 }, (_, index) => index + 1));
  const found = new Set([...RULES, ...CHANGE_RULES].flatMap(({ mistakes }) => mistakes));
  expect(claimed.filter((number) => !found.has(number))).toEqual([]);
});
