import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortedJson } from './sorted-json.ts';

/** The same value with the members of all its objects the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

test('is the same JSON, in an order that does not depend on how it was written', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      expect(JSON.parse(sortedJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(sortedJson(reversed(value))).toBe(sortedJson(value));
    }),
  );
});

test('is written as Go writes a map', () => {
  expect(sortedJson({ b: [{ z: 1, a: null }], a: undefined, 'a/b': 'x<y>&\u2028"', '10': true, '9': false })).toBe(
    '{"10":true,"9":false,"a/b":"x\\u003cy\\u003e\\u0026\\u2028\\"","b":[{"a":null,"z":1}]}',
  );
});
