import { describe, expect, it } from 'vitest';
import { differences } from './compare.ts';
import { replay } from './replay.ts';
import { readTrace, traceNames } from './trace.ts';

describe('what a real control plane did, ours does', () => {
  it.each(traceNames())('%s', async (name) => {
    const trace = readTrace(name);
    expect(differences(trace, await replay(trace))).toEqual([]);
  });
});
