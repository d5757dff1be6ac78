import { FakeClock } from '@holdfast/clock';
import type { Pod } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plugin } from '../framework/plugin.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const pod = (uid: string, priority = 0): Pod => ({
  metadata: { uid, name: uid, namespace: 'default' },
  spec: { containers: [], priority },
});
const PICKY: Plugin = { name: 'Picky', mayHelp: (event) => event.kind === 'podGone' };

function make(): { readonly clock: FakeClock; readonly queue: SchedulingQueue; readonly pop: () => string | undefined } {
  const clock = new FakeClock();
  const queue = new SchedulingQueue(clock, [PICKY], () => undefined);
  return { clock, queue, pop: () => queue.pop()?.pod.metadata.uid };
}

describe('SchedulingQueue', () => {
  test('higher priority first, then first come', () => {
    const { queue, pop } = make();
    for (const one of [pod('a'), pod('b', 5), pod('c', 5), pod('d', 9)]) queue.add(one);
    expect([pop(), pop(), pop(), pop(), pop()]).toEqual(['d', 'b', 'c', 'a', undefined]);
  });

  test('a refused pod comes back after an event that may help: 1 s, 2, 4, 8, then 10 after its last attempt', async () => {
    const { clock, queue } = make();
    queue.add(pod('a'));
    const waits: number[] = [];
    for (let queued = queue.pop(); queued && waits.length < 6; ) {
      queue.failed(queued, new Set(['Picky']));
      queue.move({ kind: 'podGone', pod: pod('other') });
      const since = clock.now();
      for (queued = queue.pop(); !queued; queued = queue.pop()) await clock.advance(500);
      waits.push((clock.now() - since) / 1000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 10, 10]);
  });

  test('an event that cannot help leaves it alone; after five minutes it is tried in any case', async () => {
    const { clock, queue, pop } = make();
    queue.add(pod('a'));
    const queued = queue.pop()!;
    queue.failed(queued, new Set(['Picky']));
    queue.move({ kind: 'podPlaced', pod: pod('other') });
    await clock.advance(299_000);
    expect(pop()).toBeUndefined();
    await clock.advance(1000);
    expect(pop()).toBe('a');
  });

  test('an event while the pod is being tried is not lost', async () => {
    const { clock, queue, pop } = make();
    queue.add(pod('a'));
    const queued = queue.pop()!;
    queue.move({ kind: 'podGone', pod: pod('other') });
    queue.failed(queued, new Set(['Picky']));
    await clock.advance(1000);
    expect(pop()).toBe('a');
  });

  test('an error waits for time alone', async () => {
    const { clock, queue, pop } = make();
    queue.add(pod('a'));
    queue.failed(queue.pop()!, new Set());
    expect(pop()).toBeUndefined();
    await clock.advance(1000);
    expect(pop()).toBe('a');
  });

  test('whatever happens, no pod is lost and none is handed out twice at a time', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add'), uid: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ kind: fc.constantFrom('pop', 'fail', 'bind', 'event', 'wait') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, queue } = make();
        const known = new Set<string>();
        let twice = false;
        const out: NonNullable<ReturnType<SchedulingQueue['pop']>>[] = [];
        for (const one of steps) {
          if (one.kind === 'add' && 'uid' in one && !known.has(String(one.uid))) {
            known.add(String(one.uid));
            queue.add(pod(String(one.uid)));
          } else if (one.kind === 'pop') {
            const next = queue.pop();
            twice ||= out.some((other) => other.pod.metadata.uid === next?.pod.metadata.uid);
            if (next) out.push(next);
          } else if (one.kind === 'fail') {
            const next = out.shift();
            if (next) queue.failed(next, new Set(['Picky']));
          } else if (one.kind === 'bind') {
            const next = out.shift();
            if (next) {
              queue.done(next.pod);
              known.delete(next.pod.metadata.uid ?? '');
            }
          } else if (one.kind === 'event') queue.move({ kind: 'podGone', pod: pod('other') });
          else await clock.advance(700);
          expect(queue.size()).toBe(known.size);
        }
        for (const next of out) queue.failed(next, new Set());
        await clock.advance(300_000);
        const left = new Set<string>();
        for (let next = queue.pop(); next; next = queue.pop()) left.add(next.pod.metadata.uid ?? '');
        expect(left).toEqual(known);
        expect(twice).toBe(false);
        queue.stop();
      }),
      { numRuns: 200 },
    );
  });
});
