import type { Pod } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { compareActive, compareRanked } from './removal-order.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 12);

interface Given {
  readonly node?: string;
  readonly phase?: string;
  /** Seconds since the pod is Ready; null: it is, and nobody says since when. */
  readonly readyFor?: number | null;
  readonly age?: number | undefined;
  readonly restarts?: number;
  readonly sidecarRestarts?: number;
  readonly cost?: string;
  readonly rank?: number;
}

const at = (secondsAgo: number): string => new Date(NOW_MS - secondsAgo * 1000).toISOString();
const statusOf = (name: string, restartCount: number) => ({ name, ready: true, restartCount, image: '', imageID: '' });

/** On a node and Running since an hour where nothing else is said. */
function podOf(name: string, given: Given = {}): Pod {
  const { node = 'n', phase = 'Running', readyFor, restarts = 0, sidecarRestarts = 0, cost } = given;
  const age = 'age' in given ? given.age : 3600;
  const since = readyFor === null || readyFor === undefined ? {} : { lastTransitionTime: at(readyFor) };
  return {
    metadata: {
      name,
      uid: name,
      ...(age === undefined ? {} : { creationTimestamp: at(age) }),
      annotations: {
        ...(cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': cost }),
        rank: String(given.rank ?? 0),
      },
    },
    spec: {
      containers: [{ name: 'c' }],
      initContainers: [{ name: 'sidecar', restartPolicy: 'Always' }, { name: 'init' }],
      ...(node ? { nodeName: node } : {}),
    },
    status: {
      phase,
      ...(readyFor === undefined ? {} : { conditions: [{ type: 'Ready', status: 'True', ...since }] }),
      containerStatuses: [statusOf('c', restarts)],
      initContainerStatuses: [statusOf('sidecar', sidecarRestarts), statusOf('init', 9 - sidecarRestarts)],
    },
  };
}

const ranked = compareRanked({ rank: ({ metadata }) => Number(metadata.annotations?.['rank']), nowMs: NOW_MS });
/** The names in the order in which the pods go, whatever order they came in. */
function order(compare: (a: Pod, b: Pod) => number, pods: readonly Pod[]): readonly (string | undefined)[] {
  const names = pods.toSorted(compare).map(({ metadata }) => metadata.name);
  expect(
    pods
      .toReversed()
      .toSorted(compare)
      .map(({ metadata }) => metadata.name),
  ).toEqual(names);
  return names;
}

/** Upstream's own cases for both orders. */
const BOTH: readonly (readonly [string, readonly Pod[]])[] = [
  [
    'without a node, then by phase, then not ready',
    [
      podOf('1 unbound', { node: '', phase: 'Pending' }),
      podOf('2 pending', { phase: 'Pending' }),
      podOf('3 unknown', { phase: 'Unknown' }),
      podOf('4 running'),
      podOf('5 ready', { readyFor: 60 }),
    ],
  ],
  [
    'ready since nobody knows when, then ready for a short time',
    [podOf('1', { readyFor: null }), podOf('2', { readyFor: 10 }), podOf('3', { readyFor: 1000 })],
  ],
  ['with more restarts', [podOf('1', { restarts: 3 }), podOf('2', { restarts: 1 }), podOf('3')]],
  [
    'with more restarts of sidecars, not of other init containers',
    [podOf('1', { sidecarRestarts: 2 }), podOf('2', { sidecarRestarts: 1 })],
  ],
  ['created at no known time, then the newest', [podOf('1', { age: undefined }), podOf('2', { age: 5 }), podOf('3', { age: 5000 })]],
];

describe.each(BOTH)('the pods that go first are those %s', (_which, pods) => {
  const names = pods.map(({ metadata }) => metadata.name);
  test('of a job', () => expect(order(compareActive, pods)).toEqual(names));
  test('of a ReplicaSet', () => expect(order(ranked, pods)).toEqual(names));
});

describe('the pods of a ReplicaSet', () => {
  test('go by their deletion cost, where it can be read', () => {
    const costs = ['-5', undefined, '3', '10'];
    expect(
      order(
        ranked,
        costs.map((cost, index) => podOf(String(index), cost === undefined ? {} : { cost })),
      ),
    ).toEqual(['0', '1', '2', '3']);
    const unread = ['+7', '008', '1.5', '1e3', '2147483648', 'many'];
    for (const cost of unread)
      expect(order(ranked, [podOf('-', { cost: '-1' }), podOf('x', { cost }), podOf('y', { cost: '1' })])).toEqual(['-', 'x', 'y']);
  });

  test('go first where there are more of them, whatever their age', () => {
    expect(order(ranked, [podOf('1', { rank: 3, readyFor: 900 }), podOf('2', { rank: 2, readyFor: 1 })])).toEqual(['1', '2']);
    expect(order(ranked, [podOf('1', { cost: '-1', rank: 1 }), podOf('2', { rank: 2 })])).toEqual(['1', '2']);
  });

  test('that are about as old as each other go by their uid, before restarts count', () => {
    // 2^43 ns are 2 h 26 min: both are between that and half of it.
    expect(order(ranked, [podOf('1', { readyFor: 8000 }), podOf('2', { readyFor: 5000, restarts: 4 })])).toEqual(['1', '2']);
    // On either side of a magnitude.
    expect(order(ranked, [podOf('2', { readyFor: 8700 }), podOf('1', { readyFor: 8900 })])).toEqual(['2', '1']);
    expect(order(ranked, [podOf('1', { age: 8000 }), podOf('2', { age: 5000 })])).toEqual(['1', '2']);
    expect(order(compareActive, [podOf('2', { age: 5000 }), podOf('1', { age: 8000 })])).toEqual(['2', '1']);
  });
});
