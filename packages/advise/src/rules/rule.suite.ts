// The examples of a rule as its tests: each file in examples/bad* is found, with the workload named; none in examples/good* is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../check.ts';
import { withoutDuplicates } from '../load/load.ts';
import { readText } from '../load/read-text.ts';
import { titleOf } from '../model/sourced-object.ts';
import { toPage } from '../output/page.ts';
import type { Finding, Rule } from '../rule.ts';

/** What the rule finds in a text. */
export async function findingsIn(rule: Rule, text: string): Promise<readonly Finding[]> {
  const { objects, problems } = await readText(text, 'example.yaml');
  if (problems.length > 0) throw new Error(`the example is broken: ${problems[0]?.message}`);
  return check({ ...withoutDuplicates(objects), problems, notListed: new Set(), live: false }, { rules: [rule] }).findings;
}

/** A bad example says in its first line, as '# finds: StatefulSet data/db', which workload is meant. */
export function runRuleSuite(rule: Rule): void {
  const folder = join(import.meta.dirname, rule.id, 'examples');
  const files = readdirSync(folder).sort();
  describe(`rule ${rule.id}`, () => {
    it('has at least two bad and two good examples', () => {
      expect(files.filter((file) => file.startsWith('bad')).length).toBeGreaterThanOrEqual(2);
      expect(files.filter((file) => file.startsWith('good')).length).toBeGreaterThanOrEqual(2);
    });
    it('has a page that says what the rule says (npm run rules)', () => {
      expect(readFileSync(join(folder, '..', 'README.md'), 'utf8')).toBe(toPage(rule));
    });
    it.each(files.filter((file) => file.startsWith('bad')))('finds %s', async (file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const found = await findingsIn(rule, text);
      expect(found.map(({ workload, object }) => titleOf(workload?.source ?? object))).toEqual([/^# finds: (.+)$/m.exec(text)?.[1]]);
      for (const { evidence, loss, fix, object, path } of found) {
        expect(evidence.length).toBeGreaterThan(0);
        expect(loss).not.toBe('');
        expect(fix).not.toBe('');
        expect(object.place(path).line).toBeGreaterThan(1);
      }
    });
    it.each(files.filter((file) => file.startsWith('good')))('is silent on %s', async (file) => {
      const found = await findingsIn(rule, readFileSync(join(folder, file), 'utf8'));
      expect(found.map(({ message }) => message)).toEqual([]);
    });
  });
}
