import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { loadPaths } from './load.ts';
import { readText } from './read-text.ts';

const CLAIM = 'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: a\nspec:\n  accessModes: [ReadWriteOnce]\n';

it('gives the place of each field, in every document and with either line end', async () => {
  for (const end of ['\n', '\r\n']) {
    const text = `# head\n---\n${CLAIM}---\n${CLAIM.replace('name: a', 'name: b')}`.replaceAll('\n', end);
    const { objects, problems } = await readText(text, 'f.yaml');
    expect(problems).toEqual([]);
    expect(objects.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(objects[1]?.place(['metadata', 'name'])).toEqual({ line: 13, column: 3 });
    expect(objects[1]?.place(['spec', 'accessModes', 0])).toEqual({ line: 15, column: 17 });
    expect(objects[1]?.place(['spec', 'resources', 'requests'])).toEqual({ line: 14, column: 1 });
  }
});

it('tells where a document is broken and still reads the others', async () => {
  const { objects, problems } = await readText(`${CLAIM}---\nkind: "x\n---\n${CLAIM.replace('name: a', 'name: c')}`, 'f.yaml');
  expect(objects.map(({ name }) => name)).toEqual(['a', 'c']);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ file: 'f.yaml', message: expect.stringMatching(/^is not YAML: /) });
  expect(problems[0]?.line).toBeGreaterThanOrEqual(8);
});

it('opens lists, typed ones too, and JSON', async () => {
  const { objects } = await readText('{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"p"}}]}', 'f.json');
  expect(objects[0]).toMatchObject({ kind: 'Pod', apiVersion: 'v1', name: 'p' });
  const { objects: mixed } = await readText(
    `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: q}\n`,
    'f.yaml',
  );
  expect(mixed[0]?.place(['metadata', 'name'])).toEqual({ line: 6, column: 14 });
});

it('resolves anchors and merges, and finds their fields where they are written', async () => {
  const text = 'apiVersion: v1\nkind: Gadget\nmetadata: {name: p}\nx: &base {image: redis}\nspec:\n  <<: *base\n  again: *base\n';
  const [pod] = (await readText(text, 'f.yaml')).objects;
  expect(pod?.object).toMatchObject({ spec: { image: 'redis', again: { image: 'redis' } } });
  expect(pod?.place(['spec', 'again', 'image'])).toEqual({ line: 4, column: 11 });
});

it('says what is binary and what is no object', async () => {
  expect((await readText('\0\u0001ELF', 'f')).problems[0]?.message).toMatch(/binary/);
  expect((await readText('- a\n- b\n', 'f')).problems[0]?.message).toMatch(/no Kubernetes object/);
  expect(await readText('# only a comment\n---\n\n', 'f')).toEqual({ objects: [], problems: [] });
});

it('gives objects with a kind or problems with a place, whatever the text', async () => {
  const broken = fc.array(fc.constantFrom('---\n', 'kind: Pod\n', 'a: *b\n', '  - x\n', '&b c: {\n', '"', '\t', '\r\n'));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        broken.map((parts) => parts.join('')),
      ),
      async (text) => {
        const { objects, problems } = await readText(text, 'f');
        expect(objects.every(({ kind }) => kind !== '')).toBe(true);
        expect(problems.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
      },
    ),
  );
});

it('reads folders, keeps the first of two, and reports what is not there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-advise-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.yaml'), CLAIM);
  writeFileSync(join(folder, 'b.yml'), CLAIM);
  writeFileSync(join(folder, 'notes.txt'), 'not read');
  const loaded = await loadPaths([folder, join(folder, 'absent.yaml'), '-'], async () => CLAIM.replace('name: a', 'name: z'));
  expect(loaded.objects.map(({ name, file }) => [name, file])).toEqual([
    ['a', join(folder, 'a.yaml')],
    ['z', '<stdin>'],
  ]);
  expect(loaded.duplicates.map(({ again }) => again.file)).toEqual([join(folder, 'b.yml')]);
  expect(loaded.problems.map(({ message }) => message)).toEqual([expect.stringContaining('ENOENT')]);
});
