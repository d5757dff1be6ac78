// One pod on every node that fits: what is made, what goes, and how an update proceeds.
import type { DaemonSet, DaemonSetSpec, Node, Pod, PodSpec, Taint } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { decide, type Plan, statusOf } from './decide.ts';
import { type Observed, REVISION_LABEL } from './placement.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 1);
const failedWaitMs = (): number => 0;

const nodeOf = (name: string, taints: readonly Taint[] = [], labels = {}): Node => ({ metadata: { name, labels }, spec: { taints } });
const setOf = (pod: Partial<PodSpec> = {}, spec: Partial<DaemonSetSpec> = {}): DaemonSet => ({
  metadata: { name: 'log', namespace: 'default', uid: 'ds', generation: 1 },
  spec: { selector: {}, template: { spec: { containers: [{ name: 'c', image: 'log:1' }], ...pod } }, ...spec },
});

type State = 'ready' | 'unready' | 'leaving' | 'failed';

function podOn(node: string, state: State = 'ready', revision = 'new', name = `p-${node}`): Pod {
  const ready = { type: 'Ready', status: state === 'ready' ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' };
  return {
    metadata: {
      name,
      labels: { [REVISION_LABEL]: revision },
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(state === 'leaving' ? { deletionTimestamp: '2026-01-01T00:59:00Z' } : {}),
    },
    spec: { nodeName: node, containers: [] },
    status: { phase: state === 'failed' ? 'Failed' : 'Running', conditions: [ready] },
  };
}

function unboundFor(node: string): Pod {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } };
  const made = podOn(node, 'unready', 'new', `unbound-${node}`);
  return { ...made, spec: { containers: [], affinity: { nodeAffinity } } };
}

function planFor(set: DaemonSet, nodes: readonly Node[], pods: readonly Pod[], others: Partial<Observed> = {}): Plan {
  return decide({ set, nodes, pods, revision: 'new', nowMs: NOW_MS, failedWaitMs, ...others });
}

function outcome(set: DaemonSet, nodes: readonly Node[], pods: readonly Pod[]): readonly string[] {
  const { create, remove } = planFor(set, nodes, pods);
  return [...create.map((name) => `create ${name}`), ...remove.map(({ metadata }) => `remove ${metadata.name}`)];
}

const three = ['a', 'b', 'c'].map((name) => nodeOf(name));

describe('a daemon set', () => {
  test('has one pod on each node', () => {
    expect(outcome(setOf(), three, [podOn('b')])).toEqual(['create a', 'create c']);
    expect(
      outcome(
        setOf(),
        three,
        three.map(({ metadata }) => podOn(metadata.name ?? '')),
      ),
    ).toEqual([]);
  });

  test('leaves what ran on a node that is gone to the pod garbage collector, and takes what was never bound to it', () => {
    const [bound, unbound] = [podOn('c'), { ...unboundFor('c'), status: { phase: 'Pending' } }];
    expect(outcome(setOf(), three.slice(0, 2), [podOn('a'), podOn('b'), bound, unbound])).toEqual(['remove unbound-c']);
  });

  test('keeps the oldest of two on a node, and replaces one that failed', () => {
    const twice = {
      ...podOn('a', 'ready', 'new', 'younger'),
      metadata: { ...podOn('a').metadata, name: 'younger', creationTimestamp: '2026-01-01T00:30:00Z' },
    };
    expect(outcome(setOf(), [nodeOf('a')], [twice, podOn('a')])).toEqual(['remove younger']);
    expect(outcome(setOf(), [nodeOf('a')], [unboundFor('a'), twice])).toEqual(['remove unbound-a']);
    expect(outcome(setOf(), [nodeOf('a')], [podOn('a', 'failed')])).toEqual(['remove p-a']);
    expect(outcome(setOf(), [nodeOf('a')], [podOn('a', 'leaving')])).toEqual([]);
  });

  test('goes where selector and affinity let it', () => {
    const nodes = [nodeOf('a', [], { disk: 'ssd' }), nodeOf('b')];
    expect(outcome(setOf({ nodeSelector: { disk: 'ssd' } }), nodes, [podOn('b')])).toEqual(['create a', 'remove p-b']);
  });

  test.each<readonly [string, Taint, Partial<PodSpec>, readonly string[], readonly string[]]>([
    ['a cordon keeps nothing away', { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }, {}, ['create a'], []],
    ['nor does a node that is lost', { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }, {}, ['create a'], []],
    ['NoSchedule keeps new pods away and lets old ones stay', { key: 'x', effect: 'NoSchedule' }, {}, [], []],
    ['NoExecute drives them off', { key: 'x', effect: 'NoExecute' }, {}, [], ['remove p-a']],
    ['a missing network keeps them away', { key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' }, {}, [], []],
    [
      'but not those that bring it',
      { key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' },
      { hostNetwork: true },
      ['create a'],
      [],
    ],
  ])('%s', (_name, taint, pod, withoutPod, withPod) => {
    const nodes = [nodeOf('a', [taint])];
    expect(outcome(setOf(pod), nodes, [])).toEqual(withoutPod);
    expect(outcome(setOf(pod), nodes, [podOn('a')])).toEqual(withPod);
  });

  test('updates as many at a time as may be down, those that are down anyway first', () => {
    const old = three.map(({ metadata }) => podOn(metadata.name ?? '', 'ready', 'old'));
    expect(outcome(setOf(), three, old)).toEqual(['remove p-a']);
    const two: Partial<DaemonSetSpec> = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } } };
    expect(outcome(setOf({}, two), three, old)).toEqual(['remove p-a', 'remove p-b']);
    expect(outcome(setOf(), three, [podOn('a', 'leaving', 'old'), podOn('b', 'ready', 'old'), podOn('c', 'ready', 'old')])).toEqual([]);
    expect(outcome(setOf(), three, [podOn('a', 'ready', 'old'), podOn('b', 'unready', 'old'), podOn('c')])).toEqual(['remove p-b']);
    expect(outcome(setOf({}, { updateStrategy: { type: 'OnDelete' } }), three, old)).toEqual([]);
  });

  test('updates only in a pass in which nothing else is to be done', () => {
    expect(outcome(setOf(), three, [podOn('a', 'unready', 'old'), podOn('b')])).toEqual(['create c']);
    const two: Partial<DaemonSetSpec> = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } } };
    const pods = [podOn('a', 'ready', 'old'), podOn('b', 'ready', 'old'), podOn('b', 'ready', 'old', 'twin-b'), podOn('c')];
    expect(outcome(setOf({}, two), three, pods)).toEqual(['remove twin-b']);
  });

  test('makes a pod beside one that has ended and is on its way out, as with a finalizer', () => {
    const ended = podOn('a', 'failed');
    const gone = { ...ended, metadata: { ...ended.metadata, deletionTimestamp: '2026-01-01T00:59:00Z' } };
    expect(outcome(setOf(), [nodeOf('a')], [gone])).toEqual(['create a']);
  });

  test('counts a pod that is on its way out as long as it runs', () => {
    const status = statusOf({ set: setOf(), nodes: three, pods: [podOn('a', 'leaving')], revision: 'new', nowMs: NOW_MS, failedWaitMs });
    expect(status).toMatchObject({ currentNumberScheduled: 1, numberReady: 0 });
  });

  describe('a pod that has failed', () => {
    const waiting: Partial<Observed> = { failedWaitMs: (node) => (node === 'a' ? 4000 : 0) };

    test('stays as long as its node has to wait', () => {
      const pods = [podOn('a', 'failed'), podOn('b', 'failed'), podOn('c')];
      expect(planFor(setOf(), three, pods, waiting)).toMatchObject({
        create: [],
        remove: [pods[1]],
        ended: [pods[1]],
        recheckAfterMs: 4000,
      });
    });

    test('goes alone, one of several on a node', () => {
      expect(outcome(setOf(), three.slice(0, 1), [podOn('a', 'failed'), podOn('a', 'failed', 'new', 'second')])).toEqual(['remove p-a']);
    });

    test('of an older revision is replaced by an update whatever its node waits for', () => {
      expect(planFor(setOf(), three, [podOn('a', 'failed', 'old'), podOn('b'), podOn('c')], waiting).remove).toHaveLength(1);
    });

    test('has no successor beside it while it waits, also where an update may make one', () => {
      const surging: Partial<DaemonSetSpec> = {
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      };
      const [a] = three;
      const one = a ? [a] : [];
      expect(planFor(setOf({}, surging), one, [podOn('a', 'failed')], waiting)).toMatchObject({ create: [], remove: [] });
      expect(outcome(setOf({}, surging), one, [podOn('a', 'failed')])).toEqual(['create a', 'remove p-a']);
    });
  });

  test('counts', () => {
    const nodes = [...three, nodeOf('d', [{ key: 'x', effect: 'NoSchedule' }])];
    const pods = [podOn('a'), podOn('b', 'unready', 'old'), podOn('d')];
    expect(statusOf({ set: setOf(), nodes, pods, revision: 'new', nowMs: NOW_MS, failedWaitMs })).toMatchObject({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 2,
      numberMisscheduled: 1,
      numberReady: 1,
      numberAvailable: 1,
      numberUnavailable: 2,
      updatedNumberScheduled: 1,
    });
  });
});
