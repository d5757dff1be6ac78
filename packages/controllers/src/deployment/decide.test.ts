// The arithmetic of a rollout and of a change of size in its midst.
import type { Deployment, ReplicaSet } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { DESIRED, isScaling, limits, MAX, newSetSize, scale, shrinkOld } from './decide.ts';

function deploymentOf(replicas: number, maxSurge: number | string, maxUnavailable: number | string): Deployment {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
  return { metadata: { name: 'web' }, spec: { replicas, selector: {}, template: {}, strategy } };
}

/** Older ones have smaller numbers. */
function setOf(age: number, replicas: number, available: number = replicas, sizedFor?: readonly [number, number]): ReplicaSet {
  const annotations: Readonly<Record<string, string>> = sizedFor ? { [DESIRED]: String(sizedFor[0]), [MAX]: String(sizedFor[1]) } : {};
  return {
    metadata: { name: `web-${age}`, creationTimestamp: `2026-01-01T00:00:0${age}Z`, annotations },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  };
}

const sizes = (changes: ReturnType<typeof scale>): Readonly<Record<string, number>> =>
  Object.fromEntries(changes.map(({ set, replicas }) => [set.metadata.name, replicas]));

describe('a rollout', () => {
  test('has limits: surge rounds up, unavailability down, and they are not both nothing', () => {
    expect(limits(deploymentOf(3, '25%', '25%'))).toEqual({ maxSurge: 1, maxUnavailable: 0 });
    expect(limits(deploymentOf(3, 0, '25%'))).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(limits(deploymentOf(0, 1, 1))).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  test('grows the new set as far as the surge allows', () => {
    expect(newSetSize(deploymentOf(4, 1, 0), setOf(2, 0), [setOf(1, 4)])).toBe(1);
    expect(newSetSize(deploymentOf(4, 1, 0), setOf(2, 1), [setOf(1, 4)])).toBe(1);
    expect(newSetSize(deploymentOf(4, 1, 0), setOf(2, 6), [])).toBe(4);
  });

  test('shrinks what is not available first, and no more than may be missing', () => {
    expect(sizes(shrinkOld(deploymentOf(4, 1, 0), setOf(2, 1, 0), [setOf(1, 4)]))).toEqual({});
    expect(sizes(shrinkOld(deploymentOf(4, 1, 0), setOf(2, 1, 1), [setOf(1, 4)]))).toEqual({ 'web-1': 3 });
    expect(sizes(shrinkOld(deploymentOf(4, 1, 1), setOf(3, 1, 0), [setOf(1, 2, 1), setOf(2, 2)]))).toEqual({ 'web-1': 1 });
  });
});

describe('a change of size', () => {
  test('is told by what the sets are noted to be sized for', () => {
    expect(isScaling(deploymentOf(3, 1, 0), [setOf(1, 2, 2, [2, 3])])).toBe(true);
    expect(isScaling(deploymentOf(3, 1, 0), [setOf(1, 0, 0, [2, 3]), setOf(2, 3, 3, [3, 4])])).toBe(false);
  });

  test('goes to the only set that has pods, or else to the newest', () => {
    expect(sizes(scale(deploymentOf(3, 1, 0), setOf(2, 0), [setOf(1, 2)]))).toEqual({ 'web-1': 3 });
    expect(sizes(scale(deploymentOf(3, 1, 0), undefined, [setOf(1, 0), setOf(2, 0)]))).toEqual({ 'web-2': 3 });
  });

  test('leaves old sets nothing when the new one has all it needs', () => {
    expect(sizes(scale(deploymentOf(2, 1, 0), setOf(2, 2, 2, [2, 3]), [setOf(1, 1)]))).toEqual({ 'web-1': 0 });
  });

  test('is shared out in the midst of a rollout, and noted by sets that keep their size too', () => {
    const sized = [10, 13] as const;
    const changes = scale(deploymentOf(15, 3, 0), setOf(2, 5, 0, sized), [setOf(1, 8, 8, sized)]);
    expect(sizes(changes)).toEqual({ 'web-1': 11, 'web-2': 7 });
    expect(changes.every(({ note }) => note)).toBe(true);
    // Scaled from two to one when the surge was out: the total is right, and the sets must still learn what it is right for.
    const stuck = scale(deploymentOf(1, 1, 0), setOf(2, 1, 0, [2, 3]), [setOf(1, 1, 1, [2, 3])]);
    expect([sizes(stuck), stuck.map(({ note }) => note)]).toEqual([{ 'web-1': 1, 'web-2': 1 }, [true, true]]);
  });

  test('to nothing empties every set', () => {
    expect(sizes(scale(deploymentOf(0, 1, 0), setOf(2, 1, 1, [2, 3]), [setOf(1, 2, 2, [2, 3])]))).toEqual({ 'web-1': 0, 'web-2': 0 });
  });
});
