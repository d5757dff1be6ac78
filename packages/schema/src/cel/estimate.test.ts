// Rules that could cost too much are refused by estimate; the schema's bounds are what makes them cheap.
import { describe, expect, test } from 'vitest';
import { fieldErrorMessage } from '../field-error.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import { compileStructural } from '../structural/structural-schema.ts';
import { compileRules } from './rules.ts';

const ADVICE = ' (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';
const EVERY_PAIR = 'self.list.all(a, self.list.all(b, a == b))';
const list = (items: JSONSchemaProps, maxItems?: number): JSONSchemaProps => ({
  type: 'array',
  items,
  ...(maxItems === undefined ? {} : { maxItems }),
});
const text = (maxLength?: number): JSONSchemaProps => ({ type: 'string', ...(maxLength === undefined ? {} : { maxLength }) });
const schemaOf = (rule: string, field: JSONSchemaProps): JSONSchemaProps => ({
  type: 'object',
  properties: { list: field },
  'x-kubernetes-validations': [{ rule }],
});

function problems(schema: JSONSchemaProps): readonly string[] {
  const made = compileStructural(schema, { path: 's', rules: compileRules });
  return 'errors' in made ? made.errors.map(fieldErrorMessage) : [];
}
const refused = (factor: string): string[] => [
  `s.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of ${factor}${ADVICE}`,
];

describe('the estimate of a rule', () => {
  test.each<[string, JSONSchemaProps]>([
    [EVERY_PAIR, list({ type: 'integer' }, 500)],
    [EVERY_PAIR, list(text(10), 100)],
    ['self.list.all(a, a.startsWith("x"))', list(text())],
    ['self.list.all(a, a.matches("^[a-z]+$"))', list(text(63), 100)],
    ['self.list.exists_one(a, a.x == 1)', list({ type: 'object', properties: { x: { type: 'integer' } } }, 1000)],
    ['size(self.list) < 5', list(text())],
    ['self.list.contains("x")', text()],
  ])('%s is small enough: %#', (rule, field) => {
    expect(problems(schemaOf(rule, field))).toEqual([]);
  });

  test.each<[string, JSONSchemaProps, string]>([
    [EVERY_PAIR, list({ type: 'integer' }), 'more than 100x'],
    [EVERY_PAIR, list(text(1000), 1000), '40.4x'],
    ['self.list.all(a, a.matches("^[a-z]+$"))', list(text()), 'more than 100x'],
  ])('%s is too large: %#', (rule, field, factor) => {
    expect(problems(schemaOf(rule, field))).toEqual(refused(factor));
  });

  test('counts how often its node may be there', () => {
    const element = (maxItems?: number): JSONSchemaProps => ({
      type: 'object',
      properties: { all: list(schemaOf(EVERY_PAIR, list({ type: 'integer' }, 100)), maxItems) },
    });
    expect(problems(element(10))).toEqual([]);
    expect(problems(element())[0]).toMatch(
      /^s\.properties\[all\]\.items\.x-kubernetes-validations\[0\]\.rule: Forbidden: estimated rule cost exceeds budget/,
    );
  });

  test('of all rules together has a limit too', () => {
    const one = schemaOf(EVERY_PAIR, list({ type: 'integer' }, 1300));
    const many: JSONSchemaProps = { type: 'object', properties: Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`p${i}`, one])) };
    const found = problems(many);
    expect(found.at(-1)).toMatch(
      /^s: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1\.\d+x/,
    );
    expect(found[0]).toContain(
      'contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema',
    );
    expect(found).toHaveLength(5);
  });
});
