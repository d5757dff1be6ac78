import { FakeClock } from '@holdfast/clock';
import { conflict, PODS, type Pod, STATEFULSETS } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { type ConditionLike, isConditionTrue, removeCondition, setCondition } from './conditions.ts';
import { EventCorrelator } from './events/correlator.ts';
import { Expectations } from './expectations.ts';
import { addFinalizer, removeFinalizer } from './finalizers.ts';
import type { InformerEvent } from './informer.ts';
import { controllerReference } from './owner-references.ts';
import { generationChanged, not } from './predicates.ts';
import { retryOnConflict } from './retry-on-conflict.ts';
import { Semaphore } from './semaphore.ts';
import { enqueueOwner, requestFromKey, requestKey } from './watch.ts';

describe('conditions', () => {
  test('the time moves with the status only, and nothing changes without a difference', async () => {
    const clock = new FakeClock();
    const first = setCondition<ConditionLike>([], { type: 'Ready', status: 'False', reason: 'A' }, clock);
    await clock.advance(5000);
    const second = setCondition<ConditionLike>(first.conditions, { type: 'Ready', status: 'False', reason: 'B' }, clock);
    expect(second).toEqual({
      changed: true,
      conditions: [{ type: 'Ready', status: 'False', reason: 'B', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    });
    const third = setCondition<ConditionLike>(second.conditions, { type: 'Ready', status: 'True', reason: 'B' }, clock);
    expect(third.conditions[0]?.lastTransitionTime).toBe('2026-01-01T00:00:05Z');
    const fourth = setCondition<ConditionLike>(third.conditions, { type: 'Ready', status: 'True', reason: 'B' }, clock);
    expect(fourth.changed).toBe(false);
    expect(fourth.conditions).toBe(third.conditions);
    expect(isConditionTrue(fourth.conditions, 'Ready')).toBe(true);
    expect(removeCondition(fourth.conditions, 'Ready')).toEqual([]);
  });
});

describe('finalizers', () => {
  test('are added and removed once', () => {
    const object: Pod = { metadata: { name: 'a' } };
    const added = addFinalizer(object, 'x');
    expect(addFinalizer(added, 'x')).toBe(added);
    expect(removeFinalizer(added, 'x').metadata.finalizers).toEqual([]);
    expect(removeFinalizer(object, 'x')).toBe(object);
  });
});

describe('watch mapping', () => {
  const set = { metadata: { name: 'web', namespace: 'default', uid: 'u' } };
  const owned: Pod = { metadata: { name: 'web-0', namespace: 'default', ownerReferences: [controllerReference(set, STATEFULSETS)] } };

  test('owners of the old and the new state', () => {
    const map = enqueueOwner<Pod>(STATEFULSETS);
    expect(map({ type: 'updated', object: { metadata: { name: 'web-0', namespace: 'default' } }, old: owned })).toEqual([
      { namespace: 'default', name: 'web' },
    ]);
    expect(enqueueOwner<Pod>(PODS)({ type: 'added', object: owned, isInInitialList: false })).toEqual([]);
  });

  test('keys', () => {
    for (const request of [{ name: 'a' }, { namespace: 'n', name: 'a' }]) expect(requestFromKey(requestKey(request))).toEqual(request);
  });

  test('generationChanged', () => {
    const event: InformerEvent<Pod> = { type: 'updated', object: { metadata: { generation: 2 } }, old: { metadata: { generation: 2 } } };
    expect([generationChanged(event), not<Pod>(generationChanged)(event)]).toEqual([false, true]);
  });
});

describe('Expectations', () => {
  test('are satisfied when everything was seen, or after five minutes', async () => {
    const clock = new FakeClock();
    const expectations = new Expectations(clock);
    expect(expectations.satisfied('k')).toBe(true);
    expectations.expectCreations('k', 2);
    expectations.expectDeletions('k', ['a', 'b']);
    expectations.creationObserved('k');
    expectations.creationObserved('k');
    expectations.deletionObserved('k', 'a');
    expectations.deletionObserved('k', 'a');
    expect(expectations.satisfied('k')).toBe(false);
    expectations.deletionObserved('k', 'b');
    expect(expectations.satisfied('k')).toBe(true);
    expectations.expectCreations('k', 1);
    expect(expectations.satisfied('k')).toBe(false);
    await clock.advance(5 * 60_000 + 1);
    expect(expectations.satisfied('k')).toBe(true);
  });
});

describe('retryOnConflict', () => {
  test('tries five times', async () => {
    const attempts: number[] = [];
    const failing = retryOnConflict((attempt) => {
      attempts.push(attempt);
      return Promise.reject(conflict(PODS, 'a', 'changed'));
    });
    await expect(failing).rejects.toMatchObject({ reason: 'Conflict' });
    expect(attempts).toEqual([1, 2, 3, 4, 5]);
    expect(await retryOnConflict((attempt) => (attempt < 3 ? Promise.reject(conflict(PODS, 'a', '')) : Promise.resolve(attempt)))).toBe(3);
  });
});

describe('Semaphore', () => {
  test('runs so many at once, in order, and lets a waiter give up', async () => {
    const semaphore = new Semaphore(1);
    const order: string[] = [];
    let release: () => void = () => undefined;
    const first = semaphore.run(() => new Promise<void>((resolve) => (release = resolve)));
    const giveUp = new AbortController();
    const second = semaphore.run(async () => void order.push('second'), giveUp.signal);
    const third = semaphore.run(async () => void order.push('third'));
    giveUp.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    release();
    await Promise.all([first, third]);
    expect(order).toEqual(['third']);
  });
});

describe('EventCorrelator', () => {
  const occurrence = (message: string, reason = 'Failed'): { object: string; type: string; reason: string; message: string } => ({
    object: 'Pod/default/a',
    type: 'Warning',
    reason,
    message,
  });

  test('the same message again is the same event', () => {
    const correlator = new EventCorrelator(new FakeClock());
    const first = correlator.judge(occurrence('x'));
    expect(first).toMatchObject({ kind: 'write', previous: undefined });
    if (first.kind === 'write') correlator.remember(first.key, { name: 'a.1', count: 1 });
    expect(correlator.judge(occurrence('x'))).toMatchObject({ previous: { name: 'a.1', count: 1 } });
    expect(correlator.judge(occurrence('y'))).toMatchObject({ previous: undefined });
  });

  test('more than ten different messages are combined', () => {
    const correlator = new EventCorrelator(new FakeClock());
    const messages = Array.from({ length: 12 }, (_, at) => correlator.judge(occurrence(`m${at}`)));
    expect(messages.map((verdict) => (verdict.kind === 'write' ? verdict.message : 'dropped')).slice(9)).toEqual([
      'm9',
      '(combined from similar events): m10',
      '(combined from similar events): m11',
    ]);
  });

  test('a burst of 25, then one for every five minutes', async () => {
    const clock = new FakeClock();
    const correlator = new EventCorrelator(clock);
    const judge = (): string => correlator.judge(occurrence('x')).kind;
    expect(Array.from({ length: 27 }, judge).filter((kind) => kind === 'write')).toHaveLength(25);
    await clock.advance(300_000);
    expect([judge(), judge()]).toEqual(['write', 'drop']);
  });
});
