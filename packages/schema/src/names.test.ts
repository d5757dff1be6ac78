import { expect, test } from 'vitest';
import { scaledValue } from './int-or-string.ts';
import * as names from './names.ts';

test('messages are upstream’s', () => {
  expect(names.isDns1123Label('A_')).toEqual([
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
  expect(names.isDns1123Subdomain('a..b')[0]).toContain("(e.g. 'example.com', regex used for validation is '");
  expect(names.isDns1123Label('a'.repeat(64))).toEqual(['must be no more than 63 characters']);
  expect(names.isQualifiedName('')[0]).toBe('name part must be non-empty');
  expect(names.isQualifiedName('/x')).toEqual(['prefix part must be non-empty']);
  expect(names.isQualifiedName('a/b/c')[0]).toMatch(
    /^a qualified name must consist of .* with an optional DNS subdomain prefix and '\/' \(e\.g\. 'example\.com\/MyName'\)$/,
  );
  expect(names.isPathSegmentName('a/b%')).toEqual(["may not contain '/'", "may not contain '%'"]);
});

test.each([
  [names.isDns1123Label, ['a', '0-9', 'web-0']],
  [names.isDns1123Subdomain, ['a.b-c.d', 'x']],
  [names.isDns1035Label, ['a', 'a-1']],
  [names.isQualifiedName, ['a', 'example.com/My_Name.x', 'A']],
  [names.isLabelValue, ['', 'a', '1.2_3']],
  [names.isEnvVarName, ['A', '_x', 'a.b-c']],
  [names.isConfigMapKey, ['a.b', '..a'.slice(1)]],
  [names.isValidPortName, ['http', 'a-1']],
])('%o accepts good values', (check, values) => {
  for (const value of values) expect(check(value)).toEqual([]);
});

test('percentages of a total', () => {
  expect(scaledValue('25%', 10, true)).toBe(3);
  expect(scaledValue('25%', 10, false)).toBe(2);
  expect(scaledValue(4, 10, true)).toBe(4);
  expect(() => scaledValue('x', 10, true)).toThrow('invalid value for IntOrString: invalid type: string is not a percentage');
});
