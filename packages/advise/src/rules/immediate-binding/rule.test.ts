import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findingsIn, runRuleSuite } from '../rule.suite.ts';
import { rule } from './rule.ts';

runRuleSuite(rule);

it('names the volume that the binder would take for the first instance', async () => {
  const text = readFileSync(join(import.meta.dirname, 'examples/bad-local-unsaid.yaml'), 'utf8');
  const last = (await findingsIn(rule, text))[0]?.evidence.at(-1);
  expect(last?.object.name).toBe('pv-1');
  expect(last?.says).toBe('is what claim data-db-0 would be bound to, wherever its pod could run');
});
