// Well-made manifests of databases, written after the examples of the engines and operators themselves: nothing in them is a mistake.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { check } from '../check.ts';
import { loadTexts } from '../load/load.ts';
import { ENGINES } from '../model/engines.ts';

const FILES = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.yaml'));
const read = (file: string) => loadTexts([{ file, text: readFileSync(join(import.meta.dirname, file), 'utf8') }]);

/** What no manifest can show. */
const HINTS = ['restore-never-rehearsed', 'failover-never-rehearsed'];

it('is large enough, and has databases of every engine', async () => {
  expect(FILES.length).toBeGreaterThanOrEqual(30);
  const loaded = await Promise.all(FILES.map(read));
  const engines = new Set(loaded.flatMap((one) => check(one).graph.workloads.map(({ engine }) => engine?.name)));
  for (const { name } of ENGINES) expect(engines).toContain(name);
});

it.each(FILES)('no false alarm in %s', async (file) => {
  const loaded = await read(file);
  expect(loaded.problems).toEqual([]);
  const { findings, graph } = check(loaded);
  expect(findings.filter(({ rule }) => !HINTS.includes(rule)).map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
  const databases = graph.workloads.filter(({ database }) => database.length > 0).length;
  expect(databases > 0).toBe(!file.startsWith('not-a-database'));
});
