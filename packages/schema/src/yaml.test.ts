import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYaml, parseYamlDocuments, toYaml } from './yaml.ts';

describe('scalars read as kubectl reads them', () => {
  // Each line was given to kubectl 1.32 (annotate --local -o json).
  test.each([
    ['a: yes', { a: true }],
    ['a: y', { a: true }],
    ['a: Off', { a: false }],
    ['a: "yes"', { a: 'yes' }],
    ['a: 0777', { a: 511 }],
    ['a: "0777"', { a: '0777' }],
    ['a: 0o7', { a: 7 }],
    ['a: 09', { a: 9 }],
    ['a: 0x1F', { a: 31 }],
    ['a: -0x1F', { a: -31 }],
    ['a: 0x', { a: '0x' }],
    ['a: 0b11', { a: 3 }],
    ['a: 1_000', { a: 1000 }],
    ['a: 1__0', { a: 10 }],
    ['a: +5', { a: 5 }],
    ['a: 1e3', { a: 1000 }],
    ['a: .5', { a: 0.5 }],
    ['a: 1.', { a: 1 }],
    ['a: 0.1_0', { a: 0.1 }],
    ['a: 2001-12-14', { a: '2001-12-14' }],
    ['a: 2001-12-14t21:59:43.10-05:00', { a: '2001-12-14t21:59:43.10-05:00' }],
    ['a: 1:30', { a: '1:30' }],
    ['a: 100m', { a: '100m' }],
    ['a: ~', { a: null }],
    ['a:', { a: null }],
    ['a: <<', { a: '<<' }],
    ['a: !!binary aGk=', { a: 'hi' }],
    ['1: x', { 1: 'x' }],
    ['n: 1', { false: 1 }],
    ['a: &x {b: 1}\nc: {<<: *x, d: 2}', { a: { b: 1 }, c: { b: 1, d: 2 } }],
  ])('%s', (text, value) => {
    expect(parseYaml(text).value).toEqual(value);
  });
});

test('duplicate keys are found with their path', () => {
  expect(parseYaml('a: 1\nb:\n- c: 1\n  c: 2\na: 3\n')).toEqual({ value: { a: 3, b: [{ c: 2 }] }, duplicates: ['b[0].c', 'a'] });
});

test('empty documents of a stream are left out', () => {
  expect(parseYamlDocuments('---\n# nothing\n---\na: 1\n---\n---\nb: 2\n').map((d) => d.value)).toEqual([{ a: 1 }, { b: 2 }]);
  expect(parseYamlDocuments('')).toEqual([]);
});

test('errors name the line', () => {
  expect(() => parseYaml('a:\n\t- x')).toThrow(/^error converting YAML to JSON: yaml: line 2: /);
});

test('an alias bomb is refused', () => {
  const bomb = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
    ...[1, 2, 3, 4, 5].map((i) => `a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`),
  ];
  expect(() => parseYaml(bomb.join('\n'))).toThrow(
    expect.objectContaining({ code: 400, message: expect.stringContaining('alias') as unknown }),
  );
});

test('what is written is read back', () => {
  // '<<' as a key would be a merge.
  const text = fc.oneof(
    fc.string({ maxLength: 8 }).filter((s) => s !== '<<'),
    fc.constantFrom('yes', 'n', 'y', '0777', '1e3', '2001-12-14', '~', 'null', '1:30', '- a', 'a: b', '# c', ' x ', 'a\nb\n'),
  );
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(json, (value) => {
      expect(parseYaml(toYaml({ root: value })).value).toEqual({ root: value });
    }),
    { numRuns: 300 },
  );
});
