import { describe, expect, test } from 'vitest';
import { fieldErrorMessage } from '../field-error.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import { compileStructural, type StructuralSchema } from '../structural/structural-schema.ts';
import { compileRules } from './rules.ts';

type Rules = NonNullable<JSONSchemaProps['x-kubernetes-validations']>;

const text: JSONSchemaProps = { type: 'string' };
const SPEC: Record<string, JSONSchemaProps> = {
  replicas: { type: 'integer' },
  min: { type: 'integer' },
  ratio: { type: 'number' },
  on: { type: 'boolean' },
  name: text,
  when: { type: 'string', format: 'date-time' },
  wait: { type: 'string', format: 'duration' },
  blob: { type: 'string', format: 'byte' },
  names: { type: 'array', items: text },
  ports: {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: { type: 'object', required: ['name'], properties: { name: text, port: { type: 'integer' } } },
  },
  labels: { type: 'object', additionalProperties: text },
  size: { 'x-kubernetes-int-or-string': true },
  'a-b': text,
  'c.d': text,
  namespace: text,
  maybe: { type: 'string', nullable: true },
};

function schemaOf(rules: Rules, at: 'root' | 'spec' = 'spec'): JSONSchemaProps {
  return {
    type: 'object',
    ...(at === 'root' ? { 'x-kubernetes-validations': rules } : {}),
    properties: { spec: { type: 'object', properties: SPEC, ...(at === 'spec' ? { 'x-kubernetes-validations': rules } : {}) } },
  };
}

function compile(schema: JSONSchemaProps): StructuralSchema {
  const made = compileStructural(schema, { path: 'schema', rules: compileRules, trusted: true });
  if ('errors' in made) throw new Error(made.errors.map(fieldErrorMessage).join('\n'));
  return made.schema;
}

const run = (schema: StructuralSchema, spec: unknown, old?: unknown): readonly string[] =>
  schema
    .validate({ metadata: { name: 'x' }, spec }, old === undefined ? {} : { old: { metadata: { name: 'x' }, spec: old } })
    .map(fieldErrorMessage);

describe('a rule holds', () => {
  test.each<[string, unknown]>([
    ['self.replicas >= self.min', { replicas: 3, min: 1 }],
    ['self.replicas + 1 == 4 && self.replicas % 2 == 1', { replicas: 3 }],
    ['self.ratio > 0.5 && double(self.replicas) * self.ratio < 10.0', { ratio: 0.75, replicas: 3 }],
    ['has(self.name) && !has(self.on)', { name: 'x' }],
    ['self.names.all(n, n.startsWith("a")) && self.names.exists(n, n == "ab")', { names: ['a', 'ab'] }],
    ['self.names.exists_one(n, n == "a") && self.names.size() == 2', { names: ['a', 'ab'] }],
    ['self.names.map(n, n + "!").join(",") == "a!,b!"', { names: ['a', 'b'] }],
    ['self.names.filter(n, n != "a") == ["b"]', { names: ['a', 'b'] }],
    ['self.ports.all(p, p.port > 0) && self.ports[0].name == "a"', { ports: [{ name: 'a', port: 1 }] }],
    [
      'self.ports.map(p, p.port).sum() == 3',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 2 },
        ],
      },
    ],
    ['self.labels.all(k, k.size() > 0 && self.labels[k] != "")', { labels: { a: 'b' } }],
    ['"a" in self.labels && self.labels["a"] == "b" && "x" in self.names', { labels: { a: 'b' }, names: ['x'] }],
    ['self.size == 5 || self.size == "5%"', { size: 5 }],
    ['type(self.size) == string && self.size == "5%"', { size: '5%' }],
    ['self.a__dash__b == "x" && self.c__dot__d == "y" && self.__namespace__ == "z"', { 'a-b': 'x', 'c.d': 'y', namespace: 'z' }],
    ['self.when > timestamp("2020-01-01T00:00:00Z") && self.when.getFullYear() == 2026', { when: '2026-01-02T00:00:00Z' }],
    ['self.wait < duration("2h") && self.wait == duration("90m")', { wait: '1h30m' }],
    ['self.blob.size() == 3', { blob: 'YWJj' }],
    ['self.name.matches("^[a-z]+$") && !self.name.matches("x$")', { name: 'abc' }],
    ['self.name.find("[0-9]+") == "12" && self.name.findAll("[0-9]") == ["1", "2"]', { name: 'a12b' }],
    ['self.name.split("-").size() == 2 && self.name.replace("-", "_") == "a_b" && self.name.charAt(0) == "a"', { name: 'a-b' }],
    ['self.name.lowerAscii() == "a" && "%s is %d".format(["x", 3]) == "x is 3"', { name: 'A' }],
    ['quantity("1Gi").isGreaterThan(quantity("1M")) && quantity("500m").compareTo(quantity("0.5")) == 0', {}],
    ['quantity("1.5Gi").add(quantity("512Mi")) == quantity("2Gi") && quantity("10k").asInteger() == 10000', {}],
    ['isQuantity("1Ki") && !isQuantity("1 Ki") && quantity("50k").sub(20) == quantity("49980")', {}],
    ['url("https://a.io:80/p?q=1").getHost() == "a.io:80" && url("https://a.io/p?q=1").getQuery()["q"] == ["1"]', {}],
    ['isURL("/x/y") && !isURL("::x") && url("http://[::1]:8/x").getHostname() == "::1"', {}],
    ['ip("10.0.0.1").family() == 4 && isIP("::1") && !isIP("300.1.1.1") && ip("127.0.0.1").isLoopback()', {}],
    ['cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")', {}],
    ['cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8") && isCIDR("::/0") && !isCIDR("1.1.1.1/40")', {}],
    ['!format.dns1123Label().validate("A_").hasValue() == false && format.named("uuid").hasValue()', {}],
    ['sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 2], [2, 1]) && sets.intersects([1], [1, 2])', {}],
    ['[1, 3, 2].max() == 3 && [1, 2, 2].isSorted() && ["a", "b"].indexOf("b") == 1', {}],
    ['self.?name.orValue("none") == "none" && !self.?name.hasValue() && self.names[?7].orValue("") == ""', { names: [] }],
    ['self.?name.optMap(n, n.size()).orValue(0) == 2 && optional.none().orValue(1) == 1', { name: 'ab' }],
    ['optional.ofNonZeroValue("").hasValue() == false && optional.of(3).value() == 3', {}],
    ['self.maybe == null || self.maybe == "x"', { maybe: null }],
    ['self.replicas > 0 ? self.min > 0 : true', { replicas: 1, min: 1 }],
    [
      '"__proto__" in self.labels && self.labels["constructor"] == "y"',
      { labels: JSON.parse('{"__proto__": "x", "constructor": "y"}') as unknown },
    ],
  ])('%s', (rule, spec) => {
    expect(run(compile(schemaOf([{ rule }])), spec)).toEqual([]);
  });
});

test('has() asks for fields of elements too', () => {
  const names = { type: 'array', items: { type: 'object', properties: { a: { type: 'object', properties: { b: { type: 'string' } } } } } };
  const schema = {
    type: 'object',
    properties: { list: names },
    'x-kubernetes-validations': [{ rule: 'has(self.list[0].a) && has(self.list[0].a.b)' }],
  };
  const made = compileStructural(schema, { path: 'schema', rules: compileRules });
  if ('errors' in made) throw new Error(made.errors.map(fieldErrorMessage).join('\n'));
  const problems = (list: unknown): number => made.schema.validate({ list }).length;
  expect([[{ a: { b: 'x' } }], [{ a: {} }], [{}]].map(problems)).toEqual([0, 1, 1]);
});

describe('a rule fails', () => {
  test.each<[Partial<Rules[number]> & { readonly rule: string }, unknown, string]>([
    [
      { rule: 'self.replicas >= self.min' },
      { replicas: 1, min: 2 },
      'spec: Invalid value: "object": failed rule: self.replicas >= self.min',
    ],
    [{ rule: 'self.replicas >= self.min', message: 'too few' }, { replicas: 1, min: 2 }, 'spec: Invalid value: "object": too few'],
    [
      { rule: 'self.replicas >= self.min', messageExpression: '"%d is below %d".format([self.replicas, self.min])' },
      { replicas: 1, min: 2 },
      'spec: Invalid value: "object": 1 is below 2',
    ],
    [
      { rule: 'has(self.name)', reason: 'FieldValueRequired', fieldPath: '.name', message: 'name it' },
      {},
      'spec.name: Required value: name it',
    ],
    [{ rule: '!has(self.on)', reason: 'FieldValueForbidden', fieldPath: '.on', message: 'no' }, { on: true }, 'spec.on: Forbidden: no'],
    [{ rule: 'self.replicas >= 0' }, {}, 'spec: Invalid value: "object": no such key: replicas evaluating rule: self.replicas >= 0'],
    [{ rule: '1 / self.replicas > 0' }, { replicas: 0 }, 'evaluating rule: 1 / self.replicas > 0'],
  ])('%j', (rule, spec, message) => {
    const found = run(compile(schemaOf([rule])), spec);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});

describe('a definition is refused', () => {
  test.each<[Rules[number], string]>([
    [{ rule: '' }, 'schema.properties[spec].x-kubernetes-validations[0].rule: Required value: rule is not specified'],
    [{ rule: 'self.bogus == 1' }, "compilation failed: ERROR: <input>:1:5: undefined field 'bogus'\n | self.bogus == 1\n | ....^"],
    [{ rule: 'other == 1' }, "compilation failed: ERROR: <input>:1:1: undeclared reference to 'other' (in container '')"],
    [{ rule: 'self.replicas + "a" == 1' }, "found no matching overload for '_+_' applied to '(int, string)'"],
    [{ rule: 'self.replicas.startsWith("a")' }, "found no matching overload for 'startsWith' applied to 'int.(string)'"],
    [{ rule: 'self.replicas' }, 'cel expression must evaluate to a bool'],
    [{ rule: 'self.replicas >' }, 'compilation failed: ERROR: <input>:1:'],
    [{ rule: 'cel.bind(a, 1, a == 1)' }, "undeclared reference to 'cel'"],
    [{ rule: 'true', message: 'a\nb' }, 'message must not contain line breaks'],
    [
      { rule: 'true', reason: 'Bad' },
      'reason: Unsupported value: "Bad": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
    ],
    [{ rule: 'true', fieldPath: '.nothing' }, 'fieldPath must be a valid path'],
    [{ rule: 'true', messageExpression: '1' }, 'cel expression must evaluate to a string'],
    [{ rule: 'true', optionalOldSelf: true }, 'may not be set if oldSelf is not used in rule'],
  ])('%j', (rule, message) => {
    const made = compileStructural(schemaOf([rule]), { path: 'schema', rules: compileRules });
    expect('errors' in made ? made.errors.map(fieldErrorMessage).join() : 'none').toContain(message);
  });

  test('for oldSelf where elements have no counterparts', () => {
    const list: JSONSchemaProps = { type: 'array', items: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } };
    const made = compileStructural({ type: 'object', properties: { list } }, { path: 'schema', rules: compileRules });
    expect('errors' in made ? made.errors.map(fieldErrorMessage).join() : 'none').toContain(
      'oldSelf cannot be used on the uncorrelatable portion of the schema within schema.properties[list].items',
    );
  });
});

describe('transitions', () => {
  test('are checked on updates only', () => {
    const schema = compile(schemaOf([{ rule: 'self.replicas >= oldSelf.replicas', message: 'only up' }]));
    expect(run(schema, { replicas: 1 })).toEqual([]);
    expect(run(schema, { replicas: 1 }, { replicas: 2 })).toEqual(['spec: Invalid value: "object": only up']);
    expect(run(schema, { replicas: 2 }, { replicas: 2 })).toEqual([]);
  });

  test('see elements of map lists by their keys', () => {
    const ports = SPEC['ports']!;
    const items = {
      ...(ports.items as JSONSchemaProps),
      'x-kubernetes-validations': [{ rule: 'self.port == oldSelf.port', message: 'fixed' }],
    };
    const schema = compile({ type: 'object', properties: { spec: { type: 'object', properties: { ports: { ...ports, items } } } } });
    const old = {
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ],
    };
    expect(
      run(
        schema,
        {
          ports: [
            { name: 'b', port: 2 },
            { name: 'a', port: 9 },
            { name: 'c', port: 3 },
          ],
        },
        old,
      ),
    ).toEqual(['spec.ports[1]: Invalid value: "object": fixed']);
  });

  test('may ask for an old value that is not there', () => {
    const rules = [{ rule: 'oldSelf.hasValue() || self.replicas == 1', optionalOldSelf: true, message: 'begin with one' }];
    const schema = compile(schemaOf(rules));
    expect(run(schema, { replicas: 3 })).toEqual(['spec: Invalid value: "object": begin with one']);
    expect(run(schema, { replicas: 3 }, { replicas: 1 })).toEqual([]);
  });

  test('what did not change is not held against the writer', () => {
    const schema = compile(schemaOf([{ rule: 'self.replicas > 0', message: 'positive' }], 'spec'));
    expect(run(schema, { replicas: 0, name: 'b' }, { replicas: 0, name: 'a' })).toEqual(['spec: Invalid value: "object": positive']);
    expect(run(schema, { replicas: 0 }, { replicas: 0 })).toEqual([]);
  });
});

describe('a costly rule ends', () => {
  const nested = 'self.names.all(a, self.names.all(b, self.names.all(c, a + b + c != "x")))';
  const names = Array.from({ length: 2000 }, (_, i) => `name-${i}`);

  test.each([
    nested,
    'self.names.map(a, self.names.map(b, self.names)).size() > 0',
    'self.names.all(a, self.names.exists(b, self.names.exists(c, a == b + c + "?")) || true)',
    'self.names.map(a, self.names + self.names).size() > 0',
    'self.names.all(a, self.names == self.names)',
    'self.names.all(a, !(a + "x" in self.names))',
  ])('%s', (rule) => {
    const schema = compile(schemaOf([{ rule, message: 'm' }]));
    const begun = performance.now();
    const found = run(schema, { names });
    expect(found.join()).toMatch(/cost/);
    // A bound for a machine under load; a run takes a fraction of it.
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test('a pattern of death is linear', () => {
    const schema = compile(schemaOf([{ rule: 'self.name.matches("^(a+)+$")', message: 'm' }]));
    expect(run(schema, { name: `${'a'.repeat(50_000)}!` })).toEqual(['spec: Invalid value: "object": m']);
  });

  test('further rules are not run', () => {
    const schema = compile(schemaOf([{ rule: nested }, { rule: 'false', message: 'second' }]));
    expect(run(schema, { names })).toEqual([
      `spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${nested}`,
    ]);
  });
});
