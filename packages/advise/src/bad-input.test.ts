// Whatever stands in a manifest, a check ends with findings or problems that have a place, and never with an exception.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkChanges } from './changes/check-changes.ts';
import { check } from './check.ts';
import { fixText } from './fix/fix-text.ts';
import { loadTexts } from './load/load.ts';
import { isRecord, parseYamlDocuments, toYaml } from '@holdfast/schema';
import { toHtml } from './output/html.ts';
import { toText } from './output/human.ts';

const SOURCES = [join(import.meta.dirname, 'rules'), join(import.meta.dirname, 'corpus')];
const TEXTS = SOURCES.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => readFileSync(join(folder, file), 'utf8')),
);

const CLASS = 'apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: { name: fast }\nprovisioner: x\n';

/** All paths of a value, in the order of its fields. */
function pathsOf(value: unknown, at: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  const members = Array.isArray(value) ? [...value.entries()] : isRecord(value) ? Object.entries(value) : [];
  return [at, ...members.flatMap(([step, member]) => pathsOf(member, [...at, step]))];
}

function replaced(root: unknown, [step, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (step === undefined) return by;
  if (Array.isArray(root)) return root.map((item: unknown, index) => (index === step ? replaced(item, rest, by) : item));
  return isRecord(root) ? { ...root, [step]: replaced(root[step], rest, by) } : root;
}

const junk = fc.constantFrom<unknown>(
  null,
  '',
  'text',
  -1,
  0,
  1.5,
  1e20,
  true,
  [],
  {},
  [null],
  ['a', 1],
  { a: null },
  [[]],
  [{}],
  '9999Zi',
  '50%',
  'a/b:c@d',
);

it('takes any value in any place', async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TEXTS), fc.nat(), fc.nat(), junk, async (text, which, where, by) => {
      const documents = parseYamlDocuments(text).map(({ value }) => value);
      const index = which % documents.length;
      const paths = pathsOf(documents[index]);
      const changed = documents.with(index, replaced(documents[index], paths[where % paths.length] ?? [], by));
      const next = changed.map((one) => toYaml(one)).join('---\n');
      const [before, loaded] = [await loadTexts([{ file: 'a.yaml', text }]), await loadTexts([{ file: 'a.yaml', text: next }])];
      refused += loaded.problems.length;
      const result = check(loaded, { changes: checkChanges(before, loaded) });
      for (const { message, line } of result.loaded.problems) {
        expect(line).toBeGreaterThan(0);
        expect(message).not.toBe('');
      }
      toText(result, { lineOf: () => '' });
      toHtml(result);
      fixText(
        next,
        result.findings.filter(({ object }) => object.file === 'a.yaml'),
      );
    }),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(10);
});

it('names the field of a wrong type with the words of the API server, and checks the rest', async () => {
  const text = `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: a }
spec:
  serviceName: a
  replicas: "three"
---
apiVersion: v1
kind: Service
metadata: { name: a }
`;
  const { problems, objects } = await loadTexts([{ file: 'a.yaml', text }]);
  expect(problems).toMatchObject([
    { file: 'a.yaml', line: 6, column: 3, message: expect.stringContaining('cannot unmarshal string into Go struct field') },
  ]);
  expect(objects.map(({ kind }) => kind)).toEqual(['Service']);
});

it('lists what comes twice, and takes Windows and Unix line ends side by side', async () => {
  const one = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n';
  const { duplicates, objects, problems } = await loadTexts([
    { file: 'a.yaml', text: `${one.replaceAll('\n', '\r\n')}---\n${one}---\r\n${one.replace('name: a', 'name: b')}` },
  ]);
  expect(problems).toEqual([]);
  expect(objects.map((one) => [one.name, one.place(['metadata', 'name']).line])).toEqual([
    ['a', 4],
    ['b', 14],
  ]);
  expect(duplicates.map(({ again, first }) => [again.place([]).line, first.place([]).line])).toEqual([[6, 1]]);
});

it('takes objects that the server will name for different ones', async () => {
  const one = 'apiVersion: batch/v1\nkind: Job\nmetadata: { generateName: restore- }\n';
  const { duplicates, objects } = await loadTexts([{ file: 'a.yaml', text: `${one}---\n${one}` }]);
  expect(objects).toHaveLength(2);
  expect(duplicates).toEqual([]);
});

it('checks what stands beside a document that is nested without end', async () => {
  const deep = (open: string, close: string): string => `a: ${open.repeat(100_000)}${close.repeat(100_000)}\n`;
  const block = Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}k:\n`).join('');
  for (const broken of [deep('[', ']'), deep('{a: ', '}'), `a: &x ${'['.repeat(50_000)}\n`, block]) {
    const { objects, problems } = await loadTexts([
      { file: 'a.yaml', text: `${CLASS}---\n${broken}---\n${CLASS.replace('fast', 'slow')}` },
    ]);
    expect(objects.map(({ name }) => name)).toEqual(['fast', 'slow']);
    expect(problems).toMatchObject([{ file: 'a.yaml', message: expect.stringMatching(/nested too deeply|is not YAML: Flow/) }]);
    expect(problems[0]?.line).toBeGreaterThanOrEqual(5);
  }
});
