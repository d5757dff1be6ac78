import { FakeClock } from '@holdfast/clock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Transport, TransportRequest } from './client.ts';
import { rateLimited, RateLimiter } from './rate-limit.ts';

const POD: TransportRequest = { method: 'GET', path: '/api/v1/namespaces/default/pods/db-0' };

/** When each request that takes a token goes, in milliseconds after the first. */
function departures(clock: FakeClock, limiter: RateLimiter): { readonly at: number[]; readonly take: () => void } {
  const beginMs = clock.now();
  const at: number[] = [];
  const note = (): void => void at.push(clock.now() - beginMs);
  return {
    at,
    take: () => {
      const turn = limiter.take();
      if (turn) void turn.then(note);
      else note();
    },
  };
}

describe('RateLimiter', () => {
  it('lets a burst go at once and the rest at its rate, in their order', async () => {
    const clock = new FakeClock();
    const { at, take } = departures(clock, new RateLimiter({ qps: 20, burst: 3 }, clock));
    for (let i = 0; i < 6; i++) take();
    await clock.advance(1000);
    expect(at).toEqual([0, 0, 0, 50, 100, 150]);
  });

  it('saves up while nothing is sent, and not more than a burst', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter({ qps: 10, burst: 2 }, clock);
    departures(clock, limiter).take();
    await clock.advance(60_000);
    const { at, take } = departures(clock, limiter);
    for (let i = 0; i < 4; i++) take();
    await clock.advance(1000);
    expect(at).toEqual([0, 0, 100, 200]);
  });

  it('gives the place of one who leaves to those who come after', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter({ qps: 10, burst: 1 }, clock);
    const { at, take } = departures(clock, limiter);
    take();
    const leaving = new AbortController();
    const turn = limiter.take(leaving.signal);
    leaving.abort(new Error('enough'));
    await expect(turn).rejects.toThrow('enough');
    take();
    await clock.advance(1000);
    expect(at).toEqual([0, 100]);
  });

  it('never sends more than a burst and its rate allow', async () => {
    const waits = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(waits, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 10 }), async (pauses, qps, burst) => {
        const clock = new FakeClock();
        const { at, take } = departures(clock, new RateLimiter({ qps, burst }, clock));
        for (const pause of pauses) {
          take();
          await clock.advance(pause);
        }
        await clock.advance(60_000);
        expect(at).toHaveLength(pauses.length);
        for (let first = 0; first < at.length; first++) {
          for (let last = first; last < at.length; last++) {
            // Who waits goes at a whole millisecond, the one who went before him perhaps a part of one late.
            const forMs = (at[last] ?? 0) - (at[first] ?? 0) + 1;
            expect(last - first + 1).toBeLessThanOrEqual(burst + (forMs * qps) / 1000);
          }
        }
      }),
    );
  });
});

describe('a rate-limited transport', () => {
  const answer = { status: 200, object: {} };
  const sent: string[] = [];
  const transport: Transport = {
    request: ({ path }) => {
      sent.push(path);
      return Promise.resolve(answer);
    },
    async *watch({ path }) {
      sent.push(`watch ${path}`);
      yield* [];
    },
    stream: () => Promise.reject(new Error('not asked for')),
    exec: () => Promise.reject(new Error('not asked for')),
  };

  it('holds requests and says so, but no watch and nothing without a limiter', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter({ qps: 1, burst: 1 }, clock);
    const waiting: string[] = [];
    const limited = rateLimited(transport, {
      limiterOf: ({ path }) => (path.includes('leases') ? undefined : limiter),
      onWait: ({ path }) => waiting.push(path),
    });
    await limited.request(POD);
    const second = limited.request({ ...POD, path: '/second' });
    await limited.request({ ...POD, path: '/leases' });
    for await (const frame of limited.watch({ ...POD, path: '/third' })) expect(frame).toBeUndefined();
    expect(sent).toEqual([POD.path, '/leases', 'watch /third']);
    expect(waiting).toEqual(['/second']);
    await clock.advance(1000);
    expect(await second).toBe(answer);
    expect(sent.at(-1)).toBe('/second');
  });
});
