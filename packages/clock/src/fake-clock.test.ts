import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { every, sleep } from './clock.ts';
import { FakeClock } from './fake-clock.ts';

describe('FakeClock', () => {
  it('runs what is due in order of time, then in the order it was set', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 }), async (delays) => {
        const clock = new FakeClock();
        const start = clock.now();
        const ran: [number, number][] = [];
        for (const [index, delay] of delays.entries()) clock.after(delay, () => ran.push([clock.now() - start, index]));
        await clock.advance(50);
        const expected = delays.map((delay, index): [number, number] => [delay, index]).toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(ran).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('lets work that a timer sets off finish before time goes on', async () => {
    const clock = new FakeClock();
    const start = clock.now();
    const seen: number[] = [];
    const work = (async () => {
      for (let round = 0; round < 3; round++) {
        await sleep(clock, 10);
        seen.push(clock.now() - start);
      }
    })();
    await clock.advance(30);
    await work;
    expect(seen).toEqual([10, 20, 30]);
  });

  it('forgets what was cancelled', async () => {
    const clock = new FakeClock();
    let ran = 0;
    const cancel = clock.after(5, () => (ran += 1));
    cancel();
    cancel();
    expect(clock.nextDue()).toBeUndefined();
    await clock.advance(10);
    expect(ran).toBe(0);
  });

  it('repeats until stopped', async () => {
    const clock = new FakeClock();
    let ran = 0;
    const stop = every(clock, 10, () => (ran += 1));
    await clock.advance(35);
    stop();
    await clock.advance(100);
    expect(ran).toBe(3);
  });

  it('says when the awaited state never comes', async () => {
    await expect(new FakeClock().runUntil(() => false, 1_000)).rejects.toThrow('simulated time ran out');
  });
});

describe('sleep', () => {
  it('ends at once when aborted', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const slept = sleep(clock, 1_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    expect(clock.nextDue()).toBeUndefined();
  });
});
