import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JSONSchemaProps } from '../generated/types.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { deepFreeze } from '../deep.ts';
import { fieldErrorMessage } from '../field-error.ts';
import { compileStructural } from './structural-schema.ts';

function schemaOf(schema: JSONSchemaProps): StructuralSchema {
  const compiled = compileStructural(schema);
  if ('errors' in compiled) throw new Error(compiled.errors.map(fieldErrorMessage).join('\n'));
  return compiled.schema;
}
const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: 'object',
  properties,
  ...more,
});
const spec = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): StructuralSchema =>
  schemaOf(object({ spec: object(properties, more) }));
const messages = (schema: StructuralSchema, value: unknown, old?: unknown): readonly string[] =>
  schema.validate({ spec: value }, old === undefined ? {} : { old: { spec: old } }).map(fieldErrorMessage);

describe('structure', () => {
  const problems = (schema: JSONSchemaProps): readonly string[] => {
    const compiled = compileStructural(schema, { path: 's' });
    return 'errors' in compiled ? compiled.errors.map(fieldErrorMessage) : [];
  };
  test.each<[JSONSchemaProps, readonly string[]]>([
    [{}, ['s.type: Required value: must not be empty at the root']],
    [{ type: 'string' }, ['s.type: Invalid value: "string": must be object at the root']],
    [object({ a: {} }), ['s.properties[a].type: Required value: must not be empty for specified object fields']],
    [object({ a: { type: 'array' } }), ['s.properties[a].items: Required value: must be specified']],
    [
      object({ a: { type: 'array', items: {} } }),
      ['s.properties[a].items.type: Required value: must not be empty for specified array items'],
    ],
    [object({ a: { 'x-kubernetes-int-or-string': true } }), []],
    // As the definition of VolumeSnapshots has it.
    [object({ a: { type: 'string', 'x-kubernetes-int-or-string': true } }), []],
    [
      object({ a: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true } }),
      ['s.properties[a].x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true'],
    ],
    [object({ a: { 'x-kubernetes-preserve-unknown-fields': true } }), []],
    [
      object({}, { additionalProperties: true }),
      ['s.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive'],
    ],
    [
      object({ a: { type: 'string' } }, { anyOf: [{ properties: { a: { type: 'string' } } }] }),
      ['s.anyOf[0].properties[a].type: Forbidden: must be empty to be structural'],
    ],
    [
      object({}, { allOf: [{ properties: { b: { minLength: 1 } } }] }),
      ['properties[b]: Required value: because it is defined in s.allOf[0].properties[b]'],
    ],
    [object({ a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] } }), []],
    [
      object({ a: { type: 'integer', default: 'x' } }),
      ['s.properties[a].default: Invalid value: "string": s.properties[a].default in body must be of type integer: "string"'],
    ],
    [
      object({
        a: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['n'],
          items: object({ n: { type: 'string' } }),
        },
      }),
      [
        's.properties[a].items.properties[n].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ],
    ],
  ])('%j', (schema, wanted) => {
    expect(problems(schema)).toEqual(wanted);
  });

  test('patterns must be valid', () => {
    expect(problems(object({ a: { type: 'string', pattern: '[' } }))[0]).toMatch(
      /^s\.properties\[a\]\.pattern: Invalid value: "\[": must be a valid regular expression, but isn't: /,
    );
  });
});

describe('pruning', () => {
  const schema = schemaOf(
    object({
      spec: object({
        known: { type: 'string' },
        list: { type: 'array', items: object({ a: { type: 'string' } }) },
        map: { type: 'object', additionalProperties: object({ a: { type: 'string' } }) },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { strict: object({}) } },
        pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      }),
    }),
  );

  test('drops unknown fields and reports their paths', () => {
    const { value, unknownFields } = schema.prune(
      deepFreeze({
        apiVersion: 'a/v1',
        kind: 'A',
        bogus: 1,
        metadata: { name: 'x', bogus: 1, labels: { a: 'b' } },
        spec: {
          known: 'x',
          b: 1,
          list: [{ a: 'x', b: 1 }],
          map: { k: { a: 'x', c: 1 } },
          free: { any: { thing: 1 }, strict: { x: 1 } },
          pod: { kind: 'Pod', metadata: { name: 'p', x: 1 }, spec: {} },
        },
      }),
    );
    expect(value).toEqual({
      apiVersion: 'a/v1',
      kind: 'A',
      metadata: { name: 'x', labels: { a: 'b' } },
      spec: {
        known: 'x',
        list: [{ a: 'x' }],
        map: { k: { a: 'x' } },
        free: { any: { thing: 1 }, strict: {} },
        pod: { kind: 'Pod', metadata: { name: 'p' }, spec: {} },
      },
    });
    expect(unknownFields.toSorted()).toEqual([
      'bogus',
      'metadata.bogus',
      'spec.b',
      'spec.free.strict.x',
      'spec.list[0].b',
      'spec.map.k.c',
      'spec.pod.metadata.x',
    ]);
  });

  test('refuses wrong metadata', () => {
    expect(() => schema.prune({ metadata: { labels: { a: 1 } } })).toThrow(expect.objectContaining({ code: 400 }));
  });
});

test('defaults', () => {
  const schema = spec({
    a: { type: 'integer', default: 1 },
    nested: object({ b: { type: 'string', default: 'x' } }, { default: {} }),
    absent: object({ c: { type: 'string', default: 'y' } }),
    nullable: { type: 'string', nullable: true, default: 'z' },
    plain: { type: 'string' },
    list: { type: 'array', items: object({ d: { type: 'boolean', default: false } }) },
    map: { type: 'object', additionalProperties: object({ e: { type: 'integer', default: 0 } }) },
  });
  const before = deepFreeze({ spec: { a: null, nullable: null, plain: null, list: [{}, { d: true }], map: { k: {} } } });
  const after = schema.applyDefaults(before);
  expect(after).toEqual({ spec: { a: 1, nested: { b: 'x' }, nullable: null, list: [{ d: false }, { d: true }], map: { k: { e: 0 } } } });
  expect(schema.applyDefaults(after)).toBe(after);
});

describe('validation', () => {
  test.each<[JSONSchemaProps, unknown, readonly string[]]>([
    [{ type: 'integer' }, 'x', ['spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"']],
    [{ type: 'integer' }, 1.5, ['spec.a: Invalid value: "number": spec.a in body must be of type integer: "number"']],
    [{ type: 'number' }, 1, []],
    [{ type: 'string' }, null, ['spec.a: Invalid value: "null": spec.a in body must be of type string: "null"']],
    [{ type: 'string', nullable: true }, null, []],
    [{ type: 'integer', minimum: 1 }, 0, ['spec.a: Invalid value: 0: spec.a in body should be greater than or equal to 1']],
    [{ type: 'integer', maximum: 3, exclusiveMaximum: true }, 3, ['spec.a: Invalid value: 3: spec.a in body should be less than 3']],
    [{ type: 'integer', multipleOf: 2 }, 3, ['spec.a: Invalid value: 3: spec.a in body should be a multiple of 2']],
    [{ type: 'integer', format: 'int32' }, 3e9, ['spec.a: Invalid value: 3000000000: spec.a in body must be of type int32: "3000000000"']],
    [{ type: 'string', enum: ['A', 'B'] }, 'x', ['spec.a: Unsupported value: "x": supported values: "A", "B"']],
    [{ type: 'string', pattern: '^a+$' }, 'b', ['spec.a: Invalid value: "b": spec.a in body should match \'^a+$\'']],
    [{ type: 'string', minLength: 2 }, '😀', ['spec.a: Invalid value: "😀": spec.a in body should be at least 2 chars long']],
    [{ type: 'string', maxLength: 2 }, 'abc', ['spec.a: Too long: may not be more than 2 bytes']],
    [{ type: 'string', format: 'ipv4' }, 'x', ['spec.a: Invalid value: "x": spec.a in body must be of type ipv4: "x"']],
    [{ type: 'string', format: 'date-time' }, '2024-01-01T00:00:00Z', []],
    [
      { type: 'array', items: { type: 'string' }, minItems: 1 },
      [],
      ['spec.a: Invalid value: []: spec.a in body should have at least 1 items'],
    ],
    [{ type: 'array', items: { type: 'string' }, maxItems: 1 }, ['a', 'b'], ['spec.a: Too many: 2: must have at most 1 item']],
    [{ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }, ['a', 'b', 'a'], ['spec.a[2]: Duplicate value: "a"']],
    [
      { 'x-kubernetes-int-or-string': true },
      true,
      ['spec.a: Invalid value: "boolean": spec.a in body must be of type integer,string: "boolean"'],
    ],
    [{ 'x-kubernetes-int-or-string': true, pattern: '^\\d+%$' }, '5%', []],
    [
      { type: 'object', additionalProperties: { type: 'string' } },
      { k: 1 },
      ['spec.a.k: Invalid value: "integer": spec.a.k in body must be of type string: "integer"'],
    ],
    [
      { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      { kind: 'Pod' },
      ['spec.a.apiVersion: Required value: must not be empty'],
    ],
  ])('%j of %j', (schema, value, wanted) => {
    expect(messages(spec({ a: schema }), { a: value })).toEqual(wanted);
  });

  test('required fields, keyed lists and junctors', () => {
    const item = object({ name: { type: 'string' }, port: { type: 'integer' } }, { required: ['name'] });
    const schema = spec(
      {
        list: { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
        a: { type: 'string' },
        b: { type: 'string' },
      },
      {
        required: ['list'],
        oneOf: [{ required: ['a'] }, { required: ['b'] }],
        not: { properties: { a: { enum: ['bad'] } }, required: ['a'] },
      },
    );
    expect(messages(schema, { a: 'x', list: [{ name: 'n' }, { name: 'n' }, { port: 1 }] })).toEqual([
      'spec.list[1]: Duplicate value: {"name":"n"}',
      'spec.list[2].name: Required value',
    ]);
    expect(messages(schema, {})).toEqual([
      'spec.list: Required value',
      'spec.a: Required value',
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
    ]);
    expect(messages(schema, { a: 'x', b: 'y', list: [] })).toEqual([
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ]);
    expect(messages(schema, { a: 'bad', list: [] })).toEqual(['<nil>: Invalid value: "": "spec" must not validate the schema (not)']);
  });

  test('what an update does not change is not held against it', () => {
    const schema = spec({ a: { type: 'integer', minimum: 5 }, b: { type: 'integer', minimum: 5 } });
    expect(messages(schema, { a: 1, b: 9 }, { a: 1, b: 6 })).toEqual([]);
    expect(messages(schema, { a: 1, b: 2 }, { a: 1, b: 6 })).toEqual([
      'spec.b: Invalid value: 2: spec.b in body should be greater than or equal to 5',
    ]);
  });

  test('rules see the old value that corresponds', () => {
    const seen: unknown[] = [];
    const schema = object({
      list: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['n'],
        items: object(
          { n: { type: 'string' }, v: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] } },
          { required: ['n'] },
        ),
      },
    });
    const compiled = compileStructural(schema, {
      rules: () => ({ costs: [], validate: (value, old, path) => (seen.push([path, value, old]), []) }),
    });
    if (!('schema' in compiled)) throw new Error('not structural');
    compiled.schema.validate(
      {
        list: [
          { n: 'b', v: 3 },
          { n: 'c', v: 4 },
        ],
      },
      {
        old: {
          list: [
            { n: 'a', v: 1 },
            { n: 'b', v: 2 },
          ],
        },
      },
    );
    expect(seen).toEqual([
      ['list[0].v', 3, 2],
      ['list[1].v', 4, undefined],
    ]);
  });

  // A backtracking engine would run into the test's time limit.
  test('a pattern takes linear time', () => {
    expect(messages(spec({ a: { type: 'string', pattern: '^(a+)+$' } }), { a: `${'a'.repeat(5000)}!` })).toHaveLength(1);
  });
});

test('pruned and defaulted values prune and default to themselves', () => {
  const schema = spec({
    a: { type: 'integer', default: 1 },
    b: { type: 'object', additionalProperties: { type: 'string' } },
    c: { type: 'array', items: object({ d: { type: 'string' } }) },
  });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const once = schema.applyDefaults(schema.prune({ spec: value }).value);
      expect(schema.prune(once)).toEqual({ value: once, unknownFields: [] });
      expect(schema.applyDefaults(once)).toBe(once);
    }),
  );
});
