import type { BackOff } from '@holdfast/controller';
import { describe, expect, it } from 'vitest';
import { backOffUntil, goDuration, nextBackOff } from './back-off.ts';

describe('back-off', () => {
  it('waits 0, 10, 20, 40, 80, 160, 300, 300 seconds after exits', () => {
    let state: BackOff | undefined;
    let now = 0;
    const waits: number[] = [];
    for (let run = 0; run < 8; run++) {
      now += 1000;
      const until = backOffUntil(state, now) ?? now;
      waits.push((until - now) / 1000);
      state = nextBackOff(state, now, until);
      now = until;
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  it('starts over when a run lasted longer than ten minutes', () => {
    const state: BackOff = { delayMs: 160_000, updatedMs: 0 };
    expect(backOffUntil(state, 600_000)).toBe(760_000);
    expect(backOffUntil(state, 600_001)).toBeUndefined();
    expect(nextBackOff(state, 600_001, 600_001).delayMs).toBe(10_000);
  });

  it('writes durations as Go does', () => {
    expect([10_000, 160_000, 300_000, 3_661_000].map(goDuration)).toEqual(['10s', '2m40s', '5m0s', '1h1m1s']);
  });
});
