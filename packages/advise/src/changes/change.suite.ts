// The examples of a rule about changes as its tests. A line '# after' parts what was from what is to be.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutDuplicates } from '../load/load.ts';
import type { Loaded } from '../load/loaded.ts';
import { readText } from '../load/read-text.ts';
import { titleOf } from '../model/sourced-object.ts';
import { toPage } from '../output/page.ts';
import type { Finding } from '../rule.ts';
import type { ChangeRule } from './change.ts';
import { checkChanges } from './check-changes.ts';

/** What the rule finds between the two halves of a text. */
export async function changesIn(rule: ChangeRule, text: string): Promise<readonly Finding[]> {
  const halves = text.split(/^# after$/m).map(async (half): Promise<Loaded> => {
    const { objects, problems } = await readText(half, 'example.yaml');
    if (problems.length > 0) throw new Error(`the example is broken: ${problems[0]?.message}`);
    return { ...withoutDuplicates(objects), problems, notListed: new Set(), live: false };
  });
  const [before, after] = await Promise.all(halves);
  if (!before || !after) throw new Error('the example has no line "# after"');
  return checkChanges(before, after, { rules: [rule] });
}

/** As runRuleSuite. */
export function runChangeSuite(rule: ChangeRule): void {
  const folder = join(import.meta.dirname, rule.id, 'examples');
  const files = readdirSync(folder).sort();
  describe(`rule ${rule.id}`, () => {
    it('has at least two bad and two good examples, and its page', () => {
      expect(files.filter((file) => file.startsWith('bad')).length).toBeGreaterThanOrEqual(2);
      expect(files.filter((file) => file.startsWith('good')).length).toBeGreaterThanOrEqual(2);
      expect(readFileSync(join(folder, '..', 'README.md'), 'utf8')).toBe(toPage(rule));
    });
    it.each(files.filter((file) => file.startsWith('bad')))('finds %s', async (file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const found = await changesIn(rule, text);
      expect(found.map(({ workload, object }) => titleOf(workload?.source ?? object))).toEqual([/^# finds: (.+)$/m.exec(text)?.[1]]);
      expect(found[0]?.evidence.length).toBeGreaterThan(0);
    });
    it.each(files.filter((file) => file.startsWith('good')))('is silent on %s', async (file) => {
      const found = await changesIn(rule, readFileSync(join(folder, file), 'utf8'));
      expect(found.map(({ message }) => message)).toEqual([]);
    });
  });
}
