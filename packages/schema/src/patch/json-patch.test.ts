import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deepFreeze, isRecord } from '../deep.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';

describe('RFC 6902', () => {
  test.each([
    [{ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { foo: 'bar', baz: 'qux' }],
    [{ foo: ['a', 'c'] }, [{ op: 'add', path: '/foo/1', value: 'b' }], { foo: ['a', 'b', 'c'] }],
    [{ foo: ['a'] }, [{ op: 'add', path: '/foo/-', value: ['b'] }], { foo: ['a', ['b']] }],
    [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [['a', 'b'], [{ op: 'remove', path: '/0' }], ['b']],
    [{ a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: null }], { a: { b: null } }],
    [{ a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
    [{ a: [1, 2, 3] }, [{ op: 'move', from: '/a/0', path: '/a/2' }], { a: [2, 3, 1] }],
    [{ a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
    [
      { 'a/b': 1, 'm~n': 2 },
      [
        { op: 'test', path: '/a~1b', value: 1 },
        { op: 'remove', path: '/m~0n' },
      ],
      { 'a/b': 1 },
    ],
    [{ a: { x: 1, y: [2] } }, [{ op: 'test', path: '/a', value: { y: [2], x: 1 } }], { a: { x: 1, y: [2] } }],
    [{ a: 1 }, [{ op: 'replace', path: '', value: [1] }], [1]],
    [{ a: 1 }, [{ op: 'test', path: '/missing', value: null }], { a: 1 }],
    [{}, [{ op: 'add', path: '/', value: 1 }], { '': 1 }],
  ])('%j', (document, patch, wanted) => {
    expect(jsonPatch(deepFreeze(document), deepFreeze(patch))).toEqual(wanted);
  });

  test.each([
    [{ a: [1] }, [{ op: 'add', path: '/a/01', value: 2 }]],
    [{ a: [1] }, [{ op: 'add', path: '/a/2', value: 2 }]],
    [{ a: [1] }, [{ op: 'remove', path: '/a/-' }]],
    [{}, [{ op: 'add', path: '/a/b', value: 1 }]],
    [{}, [{ op: 'remove', path: '/a' }]],
    [{}, [{ op: 'replace', path: '/a', value: 1 }]],
    [{ a: 1 }, [{ op: 'test', path: '/a', value: 2 }]],
    [{ a: { b: 1 } }, [{ op: 'move', from: '/a', path: '/a/b/c' }]],
    [{}, [{ op: 'add', path: '/__proto__/x', value: 1 }]],
    [{}, [{ op: 'spin', path: '/a' }]],
    [{ a: 'text' }, [{ op: 'add', path: '/a/b', value: 1 }]],
  ])('%j does not take %j', (document, patch) => {
    expect(() => jsonPatch(document, patch)).toThrow(
      expect.objectContaining({ code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request' }),
    );
  });

  test('what is no patch, too long or would blow up is refused', () => {
    expect(() => jsonPatch({}, { op: 'add' })).toThrow(expect.objectContaining({ code: 400 }));
    expect(() =>
      jsonPatch(
        {},
        Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: {} })),
      ),
    ).toThrow(expect.objectContaining({ code: 413 }));
    const doubling = Array.from({ length: 100 }, (_, i) => ({ op: 'copy', from: '/a', path: `/a/${i}` }));
    expect(() => jsonPatch({ a: { x: 'xxxxxxxxxx' } }, doubling)).toThrow(expect.objectContaining({ code: 422 }));
  });
});

test('removing what was added restores the document', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
      fc.string(),
      fc.jsonValue(),
      (document, key, value) => {
        fc.pre(!Object.hasOwn(document, key));
        const path = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        const added = jsonPatch(document, [{ op: 'add', path, value }]);
        expect(
          jsonPatch(added, [
            { op: 'test', path, value },
            { op: 'remove', path },
          ]),
        ).toEqual(document);
      },
    ),
  );
});

describe('RFC 7386', () => {
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j', (document, patch, wanted) => {
    expect(mergePatch(deepFreeze(document), deepFreeze(patch))).toEqual(wanted);
  });

  test('merging twice is merging once, and no null of the patch stays', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (document, patch) => {
        const once = mergePatch(document, patch);
        expect(mergePatch(once, patch)).toEqual(once);
        const nulls =
          isRecord(patch) && isRecord(once) ? Object.keys(patch).filter((k) => patch[k] === null && Object.hasOwn(once, k)) : [];
        expect(nulls).toEqual([]);
      }),
    );
  });
});
