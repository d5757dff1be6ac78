import { FakeClock } from '@holdfast/clock';
import { expect, it } from 'vitest';
import { simulateProgress } from './simulate-progress.ts';

const good = { seed: 1, violations: [], endMs: 1 };
const bad = { seed: 7, violations: [{ invariant: 'budget', atMs: 1500, message: 'nobody is left' }], endMs: 1 } as const;

async function told(isTTY: boolean): Promise<string> {
  let text = '';
  const clock = new FakeClock();
  const progress = simulateProgress({ isTTY, write: (part) => void (text += part) }, clock, 1000);
  await clock.advance(9999);
  for (let ended = 0; ended < 99; ended++) progress.result(good);
  progress.result(bad);
  await clock.advance(10_001);
  progress.shorten(7);
  await clock.advance(70_000);
  progress.end();
  await clock.advance(100_000);
  return text;
}

it('tells where there is no terminal what fails at once, and every ten seconds how far it is', async () => {
  expect((await told(false)).split('\n')).toEqual([
    'seed 7   0:01.500  BROKEN (budget): nobody is left',
    '100 of 1000 histories, 10.0 a second, 1 failed, about 1 min 30 s left',
    '100 of 1000 histories, 5.0 a second, 1 failed, about 3 min 0 s left',
    ...[10, 20, 30, 40, 50].map((seconds) => `making the history of seed 7 shorter, for ${seconds} s`),
    'making the history of seed 7 shorter, for 1 min 0 s',
    'making the history of seed 7 shorter, for 1 min 10 s',
    '',
  ]);
});

it('writes over one line of a terminal every second, and leaves only what failed', async () => {
  const screen: string[] = [];
  for (const part of (await told(true)).split('\n')) screen.push(part.split('\r\u001b[2K').at(-1) ?? '');
  expect(screen).toEqual(['seed 7   0:01.500  BROKEN (budget): nobody is left', '']);
  expect((await told(true)).split('\r')).toContain('\u001b[2K0 of 1000 histories, 0.0 a second');
});
