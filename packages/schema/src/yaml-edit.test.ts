import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isRecord } from './deep.ts';
import { parseYaml, toYaml } from './yaml.ts';
import { editYaml } from './yaml-edit.ts';

it.each([
  ['a: 1\nb: 2\n', ['a'], 3, 'a: 3\nb: 2\n'],
  ['a: 1 # one\nb: 2\n', ['a'], undefined, 'b: 2\n'],
  ['a: {b: 1, c: 2}\n', ['a', 'b'], undefined, 'a: {c: 2}\n'],
  ['a: {b: 1, c: 2}\n', ['a', 'c'], undefined, 'a: {b: 1}\n'],
  ['a: {b: 1}\nd: 1\n', ['a', 'b'], undefined, 'd: 1\n'],
  ['a: {}\n', ['a', 'b'], true, 'a: { b: true }\n'],
  ['a:\n  b:\n    c: 1\nd: 1\n', ['a', 'b', 'c'], undefined, 'd: 1\n'],
  ['a:\n- b: 1\n  c: 2\n', ['a', 0, 'b'], undefined, 'a:\n- c: 2\n'],
  ['a:\n  c: 1\n', ['a', 'b'], 'x', 'a:\n  b: x\n  c: 1\n'],
  ['a:\n  c: 1\n', ['m', 'b'], 'x', 'm:\n  b: x\na:\n  c: 1\n'],
  // A bare n is false in YAML 1.1, so the key would be another one.
  ['a:\n  c: 1\n', ['n'], 'x', undefined],
  ['a:\n  b: |\n    text\n\n    more\n  c: 1\n', ['a', 'b'], undefined, 'a:\n  c: 1\n'],
] as const)('%j, %j to %j', (text, path, value, expected) => {
  expect(editYaml(text, [{ path, value }])).toBe(expected);
});

it('never changes anything else, whatever the document', () => {
  const names = ['a', 'b', 'c', 'spec'];
  const name = fc.constantFrom(...names);
  // The names first: a dictionary draws names that are taken again and again, each with a whole tree that it throws away.
  const document = fc.letrec<{ readonly map: Record<string, unknown>; readonly value: unknown }>((tie) => ({
    map: fc
      .shuffledSubarray(names, { minLength: 1 })
      .chain((keys) =>
        fc.tuple(...keys.map(() => tie('value'))).map((values) => Object.fromEntries(keys.map((key, at) => [key, values[at]]))),
      ),
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.integer(),
      fc.constantFrom('x', 'two words', 'l1\nl2\n'),
      tie('map'),
      fc.array(tie('map'), { maxLength: 2 }),
    ),
  })).map;
  let made = 0;
  fc.assert(
    fc.property(
      document,
      fc.array(name, { minLength: 1, maxLength: 3 }),
      fc.option(fc.integer(), { nil: undefined }),
      fc.boolean(),
      (value, path, to, json) => {
        const text = json ? JSON.stringify(value) : toYaml(value);
        const edited = editYaml(text, [{ path, value: to }]);
        if (edited === undefined) return;
        made++;
        let [before, after]: unknown[] = [parseYaml(text).value, parseYaml(edited).value];
        // Above the field only that one step differs.
        for (const step of path) {
          const rest = (one: unknown): unknown => isRecord(one) && Object.fromEntries(Object.entries(one).filter(([key]) => key !== step));
          if (!isRecord(before) || !isRecord(after)) {
            before = undefined;
            after = isRecord(after) ? after[step] : after;
            continue;
          }
          expect(rest(after)).toEqual(rest(before));
          [before, after] = [before[step], after[step]];
        }
        expect(after).toBe(to);
      },
    ),
    { numRuns: 500 },
  );
  expect(made).toBeGreaterThan(100);
});
