import { describe, expect, it } from 'vitest';
import { milestonesOf } from './milestones.ts';
import { readTrace, traceNames } from './trace.ts';

describe('milestones', () => {
  it.each(traceNames())('of the recorded log are those that the recording of %s names', (name) => {
    const { log, initial, stable } = readTrace(name);
    const found = milestonesOf(log, initial).map((fact) =>
      stable.milestones.flat().includes(fact) || stable.milestonesVary.includes(fact)
        ? fact
        : fact.replace(/bound to \S+/, 'bound (node varies)'),
    );
    const named = new Set(stable.milestones.flat());
    expect(found.filter((fact) => !stable.milestonesVary.includes(fact)).sort()).toEqual([...named].sort());
  });
});
