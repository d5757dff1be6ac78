import type { Pod, ReplicaSet } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { countPods } from './counts.ts';
import { decide, type Observed } from './decide.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 1);
const setOf = (replicas: number): ReplicaSet => ({ metadata: { name: 'web' }, spec: { replicas, selector: {} } });

function podOf(name: string, nodeName?: string, phase = 'Running', ready = phase === 'Running'): Pod {
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  return {
    metadata: { name, creationTimestamp: lastTransitionTime },
    spec: { containers: [], ...(nodeName ? { nodeName } : {}) },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }] },
  };
}

function observed(set: ReplicaSet, pods: readonly Pod[], related: readonly Pod[] = []): Observed {
  return { set, counts: countPods(set, pods), pods: () => pods, related: () => related, nowMs: NOW_MS };
}

function removed(replicas: number, pods: readonly Pod[], related?: readonly Pod[]): readonly (string | undefined)[] {
  return decide(observed(setOf(replicas), pods, related)).remove.map(({ metadata }) => metadata.name);
}

describe('a ReplicaSet', () => {
  it('creates what is missing, at most 500 at once, and removes nothing that is wanted', () => {
    expect(decide(observed(setOf(3), [podOf('a', 'n')]))).toMatchObject({ create: 2, remove: [] });
    expect(decide(observed(setOf(5000), [])).create).toBe(500);
    expect(decide(observed(setOf(1), [podOf('a', 'n')]))).toMatchObject({ create: 0, remove: [] });
  });

  it('removes first what has no node, then what does not run, then what is not ready', () => {
    const pods = [
      podOf('ready', 'n'),
      podOf('unready', 'n', 'Running', false),
      podOf('pending', 'n', 'Pending'),
      podOf('unbound', undefined, 'Pending'),
    ];
    expect(removed(1, pods)).toEqual(['unbound', 'pending', 'unready']);
  });

  it("removes first where most pods of its owner's sets are", () => {
    const pods = [podOf('alone', 'a'), podOf('one', 'b'), podOf('two', 'b')];
    expect(removed(2, pods, pods)).toEqual(['one']);
    const others = ['x', 'y', 'z'].map((name) => podOf(name, 'a'));
    expect(removed(2, pods, [...pods, ...others])).toEqual(['alone']);
    const ended = others.map((pod) => ({ ...pod, status: { phase: 'Succeeded' } }));
    expect(removed(2, pods, [...pods, ...ended])).toEqual(['one']);
  });

  it('without an owner removes by age only, as upstream does', () => {
    const [young, ...old] = [podOf('young', 'a'), podOf('one', 'b'), podOf('two', 'b')];
    const since = (time: string): Pod => ({
      ...young,
      metadata: { name: 'young', creationTimestamp: time },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }] },
    });
    expect(removed(2, [...old, since('2026-01-01T00:59:00Z')])).toEqual(['young']);
  });

  it('does not count pods that are going or have ended', () => {
    const going = podOf('going', 'n');
    const pods = [
      { ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-01-01T00:59:00Z' } },
      podOf('ended', 'n', 'Succeeded'),
    ];
    expect(decide(observed(setOf(1), pods))).toMatchObject({ create: 1, remove: [] });
  });
});
