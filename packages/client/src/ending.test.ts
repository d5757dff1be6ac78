import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { endingWith } from './ending.ts';

describe('endingWith', () => {
  it('ends with its signal, for the same reason', () => {
    const outer = new AbortController();
    const ending = endingWith(outer.signal);
    expect(ending.signal.aborted).toBe(false);
    const reason = new Error('enough');
    outer.abort(reason);
    expect(ending.signal.reason).toBe(reason);
    expect(endingWith(outer.signal).signal.reason).toBe(reason);
  });

  it('ends by hand without ending its signal', () => {
    const outer = new AbortController();
    const ending = endingWith(outer.signal);
    ending.abort(new Error('silent'));
    expect(ending.signal.reason).toEqual(new Error('silent'));
    expect(outer.signal.aborted).toBe(false);
  });

  it('leaves nothing behind', () => {
    const outer = new AbortController();
    const ending = endingWith(outer.signal);
    expect(getEventListeners(outer.signal, 'abort')).toHaveLength(1);
    ending.release();
    expect(getEventListeners(outer.signal, 'abort')).toHaveLength(0);
    outer.abort(new Error('late'));
    expect(ending.signal.aborted).toBe(false);
  });

  it('needs no signal', () => {
    const ending = endingWith(undefined);
    ending.abort(new Error('done'));
    ending.release();
    expect(ending.signal.aborted).toBe(true);
  });
});
