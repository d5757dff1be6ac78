import { expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { Turns } from './turns.ts';

const chain = async (length: number): Promise<number> => {
  let done = 0;
  while (done < length) {
    await Promise.resolve();
    done++;
  }
  return done;
};

it('hands out a turn when all promises have run, many times in a row', async () => {
  const turns = new Turns();
  for (let turn = 0; turn < 100; turn++) {
    let done = 0;
    chain(50).then(
      (length) => (done = length),
      () => undefined,
    );
    await turns.next();
    expect(done).toBe(50);
  }
});

it('lets several wait', async () => {
  const turns = new Turns();
  expect(await Promise.all([turns.next(), turns.next(), turns.next()])).toHaveLength(3);
});

it('makes a clock on which work is done at the instant at which it began', async () => {
  const clock = new FakeClock(0, { promisesOnly: true });
  const ended: number[] = [];
  for (let ms = 1; ms <= 100; ms++) clock.after(ms, () => void chain(20).then(() => ended.push(clock.now())));
  await clock.advance(100);
  expect(ended).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
});
