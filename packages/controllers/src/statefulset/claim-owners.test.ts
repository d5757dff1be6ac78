import type { OwnerReference } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { claimOwners } from './claim-owners.ts';
import { claimOf, podOf, withClaims } from './testing.ts';

type Policy = 'Retain' | 'Delete';

function owners(whenDeleted: Policy, whenScaled: Policy, condemned: boolean, already: readonly OwnerReference[] = []) {
  const set = withClaims({ persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } });
  const wanted = claimOwners(set, claimOf(set, 0, { ownerReferences: already }), podOf(set, 0), condemned);
  return wanted?.map(({ kind, controller, blockOwnerDeletion }) => `${kind} ${controller} ${blockOwnerDeletion}`);
}

const OURS: OwnerReference = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'set', controller: true };
const POD: OwnerReference = { apiVersion: 'v1', kind: 'Pod', name: 'web-0', uid: 'uid-0', controller: true };

describe('owners of a claim', () => {
  test.each([
    ['Retain', 'Retain', false, undefined],
    ['Retain', 'Retain', true, undefined],
    ['Delete', 'Retain', false, ['StatefulSet true true']],
    ['Delete', 'Retain', true, ['StatefulSet true true']],
    ['Retain', 'Delete', false, undefined],
    ['Retain', 'Delete', true, ['Pod true true']],
    ['Delete', 'Delete', false, ['StatefulSet true true']],
    ['Delete', 'Delete', true, ['Pod true true']],
  ] as const)('whenDeleted %s, whenScaled %s, condemned %s', (whenDeleted, whenScaled, condemned, expected) => {
    expect(owners(whenDeleted, whenScaled, condemned)).toEqual(expected);
  });

  test('are taken away again when the policy changes or the pod is wanted after all', () => {
    expect(owners('Retain', 'Retain', false, [OURS])).toEqual([]);
    expect(owners('Delete', 'Delete', false, [POD])).toEqual(['StatefulSet true true']);
    expect(owners('Delete', 'Retain', false, [OURS])).toBeUndefined();
  });

  test("somebody else's claim is left alone", () => {
    const other: OwnerReference = { apiVersion: 'example.com/v1', kind: 'Cluster', name: 'x', uid: 'x', controller: true };
    expect(owners('Delete', 'Delete', true, [other])).toBeUndefined();
  });
});
