import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { changesIn, runChangeSuite } from '../change.suite.ts';
import { rule } from './rule.ts';

runChangeSuite(rule);

it('says of a field that newer servers let change which servers those are, and only warns', async () => {
  const [found] = await changesIn(rule, readFileSync(join(import.meta.dirname, 'examples/bad-history-limit.yaml'), 'utf8'));
  expect(found).toMatchObject({
    severity: 'warning',
    confidence: 'medium',
    message: 'spec.revisionHistoryLimit of StatefulSet data/db changes, which servers before 1.33 refuse',
  });
});
