// Unmodified kubectl programs, command by command, against what a user would meet: each command's output is looked at.
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { APPLY_AND_CHANGE } from './apply-and-change.ts';
import { CREATE_AND_LOOK } from './create-and-look.ts';
import { type Chapter, commandsIn, type Journey, kubectls, startJourney, startRealJourney, walk } from './journey.ts';
import { PROCESSES } from './processes.ts';
import { STREAMS_AND_MORE } from './streams-and-more.ts';

const TEST_MS = 120_000;
/** What each kubectl has to do at the least. */
const LEAST = 150;

type Start = (kubectl: string) => Promise<Journey>;
const JOURNEYS: readonly (readonly [string, Start, readonly Chapter[]])[] = [
  ['simulated nodes: create and look', startJourney, CREATE_AND_LOOK],
  ['simulated nodes: apply and change', startJourney, APPLY_AND_CHANGE],
  ['simulated nodes: the rest', startJourney, STREAMS_AND_MORE],
  ['processes', startRealJourney, PROCESSES],
];
const programs = kubectls();

describe.each(programs)('$name', ({ path, part }) => {
  describe.each(JOURNEYS.filter((_, index) => part === 'all' || index === part % JOURNEYS.length))('%s', (_name, start, chapters) => {
    let journey: Journey;
    beforeAll(async () => {
      journey = await start(path);
    }, 60_000);
    afterAll(() => journey[Symbol.asyncDispose](), 30_000);

    it.each(chapters)('$title', { timeout: TEST_MS }, async ({ steps }) => {
      expect(await walk(journey, steps)).toBeUndefined();
    });
  });
});

test('the journey is long enough', () => {
  const counted = commandsIn(JOURNEYS.flatMap(([, , chapters]) => chapters));
  console.log(`the journey has ${counted} commands of kubectl, and was made with ${programs.length} programs`);
  expect(counted).toBeGreaterThanOrEqual(LEAST);
});
