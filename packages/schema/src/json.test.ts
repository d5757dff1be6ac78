import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from './json.ts';

test('duplicate keys are found with their path', () => {
  const text = '{"a":1,"b":{"c":"x:\\"y","c":2},"l":[{"z":1},{"z":1,"z":2}]}';
  expect(parseJson(text)).toEqual({ value: { a: 1, b: { c: 2 }, l: [{ z: 1 }, { z: 2 }] }, duplicates: ['b.c', 'l[1].z'] });
  expect(parseJson(text, { findDuplicates: false }).duplicates).toEqual([]);
  expect(parseJson(String.raw`{"a":1,"\u0061":2}`).duplicates).toEqual(['a']);
});

test('__proto__ is an ordinary key', () => {
  const { value } = parseJson(Buffer.from('{"__proto__":{"polluted":true}}'));
  expect(Object.keys(value as object)).toEqual(['__proto__']);
  expect({} as { polluted?: boolean }).not.toHaveProperty('polluted');
});

test('what is not JSON is a bad request', () => {
  expect(() => parseJson('')).toThrow(/unexpected end of JSON input/);
  expect(() => parseJson('{')).toThrow(expect.objectContaining({ code: 400 }));
});

test('documents without duplicates have none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      expect(parseJson(text)).toEqual({ value: JSON.parse(text) as unknown, duplicates: [] });
    }),
  );
});

test('a repeated key is found wherever it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, key) => {
      const member = `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
      expect(parseJson(`{"in": [{${member}, ${member}}]}`).duplicates).toEqual([`in[0].${key}`]);
    }),
  );
});
