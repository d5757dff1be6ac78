import { FakeClock } from '@holdfast/clock';
import { describe, expect, it } from 'vitest';
import { runSeeds, type SeedResult } from './run-seeds.ts';

const MINUTE = 60_000;

/** A thread that answers every seed at once but those for which the given code does something else. */
function thread(code: string): URL {
  const text = `
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', (seed) => {
      ${code}
      parentPort.postMessage({ seed, violations: [], endMs: seed });
    });
    parentPort.postMessage('ready');`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

function run(workerFile: URL, { workers = 1, histories = 4 } = {}) {
  const clock = new FakeClock();
  const told: SeedResult[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const results = runSeeds({
    clock,
    firstSeed: 1,
    histories,
    workers,
    workerFile,
    onResult: (result) => {
      told.push(result);
      for (const { count, resolve } of waiting) if (told.length >= count) resolve();
    },
  });
  return {
    clock,
    told,
    results,
    /** Resolves when so many have been told. */
    answered: (count: number) =>
      new Promise<void>((resolve) => {
        if (told.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}

const seedsOf = (results: readonly SeedResult[]): readonly number[] => results.map(({ seed }) => seed);

describe('the histories of many seeds', () => {
  it('are answered once each, in order, whatever the number of threads', async () => {
    const { results, told } = run(thread(''), { workers: 3, histories: 20 });
    expect(seedsOf(await results)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(told).toHaveLength(20);
  });

  it('go on when one of them never ends: it fails after two minutes, and its thread is replaced', async () => {
    const { clock, results, told, answered } = run(thread('while (seed === 3);'));
    await answered(2);
    await clock.advance(2 * MINUTE - 1);
    expect(seedsOf(told)).toEqual([1, 2]);
    await clock.advance(1);
    const all = await results;
    expect(seedsOf(all)).toEqual([1, 2, 3, 4]);
    const message = 'the history did not end within 2 minutes';
    expect(all.filter(({ violations }) => violations.length > 0)).toEqual([
      { seed: 3, violations: [{ invariant: 'bugs', atMs: 0, message }], endMs: 0, lost: true },
    ]);
  });

  it('have two minutes each, not all together', async () => {
    const { clock, results, told, answered } = run(
      thread('if (seed > 1) { const end = performance.now() + 100; while (performance.now() < end); }'),
    );
    for (const count of [1, 2, 3]) {
      await answered(count);
      await clock.advance(2 * MINUTE - 1);
    }
    await results;
    expect(told.filter(({ lost }) => lost)).toEqual([]);
  });

  it('go on when one of them ends its thread', async () => {
    const { results } = run(thread(`if (seed === 2) process.exit(7); if (seed === 3) throw new Error('out of order');`));
    const messages = (await results).map(({ violations }) => violations[0]?.message);
    expect(messages).toEqual([undefined, expect.stringContaining('exit code 7'), expect.stringContaining('out of order'), undefined]);
  });

  it('reject when no thread can begin', async () => {
    const broken = new URL(`data:text/javascript,${encodeURIComponent(`throw new Error('no such module')`)}`);
    await expect(run(broken, { workers: 2 }).results).rejects.toThrow('a thread of the simulation failed: Error: no such module');
    const silent = run(new URL('data:text/javascript,setInterval(() => 0, 1000)'));
    await Promise.all([
      expect(silent.results).rejects.toThrow('a thread of the simulation did not begin within 2 minutes'),
      silent.clock.advance(2 * MINUTE),
    ]);
  });
});
