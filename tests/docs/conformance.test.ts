// docs/conformance.md names tests: each file and each title must exist, so that a renamed or deleted test is missed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../e2e/harness.ts';

const DOCUMENT = join(root, 'docs', 'conformance.md');
const TEST_FILE = /\.(test|suite)\.ts$/;
/** How the document may name a file. */
const EXTENSION = /\.(test|suite)(\.ts)?$/;
/** Names in the document that stand for more than one file. */
const FAMILIES: Readonly<Record<string, string>> = {
  journey: join('tests', 'e2e', 'kubectl-journey'),
  clients: join('tests', 'e2e', 'clients'),
};
/** A cell that names no test says why. */
const REASON =
  /left out|differs|ignored|recorded|golden|not in|upstream registers|upstream asks|tables? (below|above)|cannot be called|written by|custom resources|can be stored|the same/i;

interface Row {
  readonly line: number;
  readonly cell: string;
  readonly names: ReadonlyMap<string, string>;
}

/** All test files by their names without extension. */
function testFiles(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const top of ['packages', 'apps', 'tests', 'understudies'])
    for (const file of readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })) {
      if (!TEST_FILE.test(file) || file.includes('node_modules')) continue;
      const name = basename(file).replace(TEST_FILE, '');
      found.set(name, [...(found.get(name) ?? []), join(root, top, file)]);
    }
  return found;
}

/** Rows of tables, each with the links of its section by their words. */
function rows(text: string): readonly Row[] {
  let names = new Map<string, string>();
  return text.split('\n').flatMap((content, index) => {
    if (content.startsWith('#')) names = new Map();
    for (const [, words = '', target = '', alias] of content.matchAll(/\[([^\]]+)\]\(([^)]+)\)(?: \((\w+)\))?/g))
      for (const name of [words.replace(EXTENSION, ''), ...(alias ? [alias] : [])]) names.set(name, join(dirname(DOCUMENT), target));
    const cells = content.startsWith('|') ? content.split('|').slice(1, -1) : [];
    const cell = cells.at(-1)?.trim() ?? '';
    return cells.length === 2 && cell !== 'test' && !/^-+$/.test(cell) ? [{ line: index + 1, cell, names }] : [];
  });
}

/** What a cell refers to: the name of a file, and a title in it where one is quoted. */
function references(cell: string): readonly { readonly name: string; readonly title?: string }[] {
  const plain = cell.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').replace(/`[^`]*`/g, '');
  let name = '';
  return [...plain.matchAll(/"([^"]+)"|([a-z][\w.-]*)/gi)].flatMap(([, title, word]) => {
    if (word !== undefined) name = word.replace(EXTENSION, '');
    return title === undefined ? [] : [{ name, title: title.replace(/…$/, '') }];
  });
}

test('every test that docs/conformance.md names exists', () => {
  const files = testFiles();
  const texts = new Map<string, string>();
  const read = (file: string): string => {
    const known = texts.get(file) ?? readFileSync(file, 'utf8').replace(/\\'/g, "'");
    texts.set(file, known);
    return known;
  };
  const candidates = ({ names }: Row, name: string): readonly string[] => {
    if (name === '') return [...names.values()].filter((file) => TEST_FILE.test(file));
    const linked = names.get(name);
    if (linked !== undefined && TEST_FILE.test(linked)) return [linked];
    const family = FAMILIES[name];
    if (family === undefined) return files.get(name) ?? [];
    return readdirSync(join(root, family))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(root, family, file));
  };
  const all = rows(readFileSync(DOCUMENT, 'utf8'));
  const problems = all.flatMap((row) => {
    const wanted = references(row.cell);
    const missing = wanted.filter(({ name, title = '' }) => {
      const own = candidates(row, name).filter((file) => existsSync(file));
      // The title stands at the beginning of a text in the file.
      return !own.some((file) => ["'", '"', '`'].some((quote) => read(file).includes(`${quote}${title}`)));
    });
    const spoken =
      wanted.length > 0 ||
      REASON.test(row.cell) ||
      [...row.cell.matchAll(/[\w.-]+/g)].some(([word]) => candidates(row, word.replace(EXTENSION, '')).length > 0);
    return [
      ...missing.map(({ name, title }) => `line ${row.line}: ${name} has no test "${title}"`),
      ...(spoken ? [] : [`line ${row.line}: neither a test nor a reason: ${row.cell}`]),
    ];
  });
  expect(all.length).toBeGreaterThan(200);
  expect(problems).toEqual([]);
});
