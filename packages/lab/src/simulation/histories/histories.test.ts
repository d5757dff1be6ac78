import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { initialCluster } from '../initialise.ts';
import { generateHistory } from './generate.ts';
import { endOf, type History } from './history.ts';
import { runHistory } from './run-history.ts';
import { BROKEN_RULES, breakRule, type BrokenRule, concerns } from './sabotage.ts';
import { candidates, shrinkFailure } from './shrink.ts';
import { tellHistory } from './story.ts';
import { traceDigest } from './trace-digest.ts';

/** More by hand: HOLDFAST_HISTORIES=10000, or `holdfast simulate --histories 10000`, which uses all cores. */
const HISTORIES = Number(process.env['HOLDFAST_HISTORIES'] ?? 60);
/** Within how many histories a broken rule must show. */
const NOTICED_WITHIN = 60;
const REPEATED = 10;
const LONG_MS = 300_000 + HISTORIES * 1000;

const from = await initialCluster();

/** The first history that breaks a rule which is broken on purpose. */
async function firstNoticing(rule: BrokenRule): Promise<History | undefined> {
  const sabotage = breakRule(rule);
  for (let seed = 1; seed <= NOTICED_WITHIN; seed++) {
    const history = generateHistory(seed);
    if (!concerns(rule, history)) continue;
    const { violations } = await runHistory(history, { from, sabotage });
    if (violations.some(({ invariant }) => invariant === rule)) return history;
  }
  return undefined;
}

describe('random histories', () => {
  it('break no invariant', { timeout: LONG_MS }, async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const { violations } = await runHistory(generateHistory(seed), { from });
      expect(violations, `seed ${seed}: holdfast simulate --seed ${seed} --histories 1`).toEqual([]);
    }
  });

  it('that broke an invariant once, made short, break none any more', { timeout: LONG_MS }, async () => {
    const histories = JSON.parse(readFileSync(new URL('once-broken.json', import.meta.url), 'utf8')) as readonly History[];
    for (const history of histories) expect((await runHistory(history, { from })).violations, `seed ${history.seed}`).toEqual([]);
  });

  it.each(BROKEN_RULES)('notice when the rule of %s is broken', { timeout: LONG_MS }, async (rule) => {
    expect(await firstNoticing(rule)).toBeDefined();
  });

  it('do the same for the same seed, event for event', { timeout: LONG_MS }, async () => {
    const history = generateHistory(4);
    const first = await traceDigest(history, from);
    for (let run = 1; run < REPEATED; run++) expect(await traceDigest(history, from)).toBe(first);
    expect(await traceDigest({ ...history, seed: 5 }, from)).not.toBe(first);
  });
});

describe('a history', () => {
  it('is the same for the same seed, and has its steps in order', () => {
    for (let seed = 0; seed < 500; seed++) {
      const history = generateHistory(seed);
      expect(generateHistory(seed)).toEqual(history);
      const times = history.steps.map(({ atMs }) => atMs);
      expect(times.toSorted((a, b) => a - b)).toEqual(times);
      expect(endOf(history)).toBeGreaterThanOrEqual(times.at(-1) ?? 0);
    }
  });

  it('has only smaller ones to try when it is made shorter', () => {
    for (let seed = 0; seed < 50; seed++) {
      const history = generateHistory(seed);
      for (const candidate of candidates(history)) {
        const { steps, world } = candidate;
        expect(candidate).not.toEqual(history);
        expect(steps.length).toBeLessThanOrEqual(history.steps.length);
        expect(world.nodes).toBeLessThanOrEqual(history.world.nodes);
        expect(endOf(candidate)).toBeLessThanOrEqual(endOf(history));
        const times = steps.map(({ atMs }) => atMs);
        expect(times.toSorted((a, b) => a - b)).toEqual(times);
      }
    }
  });

  it('that fails is made short, still fails in the same way, and is told', { timeout: LONG_MS }, async () => {
    const sabotage = breakRule('budget');
    const history = (await firstNoticing('budget')) ?? generateHistory(1);
    const shortest = await shrinkFailure(history, { from, sabotage });
    expect(shortest?.steps.length).toBeLessThanOrEqual(2);
    expect(shortest?.steps.at(-1)).toMatchObject({ do: expect.stringMatching('evictPod|drain') });
    const story = shortest ? await tellHistory(shortest, { from, sabotage }) : [];
    expect(story.join('\n')).toMatch(/user (evicts pod|drains)[^]*BROKEN \(budget\): the eviction of (db|log)-\S+ leaves \d+ healthy/);
  });
});
