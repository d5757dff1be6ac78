import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Node } from '../generated/types.ts';
import { parseFieldSelector, fieldsMatch } from './field-selector.ts';
import { labelSelector, parseLabelSelector } from './label-selector.ts';
import { nodeSelectorMatches } from './node-selector.ts';

describe('label selectors as text', () => {
  test.each([
    ['app=web', { app: 'web' }, true],
    ['app==web', { app: 'db' }, false],
    ['app!=web', {}, true],
    ['app in (web, db)', { app: 'db' }, true],
    ['app notin (web,db)', {}, true],
    ['app', { app: '' }, true],
    ['!app', { app: '' }, false],
    ['n>3', { n: '4' }, true],
    ['n<3', { n: 'x' }, false],
    ['app=', { app: '' }, true],
    ['app in (,a)', { app: '' }, true],
    ['', { any: 'thing' }, true],
    ['in in (in)', { in: 'in' }, true],
  ])('%s', (text, labels: Record<string, string>, wanted) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(wanted);
  });

  test.each(['=', 'a,,b', 'a in', 'a in (b', 'a in b', '(a)', 'a=b=c', ',a', 'a,', 'a b', '-a=b', 'a=-', 'n>x', '!', 'a=b,!'])(
    '%s is refused',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow(
        expect.objectContaining({ code: 400, message: expect.stringMatching(/^unable to parse requirement: /) as unknown }),
      );
    },
  );

  test('are written sorted by key', () => {
    expect(parseLabelSelector('z,!b,a in (y,x),c=1').toString()).toBe('a in (x,y),!b,c=1,z');
  });
});

test('labels of other objects are not seen through the prototype', () => {
  expect(parseLabelSelector('constructor').matches({})).toBe(false);
});

const key = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', '2', '3');
const labels = fc.dictionary(key, value, { noNullPrototype: true });
const selector = fc.record({
  matchLabels: labels,
  matchExpressions: fc.array(
    fc.oneof(
      fc.record({ key, operator: fc.constantFrom('In', 'NotIn'), values: fc.array(value, { minLength: 1, maxLength: 2 }) }),
      fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
    ),
    { maxLength: 3 },
  ),
});

test('an object and its text mean the same', () => {
  fc.assert(
    fc.property(selector, labels, (object, given) => {
      const matcher = labelSelector(object);
      expect(parseLabelSelector(matcher.toString()).matches(given)).toBe(matcher.matches(given));
    }),
  );
});

test('an absent selector means nothing, an empty one everything', () => {
  expect(labelSelector(undefined).matches({})).toBe(false);
  expect(labelSelector({}).matches({})).toBe(true);
  expect(() => labelSelector({ matchExpressions: [{ key: 'a', operator: 'Like', values: [] }] })).toThrow(
    '"Like" is not a valid label selector operator',
  );
});

test('field selectors', () => {
  expect(parseFieldSelector('spec.nodeName=n1,status.phase!=Running,a==b')).toEqual([
    { field: 'spec.nodeName', operator: '=', value: 'n1' },
    { field: 'status.phase', operator: '!=', value: 'Running' },
    { field: 'a', operator: '=', value: 'b' },
  ]);
  expect(parseFieldSelector('a=x\\,y\\=z')).toEqual([{ field: 'a', operator: '=', value: 'x,y=z' }]);
  expect(parseFieldSelector('')).toEqual([]);
  expect(() => parseFieldSelector('a')).toThrow(/^invalid selector: 'a'/);
  expect(fieldsMatch(parseFieldSelector('a=1,b!=2'), (field) => (field === 'a' ? '1' : ''))).toBe(true);
});

test('node selectors', () => {
  const node: Node = { metadata: { name: 'n1', labels: { zone: 'a', cpus: '8' } } } as Node;
  const term = (matchExpressions: readonly { key: string; operator: string; values?: string[] }[]): object => ({
    nodeSelectorTerms: [{ matchExpressions }],
  });
  const matches = (s: object | undefined): boolean => nodeSelectorMatches(s as never, node);
  expect(matches(undefined)).toBe(true);
  expect(matches({ nodeSelectorTerms: [] })).toBe(false);
  expect(matches({ nodeSelectorTerms: [{}] })).toBe(false);
  expect(matches(term([{ key: 'zone', operator: 'In', values: ['a', 'b'] }]))).toBe(true);
  expect(matches(term([{ key: 'cpus', operator: 'Gt', values: ['4'] }]))).toBe(true);
  expect(matches(term([{ key: 'cpus', operator: 'Lt', values: ['4'] }]))).toBe(false);
  expect(
    matches(
      term([
        { key: 'disk', operator: 'DoesNotExist' },
        { key: 'zone', operator: 'NotIn', values: ['b'] },
      ]),
    ),
  ).toBe(true);
  expect(matches({ nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }] })).toBe(true);
});
