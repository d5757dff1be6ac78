// What a namespace says while it cannot go, and that it goes when nothing keeps it.
import { expect, test } from 'vitest';
import { conditionsOf, recheckMs } from './decide.ts';

const said = (...given: Parameters<typeof conditionsOf>): Readonly<Record<string, string>> =>
  Object.fromEntries(conditionsOf(...given).map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]));

test('says what remains, and which finalizers keep it, counted over all kinds', () => {
  const remaining = [
    { resource: 'pods.', count: 2, finalizers: ['x.io/a', 'x.io/b'] },
    { resource: 'configmaps.', count: 1, finalizers: ['x.io/a'] },
  ];
  expect(said(remaining, [])).toMatchObject({
    NamespaceContentRemaining:
      'True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances, pods. has 2 resource instances',
    NamespaceFinalizersRemaining:
      'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: x.io/a in 2 resource instances, x.io/b in 1 resource instances',
    NamespaceDeletionContentFailure: 'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
  });
});

test('says what could not be deleted', () => {
  expect(said([], ['pods is forbidden'])['NamespaceDeletionContentFailure']).toBe(
    'True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: pods is forbidden',
  );
});

test('says that all is well where nothing is left', () => {
  expect(Object.values(said([], [])).every((text) => text.startsWith('False '))).toBe(true);
});

test('is looked at again at once in the beginning, and never later than upstream looks at what waits for finalizers', () => {
  expect([0, 400, 4000, 16_000, 600_000].map(recheckMs)).toEqual([200, 200, 1000, 4000, 8000]);
});
