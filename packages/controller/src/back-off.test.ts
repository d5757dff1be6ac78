import { expect, it } from 'vitest';
import { type BackOff, isRested, nextBackOff } from './back-off.ts';

const LIMITS = { initialMs: 1000, maxMs: 5000 };

it('doubles up to its limit', () => {
  const delays: number[] = [];
  let state: BackOff | undefined;
  for (let now = 0; now < 5000; now += 1000) {
    state = nextBackOff(state, now, now, LIMITS);
    delays.push(state.delayMs);
  }
  expect(delays).toEqual([1000, 2000, 4000, 5000, 5000]);
});

it('begins anew after twice its limit', () => {
  const state: BackOff = { delayMs: 4000, updatedMs: 0 };
  expect([10_000, 10_001].map((now) => isRested(state, now, LIMITS))).toEqual([false, true]);
  expect(nextBackOff(state, 10_000, 10_000, LIMITS)).toEqual({ delayMs: 5000, updatedMs: 10_000 });
  expect(nextBackOff(state, 10_001, 10_002, LIMITS)).toEqual({ delayMs: 1000, updatedMs: 10_002 });
});
