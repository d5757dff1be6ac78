import { expect, test } from 'vitest';
import { atOnce, slowStart } from './slow-start.ts';

/** The batches in which the first `count` numbers are acted on, where those in `refused` fail. */
async function batchesOf(count: number, refused: readonly number[]): Promise<readonly (readonly number[])[]> {
  const batches: number[][] = [];
  let batch: number[] | undefined;
  const act = async (index: number): Promise<void> => {
    if (!batch) batches.push((batch = []));
    batch.push(index);
    await Promise.resolve();
    batch = undefined;
    if (refused.includes(index)) throw new Error(`no ${index}`);
  };
  await slowStart(firstNumbers(count), act);
  return batches;
}

const firstNumbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

test.each<readonly [number, readonly number[], readonly number[]]>([
  [0, [], []],
  [1, [], [1]],
  [10, [], [1, 2, 4, 3]],
  [15, [], [1, 2, 4, 8]],
  [10, [0], [1]],
  [10, [4], [1, 2, 4]],
  [10, [9], [1, 2, 4, 3]],
  [1600, [], [1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 500, 89]],
])('%i, of which %j are refused, are tried in batches of %j', async (count, refused, sizes) => {
  const batches = await batchesOf(count, refused);
  expect(batches.map(({ length }) => length)).toEqual(sizes);
  expect(batches.flat()).toEqual(firstNumbers(batches.flat().length));
});

test('counts what was done, and tells of the first refusal', async () => {
  const act = (index: number): Promise<void> => (index === 4 || index === 5 ? Promise.reject(new Error(`no ${index}`)) : Promise.resolve());
  expect(await slowStart(firstNumbers(9), act)).toEqual({ done: 5, failure: new Error('no 4') });
  expect(await slowStart(firstNumbers(3), act)).toEqual({ done: 3, failure: undefined });
  expect(await atOnce(firstNumbers(9), act)).toEqual({ done: 7, failure: new Error('no 4') });
});
