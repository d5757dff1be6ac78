import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronClock, cronProblem, parseCron, timeZone } from './index.ts';

/** The first `count` instants after a time, in the zone's own time where one is named. */
function times(schedule: string, after: string, count = 1, zone?: string): readonly string[] {
  const clock = cronClock(parseCron(schedule), zone);
  const found: string[] = [];
  for (let at: number | undefined = Date.parse(after); found.length < count; ) {
    at = clock.next(at);
    if (at === undefined) return [...found, 'never'];
    found.push(new Date(at).toISOString().replace(':00.000Z', 'Z'));
  }
  return found;
}

describe('a schedule', () => {
  // robfig/cron's own examples, and those that people get wrong.
  it.each([
    ['0/15 * * * *', '2012-07-09T14:45:00Z', '2012-07-09T15:00Z'],
    ['0/15 * * * *', '2012-07-09T14:59:59Z', '2012-07-09T15:00Z'],
    ['20-35/15 * * * *', '2012-07-09T15:45:00Z', '2012-07-09T16:20Z'],
    ['*/15 * * * *', '2012-07-09T23:46:00Z', '2012-07-10T00:00Z'],
    ['20-35/15 1/2 */2 * *', '2012-07-09T23:35:51Z', '2012-07-11T01:20Z'],
    ['20-35/15 10-12 */2 * *', '2012-07-09T23:35:51Z', '2012-07-11T10:20Z'],
    ['20-35/15 * */4 7 *', '2012-07-09T23:35:51Z', '2012-07-13T00:20Z'],
    ['0 0 9 apr-oct ?', '2012-07-09T23:35:00Z', '2012-08-09T00:00Z'],
    ['0 0 */5 Apr,Aug,Oct Mon', '2012-07-09T23:35:00Z', '2012-08-01T00:00Z'],
    ['0 0 */5 Oct Mon', '2012-07-09T23:35:00Z', '2012-10-01T00:00Z'],
    ['0 0 * Feb Mon', '2012-07-09T23:35:00Z', '2013-02-04T00:00Z'],
    ['0 0 29 Feb ?', '2012-07-09T23:35:00Z', '2016-02-29T00:00Z'],
    ['59 23 31 2 *', '2024-01-01T00:00:00Z', 'never'],
    ['0 12 13 * FRI', '2024-09-01T00:00:00Z', '2024-09-06T12:00Z'],
    ['0 12 13 * *', '2024-09-01T00:00:00Z', '2024-09-13T12:00Z'],
    ['@hourly', '2024-01-01T00:00:00Z', '2024-01-01T01:00Z'],
    ['@weekly', '2024-01-01T00:00:00Z', '2024-01-07T00:00Z'],
    ['@yearly', '2024-01-01T00:00:00Z', '2025-01-01T00:00Z'],
    ['@every 1h30m', '2024-01-01T00:00:00.400Z', '2024-01-01T01:30Z'],
    ['* * * * *', '2024-01-01T00:00:59.999Z', '2024-01-01T00:01Z'],
  ])('%s after %s is due at %s', (schedule, after, expected) => {
    expect(times(schedule, after)).toEqual([expected]);
  });

  it('follows the clock of its zone, also over the change to summer time and back', () => {
    // In New York 02:30 does not come on 10 March 2024, and 01:30 comes twice on 3 November.
    expect(times('30 2 * * *', '2024-03-09T12:00:00Z', 2, 'America/New_York')).toEqual(['2024-03-11T06:30Z', '2024-03-12T06:30Z']);
    expect(times('0 3 * * *', '2024-03-09T12:00:00Z', 2, 'America/New_York')).toEqual(['2024-03-10T07:00Z', '2024-03-11T07:00Z']);
    expect(times('0 * * * *', '2024-11-03T04:30:00Z', 4, 'America/New_York')).toEqual([
      '2024-11-03T05:00Z',
      '2024-11-03T06:00Z',
      '2024-11-03T07:00Z',
      '2024-11-03T08:00Z',
    ]);
    expect(times('TZ=Asia/Kolkata 0 0 * * *', '2024-01-01T00:00:00Z')).toEqual(['2024-01-01T18:30Z']);
    expect(times('CRON_TZ=Asia/Kolkata 0 0 * * *', '2024-01-01T00:00:00Z', 1, 'America/New_York')).toEqual(['2024-01-01T18:30Z']);
  });

  it('is found where a zone has no midnight', () => {
    // In São Paulo the clocks went from 23:59 to 01:00 on 4 November 2018.
    expect(times('0 0 * * *', '2018-11-03T12:00:00Z', 2, 'America/Sao_Paulo')).toEqual(['2018-11-05T02:00Z', '2018-11-06T02:00Z']);
    expect(times('0 6 4 11 *', '2018-11-01T12:00:00Z', 1, 'America/Sao_Paulo')).toEqual(['2018-11-04T08:00Z']);
  });

  it('whatever it is: what is found is due, and nothing between is', () => {
    const value = (min: number, max: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min, max }).map(String),
        fc.integer({ min: 2, max: 7 }).map((step) => `*/${step}`),
        fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      );
    const schedule = fc.tuple(value(0, 59), value(0, 23), value(1, 28), value(1, 12), value(0, 6)).map((parts) => parts.join(' '));
    const zones = fc.constantFrom(undefined, 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata');
    const from = fc.integer({ min: Date.UTC(2023, 0, 1), max: Date.UTC(2025, 0, 1) });
    fc.assert(
      fc.property(schedule, zones, from, (text, zone, after) => {
        const { when } = parseCron(text);
        if (when.kind !== 'fields') throw new Error('it has fields');
        const place = timeZone(zone);
        const isDue = (ms: number): boolean => {
          const { year, month, day, hour, minute } = place.wall(ms);
          const byMonth = when.dayOfMonth.values.has(day);
          const byWeek = when.dayOfWeek.values.has(new Date(Date.UTC(year, month - 1, day)).getUTCDay());
          const days = when.dayOfMonth.open || when.dayOfWeek.open ? byMonth && byWeek : byMonth || byWeek;
          return days && when.month.values.has(month) && when.hour.values.has(hour) && when.minute.values.has(minute);
        };
        const found = cronClock(parseCron(text), zone).next(after) ?? Number.NaN;
        expect(found).toBeGreaterThan(after);
        expect(found % 60_000).toBe(0);
        expect(isDue(found)).toBe(true);
        // A look at every minute in between, for a day at most.
        for (let at = Math.floor(after / 60_000) * 60_000 + 60_000; at < Math.min(found, after + 86_400_000); at += 60_000)
          expect(isDue(at), new Date(at).toISOString()).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a schedule that cannot be read', () => {
  it.each([
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-3 * * * *', 'beginning of range (5) beyond end of range (3): 5-3'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['@never', 'unrecognized descriptor: @never'],
    ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
  ])('%s: %s', (schedule, problem) => {
    expect(cronProblem(schedule)).toBe(problem);
  });

  it('is another one than one whose zone nobody knows', () => {
    expect(cronProblem('0 0 * * *')).toBeUndefined();
    expect(() => cronClock(parseCron('0 0 * * *'), 'Mars/Base')).toThrow(RangeError);
  });
});
