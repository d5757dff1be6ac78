// One pass of a StatefulSet, state by state: what upstream's stateful_set_control tests pin, as data.
import type { PersistentVolumeClaim, Pod, StatefulSet, StatefulSetSpec } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, type Plan, statusOf } from './decide.ts';
import { claimOf, observedOf, passOf, podOf, type PodState, revisionsOf, setOf, withClaims } from './testing.ts';

/** States of the pods from ordinal 0 on; '-' for none. All of the update revision unless 'old' stands behind. */
type States = readonly (PodState | '-' | `${PodState} old`)[];

function pass(spec: Partial<StatefulSetSpec>, states: States, status = { replicas: 0 }): readonly string[] {
  const set = setOf(spec, status);
  const start = spec.ordinals?.start ?? 0;
  const pods = states.flatMap((state, index) => {
    if (state === '-') return [];
    const [name, old] = state.endsWith(' old') ? [state.slice(0, -4), true] : [state, false];
    return [podOf(set, start + index, name as PodState, old ? 'current' : 'update')];
  });
  return passOf(set, pods);
}

const parallel = { podManagementPolicy: 'Parallel' } as const;
const partition = (from: number): Partial<StatefulSetSpec> => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: from } },
});
const onDelete: Partial<StatefulSetSpec> = { updateStrategy: { type: 'OnDelete' } };

const CASES: readonly (readonly [string, Partial<StatefulSetSpec>, States, readonly string[]])[] = [
  // Step A: the replicas, from the bottom.
  ['creates one at a time in order', {}, [], ['create web-0']],
  ['creates the next only when those before are ready', {}, ['ready', 'unready'], []],
  ['waits for a pending one', {}, ['pending'], []],
  ['creates what is missing in the middle', {}, ['ready', '-', 'ready'], ['create web-1']],
  ['waits for one that is going', {}, ['terminating', 'ready', 'ready'], []],
  ['waits until the one before has been ready for long enough', { minReadySeconds: 10 }, ['fresh'], []],
  ['goes on once it has', { minReadySeconds: 1 }, ['fresh'], ['create web-1']],
  ['replaces a failed one', {}, ['ready', 'failed', 'ready'], ['delete web-1']],
  ['replaces one that succeeded', {}, ['succeeded'], ['delete web-0']],
  ['creates all at once in parallel', parallel, [], ['create web-0', 'create web-1', 'create web-2']],
  ['a failed one holds nothing up in parallel', parallel, ['failed', '-', 'unready'], ['delete web-0', 'create web-1']],
  ['begins where ordinals start', { ordinals: { start: 5 } }, [], ['create web-5']],
  ['counts replicas from there', { ordinals: { start: 5 }, replicas: 2 }, ['ready', 'ready', 'ready'], ['delete web-7']],
  // Step B: the condemned, from the top.
  ['scales down one at a time from the top', { replicas: 1 }, ['ready', 'ready', 'ready'], ['delete web-2']],
  ['waits until that one is gone', { replicas: 1 }, ['ready', 'ready', 'terminating'], []],
  ['an unhealthy replica blocks scaling down', { replicas: 1 }, ['unready', 'ready', 'ready'], []],
  ['an unhealthy one above goes first only where it is on top', { replicas: 1 }, ['ready', 'ready', 'unready'], ['delete web-2']],
  ['waits for an unhealthy one below the top', { replicas: 1 }, ['ready', 'unready', 'unready'], []],
  ['scales down all at once in parallel', { ...parallel, replicas: 1 }, ['unready', 'ready', 'ready'], ['delete web-2', 'delete web-1']],
  ['to nothing', { replicas: 0 }, ['ready'], ['delete web-0']],
  // Step C: the update, from the top.
  ['updates from the top, one at a time', {}, ['ready old', 'ready old', 'ready old'], ['delete web-2']],
  ['waits until the updated one is ready', {}, ['ready old', 'ready old', 'unready'], []],
  ['goes on then', {}, ['ready old', 'ready old', 'ready'], ['delete web-1']],
  ['not below the partition', partition(2), ['ready old', 'ready old', 'ready'], []],
  [
    'the partition is an index, not an ordinal',
    { ...partition(2), ordinals: { start: 5 } },
    ['ready old', 'ready old', 'ready old'],
    ['delete web-7'],
  ],
  ['not at all on delete', onDelete, ['ready old', 'ready old', 'ready old'], []],
  ['a broken one is never updated in order: the known wedge', {}, ['ready', 'ready', 'unready old'], []],
  ['in parallel it is', parallel, ['ready', 'ready', 'unready old'], ['delete web-2']],
  [
    'parallel does not wait for minReadySeconds',
    { ...parallel, minReadySeconds: 600 },
    ['ready old', 'ready old', 'fresh'],
    ['delete web-1'],
  ],
  ['scaling down comes before updating', { replicas: 2 }, ['ready old', 'ready old', 'ready old'], ['delete web-2']],
  // Which revision a new pod gets.
  ['a pod below the partition is made anew as it was', partition(1), [], ['create web-0 old']],
  ['one above it as it shall be', partition(1), ['ready old'], ['create web-1']],
  ['on delete always as it shall be', onDelete, [], ['create web-0']],
];

test.each<readonly [string, Plan['recheckAfterMs'], StatefulSet, readonly Pod[], readonly PersistentVolumeClaim[]]>([
  ['a replica becomes available in time', 8000, setOf({ minReadySeconds: 10 }), [podOf(setOf(), 0, 'fresh')], []],
  [
    'a condemned pod becomes available in time',
    8000,
    setOf({ minReadySeconds: 10, replicas: 1 }),
    [podOf(setOf(), 0), podOf(setOf(), 1, 'fresh'), podOf(setOf(), 2, 'fresh')],
    [],
  ],
  [
    'a claim still belongs to the pod before, since claims are not watched',
    5000,
    withClaims({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } }),
    [],
    [claimOf(withClaims(), 0, { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'web-0', uid: 'earlier' }] })],
  ],
  ['nothing is waited for', undefined, setOf(), [podOf(setOf(), 0), podOf(setOf(), 1), podOf(setOf(), 2)], []],
])('looks again when %s', (_, recheckAfterMs, set, pods, claims) => {
  expect(decide(observedOf(set, pods, claims)).recheckAfterMs).toBe(recheckAfterMs);
});

describe('a pass', () => {
  test.each(CASES)('%s', (_name, spec, states, actions) => {
    expect(pass(spec, states)).toEqual(actions);
  });

  test('without rollingUpdate the status says how many are still as they were', () => {
    const set = setOf({ updateStrategy: { type: 'RollingUpdate' } }, { replicas: 3, currentReplicas: 2 });
    expect(passOf(set, [])).toEqual(['create web-0 old']);
    expect(passOf(set, [podOf(set, 0), podOf(set, 1)])).toEqual(['create web-2']);
  });

  test('a set that is being deleted does nothing more', () => {
    const set = setOf();
    const deleted = { ...set, metadata: { ...set.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(passOf(deleted, [podOf(set, 5)])).toEqual([]);
  });

  test('a pod whose name label was taken gets it back', () => {
    const set = setOf({ replicas: 1 });
    const pod = podOf(set, 0);
    expect(
      passOf(set, [
        { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, 'statefulset.kubernetes.io/pod-name': 'x' } } },
      ]),
    ).toEqual(['relabel web-0']);
  });
});

describe('claims', () => {
  test('come before their pod, and again for a pending pod whose claim was deleted', () => {
    const set = withClaims({ replicas: 1 });
    expect(passOf(set, [])).toEqual(['claim data-web-0', 'create web-0']);
    expect(passOf(set, [], [claimOf(set, 0)])).toEqual(['create web-0']);
    expect(passOf(set, [podOf(set, 0, 'pending')])).toEqual(['claim data-web-0']);
    expect(passOf(set, [podOf(set, 0, 'unready')])).toEqual([]);
  });

  test('one that is being deleted is an error, and the pod is not made', () => {
    const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const set = withClaims({ replicas: 2 });
    expect(passOf(set, [], [claimOf(set, 0, leaving)])).toEqual(['fail web-0: pvc data-web-0 is being deleted']);
    const atOnce = withClaims({ ...parallel, replicas: 2 });
    expect(passOf(atOnce, [podOf(atOnce, 5)], [claimOf(atOnce, 0, leaving)])).toEqual([
      'fail web-0: pvc data-web-0 is being deleted',
      'claim data-web-1',
      'create web-1',
    ]);
  });

  test('one that still belongs to the pod before is waited for, where claims go with their pods', () => {
    const stale = { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'web-0', uid: 'earlier' }] };
    const set = withClaims({ replicas: 1, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } });
    expect(passOf(set, [], [claimOf(set, 0, stale)])).toEqual([]);
    const keeping = withClaims({ replicas: 1 });
    expect(passOf(keeping, [], [claimOf(keeping, 0, stale)])).toEqual(['create web-0']);
  });

  test('go with a condemned pod, or with the set, as the policy says', () => {
    const scaled = withClaims({ replicas: 1, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' } });
    const pods = [podOf(scaled, 0), podOf(scaled, 1)];
    expect(passOf(scaled, pods, [claimOf(scaled, 0), claimOf(scaled, 1)])).toEqual(['own data-web-1 Pod', 'delete web-1']);
    const deleted = withClaims({ replicas: 1, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: 'Delete' } });
    expect(passOf(deleted, [podOf(deleted, 0)], [claimOf(deleted, 0)])).toEqual(['own data-web-0 StatefulSet']);
  });
});

describe('status', () => {
  const figures = (spec: Partial<StatefulSetSpec>, states: readonly PodState[], old: number) => {
    const set = setOf(spec);
    const pods = states.map((state, index) => podOf(set, index, state, index < old ? 'current' : 'update'));
    const { replicas, readyReplicas, availableReplicas, currentReplicas, updatedReplicas, currentRevision } = statusOf(
      observedOf(set, pods),
      0,
      0,
    );
    const { update } = revisionsOf(set);
    return [replicas, readyReplicas, availableReplicas, currentReplicas, updatedReplicas, currentRevision === update.metadata.name];
  };

  test.each([
    ['all old', {}, ['ready', 'ready', 'ready'], 3, [3, 3, 3, 3, 0, false]],
    ['half way', {}, ['ready', 'unready', 'ready'], 2, [3, 2, 2, 2, 1, false]],
    ['terminating pods are of no revision', {}, ['ready', 'ready', 'terminating'], 2, [3, 3, 3, 2, 0, false]],
    ['ready, not yet available', { minReadySeconds: 60 }, ['ready', 'ready', 'fresh'], 0, [3, 3, 2, 3, 3, true]],
    ['complete: the update becomes the current one', {}, ['ready', 'ready', 'ready'], 0, [3, 3, 3, 3, 3, true]],
    ['with a partition it never completes', partition(1), ['ready', 'ready', 'ready'], 1, [3, 3, 3, 1, 2, false]],
  ] as const)('%s', (_name, spec, states, old, expected) => {
    expect(figures(spec, states, old)).toEqual(expected);
  });
});

describe('whatever the state', () => {
  const state = fc.constantFrom<PodState | '-'>(
    'ready',
    'unready',
    'pending',
    'failed',
    'terminating',
    'unready terminating',
    'fresh',
    '-',
  );
  const world = fc.record({
    states: fc.array(state, { maxLength: 7 }),
    old: fc.integer({ min: 0, max: 7 }),
    replicas: fc.integer({ min: 0, max: 5 }),
    from: fc.integer({ min: 0, max: 5 }),
    minReadySeconds: fc.constantFrom(0, 10),
  });

  test('a set in order changes one pod at a time, and none while a pod below is not well', () => {
    fc.assert(
      fc.property(world, ({ states, old, replicas, from, minReadySeconds }) => {
        const set = setOf({ replicas, minReadySeconds, ...partition(from) });
        const pods = states.flatMap((one, index) => (one === '-' ? [] : [podOf(set, index, one, index < old ? 'current' : 'update')]));
        const actions = passOf(set, pods);
        expect(actions.length).toBeLessThanOrEqual(1);
        const [action = ''] = actions;
        const ordinal = Number(/web-(\d+)/.exec(action)?.[1] ?? Number.NaN);
        const below = states.slice(0, Number.isNaN(ordinal) ? 0 : Math.min(ordinal, replicas));
        expect(below.filter((one) => one !== 'ready' && !(one === 'fresh' && minReadySeconds === 0))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test('no name is created twice, nor while its pod is there', () => {
    fc.assert(
      fc.property(world, fc.boolean(), ({ states, old, replicas, from }, atOnce) => {
        const set = setOf({ replicas, ...partition(from), ...(atOnce ? parallel : {}) });
        const pods = states.flatMap((one, index) => (one === '-' ? [] : [podOf(set, index, one, index < old ? 'current' : 'update')]));
        const created = passOf(set, pods).flatMap((action) => (action.startsWith('create') ? [action.split(' ')[1]] : []));
        const there = new Set(pods.map(({ metadata }) => metadata.name));
        expect(created.filter((name) => there.has(name))).toEqual([]);
        expect(new Set(created).size).toBe(created.length);
      }),
      { numRuns: 2000 },
    );
  });
});
