import type { Pod, PodDisruptionBudget, PodDisruptionBudgetSpec } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { podOf } from '../service-pods/testing.ts';
import { budgetFigures, needsScale } from './decide.ts';

const NOW = Date.UTC(2026, 0, 1);
const budgetOf = (spec: PodDisruptionBudgetSpec, disruptedPods?: Record<string, string>): PodDisruptionBudget => ({
  metadata: { name: 'web', namespace: 'default' },
  spec,
  status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...(disruptedPods ? { disruptedPods } : {}) },
});
const pods = (count: number, ready = count): readonly Pod[] => Array.from({ length: count }, (_, at) => podOf(at, { ready: at < ready }));

describe('budgetFigures', () => {
  test.each([
    // [spec, pods, ready, scale] => [expected, desired, healthy, allowed]
    [{ maxUnavailable: 1 }, 3, 3, 3, [3, 2, 3, 1]],
    [{ maxUnavailable: 1 }, 3, 2, 3, [3, 2, 2, 0]],
    [{ maxUnavailable: 1 }, 2, 2, 3, [3, 2, 2, 0]],
    [{ maxUnavailable: '30%' }, 3, 3, 3, [3, 2, 3, 1]],
    [{ maxUnavailable: 5 }, 3, 3, 3, [3, 0, 3, 3]],
    [{ minAvailable: 3 }, 3, 3, 0, [3, 3, 3, 0]],
    [{ minAvailable: 2 }, 4, 3, 0, [4, 2, 3, 1]],
    [{ minAvailable: '50%' }, 3, 3, 3, [3, 2, 3, 1]],
    [{ minAvailable: 0 }, 0, 0, 0, [0, 0, 0, 0]],
    [{ maxUnavailable: 1 }, 0, 0, 0, [0, 0, 0, 0]],
  ])('%j with %i pods, %i ready, scale %i', (spec, count, ready, scale, expected) => {
    const figures = budgetFigures(budgetOf(spec), pods(count, ready), scale, NOW);
    expect([figures.expectedPods, figures.desiredHealthy, figures.currentHealthy, figures.disruptionsAllowed]).toEqual(expected);
  });

  test('a pod that was evicted counts as gone for two minutes', () => {
    const budget = budgetOf({ maxUnavailable: 1 }, { 'web-0': new Date(NOW - 60_000).toISOString(), gone: new Date(NOW).toISOString() });
    const figures = budgetFigures(budget, pods(3), 3, NOW);
    expect(figures).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0, recheckAtMs: NOW + 60_001, notDeleted: [] });
    expect(Object.keys(figures.disruptedPods)).toEqual(['web-0']);
    const later = budgetFigures(budget, pods(3), 3, NOW + 60_001);
    expect(later).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1, disruptedPods: {}, recheckAtMs: undefined });
    expect(later.notDeleted.map(({ metadata }) => metadata.name)).toEqual(['web-0']);
  });

  test('is asked for again only when the answer will be another', () => {
    const budget = budgetOf({ maxUnavailable: 1 }, { 'web-0': new Date(NOW).toISOString() });
    for (const afterMs of [0, 1, 119_999, 120_000]) {
      const { recheckAtMs } = budgetFigures(budget, pods(3), 3, NOW + afterMs);
      expect(recheckAtMs).toBeGreaterThan(NOW + afterMs);
      expect(budgetFigures(budget, pods(3), 3, recheckAtMs ?? 0).recheckAtMs).toBeUndefined();
    }
  });

  test('a terminating pod is not healthy and no longer noted', () => {
    const budget = budgetOf({ maxUnavailable: 1 }, { 'web-0': new Date(NOW).toISOString() });
    const figures = budgetFigures(budget, [podOf(0, { terminating: true }), podOf(1), podOf(2)], 3, NOW);
    expect(figures).toMatchObject({ currentHealthy: 2, disruptedPods: {} });
  });

  test('never allows what would leave fewer healthy than desired', () => {
    const value = fc.oneof(
      fc.nat(6),
      fc.nat(100).map((percent) => `${percent}%`),
    );
    const spec = fc.oneof(
      value.map((maxUnavailable) => ({ maxUnavailable })),
      value.map((minAvailable) => ({ minAvailable })),
    );
    fc.assert(
      fc.property(spec, fc.nat(6), fc.nat(6), fc.nat(6), (budget, count, ready, scale) => {
        const figures = budgetFigures(budgetOf(budget), pods(count, ready), scale, NOW);
        expect(figures.disruptionsAllowed).toBeGreaterThanOrEqual(0);
        expect(figures.disruptionsAllowed === 0 || figures.currentHealthy - figures.disruptionsAllowed >= figures.desiredHealthy).toBe(
          true,
        );
      }),
    );
  });

  test('the scale is needed for maxUnavailable and percentages only', () => {
    expect([{ maxUnavailable: 1 }, { minAvailable: '50%' }, { minAvailable: 2 }, {}].map((spec) => needsScale(budgetOf(spec)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
