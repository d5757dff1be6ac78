import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deepFreeze } from '../deep.ts';
import { strategicMergePatch } from './strategic-merge.ts';

const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment';
const POD = 'io.k8s.api.core.v1.Pod';
const patched = (document: object, patch: object, type = POD): unknown =>
  strategicMergePatch(deepFreeze(document), deepFreeze(patch), type);
const names = (value: unknown, list: string): unknown =>
  ((value as { spec: Record<string, { name: string }[]> }).spec[list] ?? []).map((c) => c.name);

describe('lists with a merge key', () => {
  const pod = {
    spec: {
      containers: [
        { name: 'a', image: '1', env: [{ name: 'x', value: '1' }], args: ['1'] },
        { name: 'b', image: '1' },
      ],
    },
  };

  test('merge element by element, at any depth', () => {
    const template = { spec: { template: pod } };
    const patch = { spec: { template: { spec: { containers: [{ name: 'a', env: [{ name: 'y', value: '2' }], args: ['2'] }] } } } };
    expect(patched(template, patch, DEPLOYMENT)).toEqual({
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'a',
                image: '1',
                env: [
                  { name: 'y', value: '2' },
                  { name: 'x', value: '1' },
                ],
                args: ['2'],
              },
              { name: 'b', image: '1' },
            ],
          },
        },
      },
    });
  });

  test('gain elements without what the patch removes', () => {
    expect(patched(pod, { spec: { containers: [{ name: 'c', image: '2', command: null }] } })).toMatchObject({
      spec: { containers: [{ name: 'c', image: '2' }, { name: 'a' }, { name: 'b' }] },
    });
    expect(patched({}, { spec: { containers: [{ name: 'c', command: null, $patch: 'merge' }] } })).toEqual({
      spec: { containers: [{ name: 'c' }] },
    });
  });

  test('take directives', () => {
    expect(names(patched(pod, { spec: { containers: [{ name: 'a', $patch: 'delete' }] } }), 'containers')).toEqual(['b']);
    expect(patched(pod, { spec: { containers: [{ name: 'z' }, { $patch: 'replace' }] } })).toEqual({
      spec: { containers: [{ name: 'z' }] },
    });
    expect(patched(pod, { spec: { $patch: 'replace', hostname: 'h' } })).toEqual({ spec: { hostname: 'h' } });
    expect(patched(pod, { spec: { $patch: 'delete' } })).toEqual({ spec: {} });
    expect(() => patched(pod, { spec: { $patch: 'explode' } })).toThrow(/^unknown patch type: explode/);
  });

  test('need the key', () => {
    expect(() => patched(pod, { spec: { containers: [{ image: 'x' }] } })).toThrow(
      'map: map[image:x] does not contain declared merge key: name',
    );
  });

  test('take an order', () => {
    expect(names(patched(pod, { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } }), 'containers')).toEqual([
      'b',
      'a',
    ]);
    const patch = { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'c' }], containers: [{ name: 'c' }] } };
    expect(names(patched(pod, patch), 'containers')).toEqual(['a', 'b', 'c']);
  });
});

test('lists of scalars merge as sets', () => {
  const document = { metadata: { finalizers: ['a', 'b', 'c'] } };
  expect(patched(document, { metadata: { finalizers: ['d', 'a'] } })).toEqual({ metadata: { finalizers: ['d', 'a', 'b', 'c'] } });
  expect(patched(document, { metadata: { '$deleteFromPrimitiveList/finalizers': ['b'] } })).toEqual({
    metadata: { finalizers: ['a', 'c'] },
  });
  expect(
    patched(document, {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['b'], finalizers: ['d'], '$setElementOrder/finalizers': ['c', 'd', 'a'] },
    }),
  ).toEqual({ metadata: { finalizers: ['c', 'd', 'a'] } });
});

test('other lists are replaced', () => {
  expect(patched({ spec: { tolerations: [{ key: 'a' }] } }, { spec: { tolerations: [{ key: 'b' }] } })).toEqual({
    spec: { tolerations: [{ key: 'b' }] },
  });
});

test('the strategies replace and retainKeys', () => {
  const budget = 'io.k8s.api.policy.v1.PodDisruptionBudget';
  expect(patched({ spec: { selector: { matchLabels: { a: '1' } } } }, { spec: { selector: { matchLabels: { b: '2' } } } }, budget)).toEqual(
    {
      spec: { selector: { matchLabels: { b: '2' } } },
    },
  );
  const rolling = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
  expect(patched(rolling, { spec: { strategy: { type: 'Recreate', $retainKeys: ['type'] } } }, DEPLOYMENT)).toEqual({
    spec: { strategy: { type: 'Recreate' } },
  });
  const volumes = { spec: { volumes: [{ name: 'v', emptyDir: {} }] } };
  expect(patched(volumes, { spec: { volumes: [{ name: 'v', secret: { secretName: 's' }, $retainKeys: ['name', 'secret'] }] } })).toEqual({
    spec: { volumes: [{ name: 'v', secret: { secretName: 's' } }] },
  });
});

test('maps merge and null removes', () => {
  expect(patched({ metadata: { labels: { a: '1', b: '2' } } }, { metadata: { labels: { a: null, c: '3' }, annotations: null } })).toEqual({
    metadata: { labels: { b: '2', c: '3' } },
  });
});

const container = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.constantFrom('1', '2') }, { requiredKeys: ['name'] });
const containers = fc.uniqueArray(container, { selector: (c) => c.name });

test('a patch leaves every element that it names as it says, and the others as they were', () => {
  fc.assert(
    fc.property(containers, containers, (before, changes) => {
      const after = patched({ spec: { containers: before } }, { spec: { containers: changes } }) as {
        spec: { containers: { name: string }[] };
      };
      const by = (list: readonly { name: string }[], name: string): object => list.find((c) => c.name === name) ?? {};
      expect(new Set(after.spec.containers.map((c) => c.name))).toEqual(new Set([...before, ...changes].map((c) => c.name)));
      for (const { name } of after.spec.containers)
        expect(by(after.spec.containers, name)).toEqual({ ...by(before, name), ...by(changes, name) });
      expect(patched(after, { spec: { containers: changes } })).toEqual(after);
    }),
  );
});
