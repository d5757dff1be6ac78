import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contains,
  difference,
  disjoint,
  type FieldSet,
  intersection,
  isEmptySet,
  nodeOf,
  pathsOf,
  recursiveDifference,
  sorted,
  union,
} from './field-set.ts';

const PATHS = ['a', 'a.b', 'a.b.c', 'a.d', 'e', 'e.b'];

/** A set of the given paths, built without the functions under test. */
function setOf(paths: readonly string[], prefix = ''): FieldSet {
  const names = [...new Set(PATHS.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length).split('.')[0] ?? ''))];
  const set: Record<string, FieldSet> = {};
  for (const name of names) {
    const node = nodeOf(paths.includes(prefix + name), setOf(paths, `${prefix}${name}.`));
    if (node) set[`f:${name}`] = node;
  }
  return set;
}

const list = (set: FieldSet): readonly string[] => [...pathsOf(set)].map((path) => path.slice(1));
const paths = fc.subarray(PATHS);
const check = (property: (a: readonly string[], b: readonly string[]) => void): void =>
  fc.assert(
    fc.property(paths, paths, (a, b) => {
      property(a, b);
    }),
  );

describe('field sets', () => {
  it('hold what was put in', () =>
    fc.assert(
      fc.property(paths, (a) => {
        expect(list(setOf(a)).toSorted()).toEqual(a.toSorted());
      }),
    ));

  it('unite, intersect and differ as sets of paths do', () => {
    check((a, b) => expect(list(union(setOf(a), setOf(b))).toSorted()).toEqual([...new Set([...a, ...b])].toSorted()));
    check((a, b) => expect(list(intersection(setOf(a), setOf(b))).toSorted()).toEqual(a.filter((path) => b.includes(path)).toSorted()));
    check((a, b) => expect(list(difference(setOf(a), setOf(b))).toSorted()).toEqual(a.filter((path) => !b.includes(path)).toSorted()));
  });

  it('contain each other, or have nothing in common, as sets of paths do', () => {
    check((a, b) => {
      expect(contains(setOf(a), setOf(b))).toBe(b.every((path) => a.includes(path)));
      expect(disjoint(setOf(a), setOf(b))).toBe(!b.some((path) => a.includes(path)));
    });
  });

  it('differ recursively from whole subtrees', () => {
    check((a, b) => {
      const left = a.filter((path) => !b.some((other) => path === other || path.startsWith(`${other}.`)));
      expect(list(recursiveDifference(setOf(a), setOf(b))).toSorted()).toEqual(left.toSorted());
    });
  });

  it('leave no node behind that neither is nor leads to a path', () => {
    check((a, b) => {
      const walk = (set: FieldSet): void => {
        expect(Object.keys(set)).not.toEqual(['.']);
        Object.values(set).forEach(walk);
      };
      walk(difference(setOf(a), setOf(b)));
      expect(isEmptySet(difference(setOf(a), setOf(a)))).toBe(true);
    });
  });

  it('are written in the order of a server', () => {
    const set = { 'v:"x"': {}, 'k:{"containerPort":443}': {}, 'k:{"containerPort":80}': {}, 'f:b': { 'f:z': {}, '.': {} }, 'f:a': {} };
    expect(Object.keys(sorted(set))).toEqual(['f:a', 'f:b', 'k:{"containerPort":80}', 'k:{"containerPort":443}', 'v:"x"']);
    expect(JSON.stringify(sorted(set)['f:b'])).toBe('{".":{},"f:z":{}}');
  });
});
