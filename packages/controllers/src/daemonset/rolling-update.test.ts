// Updates that add the new pod before they take the old one away.
import type { DaemonSet, Node, Pod, Taint } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, statusOf } from './decide.ts';
import { REVISION_LABEL } from './placement.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 1);
const node = (name: string, taints: readonly Taint[] = []): Node => ({ metadata: { name }, spec: { taints } });
const three = ['a', 'b', 'c'].map((name) => node(name));

function setOf(maxSurge: number | string, maxUnavailable: number | string = 0, minReadySeconds = 0): DaemonSet {
  return {
    metadata: { name: 'log', namespace: 'default', uid: 'ds', generation: 2 },
    spec: {
      selector: {},
      template: { spec: { containers: [] } },
      minReadySeconds,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
    },
  };
}

/** 'old', 'new', with '?' where it is not ready; 'leaving' where it is on its way out. */
function pod(on: string, what: string, age = 0): Pod {
  const [revision = '', mark] = what.split(/(\?|-leaving)/);
  return {
    metadata: {
      name: `${on}-${what}${age || ''}`,
      labels: { [REVISION_LABEL]: revision },
      creationTimestamp: `2026-01-01T00:${revision === 'old' ? '0' : '3'}${age}:00Z`,
      ...(mark === '-leaving' ? { deletionTimestamp: '2026-01-01T00:59:00Z' } : {}),
    },
    spec: { nodeName: on, containers: [] },
    status: {
      phase: 'Running',
      conditions: [
        {
          type: 'Ready',
          status: mark === '?' ? 'False' : 'True',
          lastTransitionTime: revision === 'old' ? '2026-01-01T00:10:00Z' : '2026-01-01T00:59:50Z',
        },
      ],
    },
  };
}

function outcome(set: DaemonSet, pods: readonly Pod[], nodes: readonly Node[] = three): readonly string[] {
  const { create, remove } = decide({ set, nodes, pods, revision: 'new', nowMs: NOW_MS, failedWaitMs: () => 0 });
  return [...create.map((name) => `create ${name}`), ...remove.map(({ metadata }) => `remove ${metadata.name}`)];
}

describe('an update with maxSurge', () => {
  const old = ['a', 'b', 'c'].map((name) => pod(name, 'old'));

  it('adds as many pods as may be too many, and takes the old one when the new one is available', () => {
    expect(outcome(setOf(1), old)).toEqual(['create a']);
    expect(outcome(setOf('50%'), old)).toEqual(['create a', 'create b']);
    expect(outcome(setOf(1), [...old, pod('a', 'new?')])).toEqual([]);
    expect(outcome(setOf(1), [...old, pod('a', 'new')])).toEqual(['remove a-old']);
    expect(outcome(setOf(1), [pod('a', 'new'), ...old.slice(1), pod('a', 'old-leaving')])).toEqual(['create b']);
  });

  it('waits for minReadySeconds', () => {
    expect(outcome(setOf(1, 0, 30), [...old, pod('a', 'new')])).toEqual([]);
    const waiting = decide({
      set: setOf(1, 0, 30),
      nodes: three,
      pods: [...old, pod('a', 'new')],
      revision: 'new',
      nowMs: NOW_MS,
      failedWaitMs: () => 0,
    });
    expect(waiting.recheckAfterMs).toBe(20_000);
  });

  it('replaces what is not available anyway at once, beyond the limit', () => {
    expect(outcome(setOf(1), [pod('a', 'old?'), pod('b', 'old?'), pod('c', 'old')])).toEqual(['create a', 'create b', 'create c']);
    expect(outcome(setOf(1), [pod('a', 'old?'), pod('a', 'new?'), pod('b', 'new'), pod('c', 'new')])).toEqual(['remove a-old?']);
  });

  it('leaves one of each revision on a node at most', () => {
    const crowd = [pod('a', 'old'), pod('a', 'old', 1), pod('a', 'new?'), pod('a', 'new?', 1), pod('b', 'new'), pod('c', 'new')];
    expect(outcome(setOf(1), crowd)).toEqual(['remove a-old1', 'remove a-new?1']);
  });

  it('takes a pod from a node that is not meant any more when there are enough elsewhere', () => {
    const nodes = [node('a', [{ key: 'x', effect: 'NoSchedule' }]), node('b')];
    expect(outcome(setOf(1), [pod('a', 'old'), pod('b', 'new?')], nodes)).toEqual([]);
    expect(outcome(setOf(1), [pod('a', 'old'), pod('b', 'new')], nodes)).toEqual(['remove a-old']);
  });

  it('makes a pod where all are on their way out', () => {
    expect(outcome(setOf(1), [pod('a', 'new-leaving'), pod('b', 'new'), pod('c', 'new')])).toEqual(['create a']);
  });

  it('counts the older of two pods', () => {
    const status = statusOf({
      set: setOf(1),
      nodes: three,
      pods: [pod('a', 'new?'), ...old],
      revision: 'new',
      nowMs: NOW_MS,
      failedWaitMs: () => 0,
    });
    expect(status).toMatchObject({ currentNumberScheduled: 3, numberReady: 3, numberAvailable: 3 });
    expect(status.updatedNumberScheduled).toBeUndefined();
  });

  it('without either limit takes one pod at a time', () => {
    expect(outcome(setOf(0, 0), old)).toEqual(['remove a-old']);
  });

  it('whatever the limit and whichever pod gets ready first: no node is ever without an available pod, and it ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat(100)),
        (maxSurge, count, chance) => {
          const nodes = Array.from({ length: count }, (_, at) => node(`n${at}`));
          let pods: readonly Pod[] = nodes.map(({ metadata }) => pod(metadata.name ?? '', 'old'));
          const isDone = (): boolean => pods.length === count && pods.every(({ metadata }) => metadata.labels?.[REVISION_LABEL] === 'new');
          for (let step = 0; step < 100 && !isDone(); step++) {
            const { create, remove } = decide({ set: setOf(maxSurge), nodes, pods, revision: 'new', nowMs: NOW_MS, failedWaitMs: () => 0 });
            pods = [...pods.filter((one) => !remove.includes(one)), ...create.map((name) => pod(name, 'new?'))];
            expect(pods.length).toBeLessThanOrEqual(count + maxSurge);
            const ready = new Set(
              pods.filter(({ status }) => status?.conditions?.[0]?.status === 'True').map(({ spec }) => spec?.nodeName),
            );
            expect(ready.size).toBe(count);
            const late = pods.filter(({ metadata }) => metadata.name?.endsWith('?'));
            const lucky = late[(chance.next().value ?? 0) % Math.max(1, late.length)];
            pods = pods.map((one) => (one === lucky ? pod(one.spec?.nodeName ?? '', 'new') : one));
          }
          expect(isDone()).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});
