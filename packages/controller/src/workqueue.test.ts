import { FakeClock, settle } from '@holdfast/clock';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Workqueue } from './workqueue.ts';

/** Everything that can be handed out now, without giving it back. */
async function drain(queue: Workqueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.stats().depth > 0) {
    const controller = new AbortController();
    const next = queue.get(controller.signal);
    controller.abort();
    const key = await next;
    if (key === undefined) break;
    keys.push(key);
  }
  return keys;
}

describe('Workqueue', () => {
  test('hands out each key once, in order', async () => {
    const queue = new Workqueue({ clock: new FakeClock() });
    for (const key of ['a', 'b', 'a', 'c']) queue.add(key);
    expect(await drain(queue)).toEqual(['a', 'b', 'c']);
  });

  test('holds a key that is being worked on and hands it out once more when done', async () => {
    const queue = new Workqueue({ clock: new FakeClock() });
    queue.add('a');
    expect(await queue.get()).toBe('a');
    queue.add('a');
    queue.add('a');
    const next = queue.get();
    let handedOut = false;
    void next.then(() => {
      handedOut = true;
    });
    await settle();
    expect(handedOut).toBe(false);
    queue.done('a');
    expect(await next).toBe('a');
    queue.done('a');
    expect(queue.stats()).toMatchObject({ depth: 0, waiting: 0, processing: 0 });
  });

  test('a higher priority overtakes and goes to the end of its level', async () => {
    const queue = new Workqueue({ clock: new FakeClock() });
    queue.add('low', { priority: -1 });
    queue.add('raised', { priority: -1 });
    queue.add('normal');
    queue.add('raised');
    expect(await drain(queue)).toEqual(['normal', 'raised', 'low']);
  });

  test('failures double the delay from 5 ms to 1000 s and are forgotten on success', async () => {
    const clock = new FakeClock();
    const queue = new Workqueue({ clock });
    const delays: number[] = [];
    for (let failure = 0; failure < 20; failure++) {
      const start = clock.now();
      queue.add('a', { rateLimited: true });
      const next = queue.get();
      await clock.advance((clock.nextDue() ?? start) - start);
      expect(await next).toBe('a');
      delays.push(clock.now() - start);
      queue.done('a');
    }
    expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(delays.at(-1)).toBe(1_000_000);
    queue.forget('a');
    expect(queue.failures('a')).toBe(0);
  });

  test('keeps the earlier of two times', async () => {
    const clock = new FakeClock();
    const queue = new Workqueue({ clock });
    queue.add('a', { afterMs: 1000 });
    queue.add('a', { afterMs: 5000 });
    await clock.advance(999);
    expect(queue.stats().depth).toBe(0);
    await clock.advance(1);
    expect(await drain(queue)).toEqual(['a']);
    queue.add('b', { afterMs: 5000 });
    queue.add('b');
    expect(await drain(queue)).toEqual(['b']);
  });

  test('shutDown ends waiting workers', async () => {
    const queue = new Workqueue({ clock: new FakeClock() });
    const next = queue.get();
    queue.shutDown();
    expect(await next).toBeUndefined();
    queue.add('a');
    expect(await queue.get()).toBeUndefined();
  });

  test('behaves as the model: a map of keys with priority, time and order, and a set of locked keys', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key, afterMs: fc.constantFrom(0, 0, 10, 25), priority: fc.constantFrom(-1, 0, 1) }),
      fc.record({ do: fc.constant('get' as const) }),
      fc.record({ do: fc.constant('done' as const), key }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 10, 30) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new FakeClock();
        const queue = new Workqueue({ clock });
        const queued = new Map<string, { priority: number; at: number; order: number }>();
        const locked = new Set<string>();
        let order = 0;
        for (const s of steps) {
          if (s.do === 'add') {
            queue.add(s.key, { afterMs: s.afterMs, priority: s.priority });
            const old = queued.get(s.key);
            const at = Math.min(clock.now() + s.afterMs, old?.at ?? Number.POSITIVE_INFINITY);
            const raised = !old || old.priority < s.priority;
            queued.set(s.key, { priority: Math.max(s.priority, old?.priority ?? s.priority), at, order: raised ? order++ : old.order });
          } else if (s.do === 'get') {
            const due = [...queued].filter(([k, e]) => e.at <= clock.now() && !locked.has(k));
            const expected = due.toSorted(([, a], [, b]) => b.priority - a.priority || a.order - b.order)[0]?.[0];
            const controller = new AbortController();
            const next = queue.get(controller.signal);
            controller.abort();
            const got = await next;
            if (got !== expected) throw new Error(`handed out ${got} where ${expected} was due`);
            if (expected !== undefined) {
              queued.delete(expected);
              locked.add(expected);
            }
          } else if (s.do === 'done') {
            queue.done(s.key);
            locked.delete(s.key);
          } else await clock.advance(s.ms);
          expect(queue.stats().processing).toBe(locked.size);
          expect(queue.stats().depth + queue.stats().waiting).toBe(queued.size);
        }
      }),
      { numRuns: 150 },
    );
  });
});
