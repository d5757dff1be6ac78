import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deepEqual, deepFreeze } from './deep.ts';

test('equality is that of the JSON, key order aside', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
      expect(deepEqual(a, structuredClone(a))).toBe(true);
      expect(deepEqual(a, b)).toBe(deepEqual(b, a));
    }),
  );
  expect(deepEqual({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
  expect(deepEqual({ a: undefined }, {})).toBe(true);
  expect(deepEqual({ a: undefined, b: 1 }, { b: 1, c: 1 })).toBe(false);
  expect(deepEqual([], {})).toBe(false);
  expect(deepEqual({ constructor: 1 }, {})).toBe(false);
});

test('freezing reaches everything', () => {
  const value = deepFreeze({ a: [{ b: 1 }] });
  expect(Object.isFrozen(value.a[0])).toBe(true);
});
