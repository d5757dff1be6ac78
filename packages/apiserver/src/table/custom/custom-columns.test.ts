import { describe, expect, it } from 'vitest';
import { customColumns, customPrinter } from './custom-columns.ts';
import { compileJsonPath, JsonPathError } from './json-path.ts';

const NOW = Date.parse('2024-01-01T01:00:00Z');
const object = {
  metadata: { name: 'db', creationTimestamp: '2024-01-01T00:00:00Z', annotations: { 'a.b/c': 'dotted' } },
  spec: { replicas: 3, tags: ['a', 'b'], options: { x: 1, a: true } },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', n: 2 },
      { type: 'Idle', status: 'False', n: 5 },
    ],
    ratio: 0.5,
  },
};

describe('compileJsonPath', () => {
  it.each([
    ['.spec.replicas', [3]],
    ['{.spec.replicas}', [3]],
    ['$.spec.replicas', [3]],
    ['.spec.nothing.at.all', []],
    ['.metadata.annotations.a\\.b/c', ['dotted']],
    [".metadata.annotations['a.b/c']", ['dotted']],
    ['.spec.tags[*]', ['a', 'b']],
    ['.spec.tags[1]', ['b']],
    ['.spec.tags[-1]', ['b']],
    ['.spec.tags[-1:]', ['b']],
    ['.spec.tags[0,1]', ['a', 'b']],
    ['.spec.tags[9]', []],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type == 'Idle')].status", ['False']],
    ['.status.conditions[?(@.n>2)].type', ['Idle']],
    ['.status.conditions[?(@.nope)].type', []],
    ['.status..type', ['Ready', 'Idle']],
    ['.status.conditions[*].type', ['Ready', 'Idle']],
  ])('%s', (path, expected) => {
    expect(compileJsonPath(path)(object)).toEqual(expected);
  });

  it.each(['.a[', '.a[x]', '.a[?(@.b == c)]', '.a..', '.a]'])('refuses %s', (path) => {
    expect(() => compileJsonPath(path)).toThrow(JsonPathError);
  });
});

describe('columns of custom resources', () => {
  const column = (name: string, type: string, jsonPath: string): { name: string; type: string; jsonPath: string } => ({
    name,
    type,
    jsonPath,
  });

  it('print values of the declared type, and nothing otherwise', () => {
    const columns = [
      column('Replicas', 'integer', '.spec.replicas'),
      column('Ready', 'string', '.status.conditions[?(@.type=="Ready")].status'),
      column('Tags', 'string', '.spec.tags'),
      column('Options', 'string', '.spec.options'),
      column('Count', 'string', '.spec.replicas'),
      column('Wrong', 'integer', '.spec.tags'),
      column('Missing', 'string', '.spec.missing'),
      column('Ratio', 'number', '.status.ratio'),
      column('Broken', 'string', '.spec['),
      column('Age', 'date', '.metadata.creationTimestamp'),
    ];
    expect(customPrinter(columns).cells(object, { now: NOW })).toEqual([
      'db',
      3,
      'True',
      '[a b]',
      'map[a:true x:1]',
      '3',
      null,
      null,
      0.5,
      null,
      '60m',
    ]);
    expect(customColumns(columns)).toHaveLength(columns.length + 1);
  });

  it('are Name and Age where none are declared', () => {
    expect(customColumns([]).map(({ name, type }) => [name, type])).toEqual([
      ['Name', 'string'],
      ['Age', 'date'],
    ]);
    expect(customPrinter([]).cells(object, { now: NOW })).toEqual(['db', '60m']);
  });
});
