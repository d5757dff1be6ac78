import type { CronJob, CronJobSpec, CronJobStatus, Job } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Plan } from './decide.ts';

const template: CronJobSpec['jobTemplate'] = { spec: { template: {} } };

function cron(spec: Partial<CronJobSpec> = {}, status: CronJobStatus = {}, metadata: Partial<CronJob['metadata']> = {}): CronJob {
  return {
    metadata: { name: 'backup', namespace: 'db', uid: 'c', creationTimestamp: '2026-01-01T00:00:30Z', ...metadata },
    spec: { schedule: '0 * * * *', concurrencyPolicy: 'Allow', jobTemplate: template, ...spec },
    status,
  };
}

function job(name: string, end?: 'Complete' | 'Failed', times: Partial<Job['status']> = {}): Job {
  const conditions = end ? [{ type: end, status: 'True' as const }] : [];
  return { metadata: { name, namespace: 'db', uid: `u-${name}` }, status: { conditions, ...times } };
}

const active = (...names: readonly string[]) => names.map((name) => ({ kind: 'Job', namespace: 'db', name, uid: `u-${name}` }));
const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`);
const told = ({ events }: Plan): readonly string[] => events.map(({ reason, message }) => `${reason}: ${message}`);
const startOf = ({ start }: Plan): string | undefined => (start === undefined ? undefined : new Date(start).toISOString().slice(11, 19));

describe('when a job is started', () => {
  it('not before it is due; it is looked at again a moment after', () => {
    expect(decide({ cronJob: cron(), jobs: [], now: at('00:59:00') })).toEqual({
      events: [],
      forget: [],
      replace: [],
      status: {},
      requeueAfterMs: 60_100,
    });
  });

  it('when it is due, and next an hour later', () => {
    const plan = decide({ cronJob: cron(), jobs: [], now: at('01:00:00') + 100 });
    expect([startOf(plan), plan.requeueAfterMs]).toEqual(['01:00:00', 3_600_000]);
  });

  it('once for each time', () => {
    const started = cron({}, { lastScheduleTime: '2026-01-01T01:00:00Z' });
    expect(decide({ cronJob: started, jobs: [], now: at('01:00:05') }).start).toBeUndefined();
    const noted = cron({}, { active: active('backup-29453820') });
    const plan = decide({ cronJob: noted, jobs: [job('backup-29453820')], now: at('01:00:05') });
    expect([plan.start, plan.requeueAfterMs]).toEqual([undefined, 3_595_100]);
  });

  it('of those that were missed only the latest, with a warning for very many', () => {
    const few = decide({ cronJob: cron({}, { lastScheduleTime: '2026-01-01T01:00:00Z' }), jobs: [], now: at('05:30:00') });
    expect([startOf(few), told(few)]).toEqual(['05:00:00', []]);
    const many = decide({ cronJob: cron({ schedule: '* * * * *' }), jobs: [], now: at('05:30:00') });
    expect([startOf(many), told(many)]).toEqual([
      '05:30:00',
      ['TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'],
    ]);
  });

  it('not when it is too late, which is told', () => {
    const late = cron({ startingDeadlineSeconds: 60 }, { lastScheduleTime: '2026-01-01T01:00:00Z' });
    expect(startOf(decide({ cronJob: late, jobs: [], now: at('02:00:59') }))).toBe('02:00:00');
    // Beyond the deadline the start is not even counted.
    const plan = decide({ cronJob: late, jobs: [], now: at('02:01:30') });
    expect([plan.start, told(plan), plan.requeueAfterMs]).toEqual([undefined, [], 58 * 60_000 + 30_100]);
  });

  it('not while it is suspended, or on its way out', () => {
    expect(decide({ cronJob: cron({ suspend: true }), jobs: [], now: at('02:00:00') })).toMatchObject({ events: [], status: {} });
    const leaving = cron({}, {}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    for (const cronJob of [cron({ suspend: true }), leaving]) {
      const plan = decide({ cronJob, jobs: [], now: at('02:00:00') });
      expect([plan.start, plan.requeueAfterMs]).toEqual([undefined, undefined]);
    }
  });

  it('in the schedule’s zone', () => {
    const plan = decide({ cronJob: cron({ schedule: '0 2 * * *', timeZone: 'Europe/Berlin' }), jobs: [], now: at('01:00:30') });
    expect(startOf(plan)).toBe('01:00:00');
  });

  it.each([
    ['0 0 31 2 *', {}, 'InvalidSchedule: invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second'],
    ['nonsense', {}, 'UnparseableSchedule: unparseable schedule: "nonsense" : expected exactly 5 fields, found 1: [nonsense]'],
    ['0 0 * * *', { timeZone: 'Mars/Base' }, 'UnknownTimeZone: invalid timeZone: "Mars/Base": unknown time zone Mars/Base'],
  ])('never for %s %j', (schedule, spec, words) => {
    const plan = decide({ cronJob: cron({ schedule, ...spec }), jobs: [], now: at('02:00:00') });
    expect([told(plan), plan.start, plan.requeueAfterMs]).toEqual([[words], undefined, undefined]);
  });
});

describe('jobs that still run when the next one is due', () => {
  const running = { active: active('backup-1'), lastScheduleTime: '2026-01-01T01:00:00Z' };
  const now = at('02:00:00');

  it('Allow: side by side', () => {
    const plan = decide({ cronJob: cron({}, running), jobs: [job('backup-1')], now });
    expect([startOf(plan), plan.replace]).toEqual(['02:00:00', []]);
  });

  it('Forbid: the next one is left out', () => {
    const plan = decide({ cronJob: cron({ concurrencyPolicy: 'Forbid' }, running), jobs: [job('backup-1')], now });
    expect([plan.start, told(plan)]).toEqual([
      undefined,
      ['JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid'],
    ]);
  });

  it('Replace: they end first', () => {
    const plan = decide({ cronJob: cron({ concurrencyPolicy: 'Replace' }, running), jobs: [job('backup-1'), job('by-hand')], now });
    expect([startOf(plan), plan.replace.map(({ metadata }) => metadata.name)]).toEqual(['02:00:00', ['backup-1']]);
  });
});

describe('what has become of the jobs', () => {
  const now = at('00:59:00');

  it('ended, successful ones with their time', () => {
    const jobs = [job('backup-1', 'Complete', { completionTime: '2026-01-01T00:10:00Z' }), job('backup-2', 'Failed'), job('backup-3')];
    const first = decide({ cronJob: cron({}, { active: active('backup-1', 'backup-2', 'backup-3') }), jobs, now });
    expect(told(first)).toEqual([
      'SawCompletedJob: Saw completed job: backup-1, condition: Complete',
      'SawCompletedJob: Saw completed job: backup-2, condition: Failed',
    ]);
    expect(first.status).toEqual({ active: active('backup-3') });
    const next = decide({ cronJob: cron({}, first.status), jobs, now });
    expect(next.status).toEqual({ active: active('backup-3'), lastSuccessfulTime: '2026-01-01T00:10:00Z' });
  });

  it('missing, or nobody knows where from', () => {
    const plan = decide({ cronJob: cron({}, { active: active('gone') }), jobs: [job('stranger')], now });
    expect(told(plan)).toEqual([
      'UnexpectedJob: Saw a job that the controller did not create or forgot: stranger',
      'MissingJob: Active job went missing: gone',
    ]);
    expect(plan.status).toEqual({});
  });

  it('the oldest are forgotten beyond the limits, each end by its own; none where there is no limit', () => {
    const jobs = [3, 1, 2].flatMap((n) => [
      job(`good-${n}`, 'Complete', { startTime: `2026-01-01T00:0${n}:00Z` }),
      job(`bad-${n}`, 'Failed', { startTime: `2026-01-01T00:0${n}:00Z` }),
    ]);
    const names = (spec: Partial<CronJobSpec>): readonly unknown[] =>
      decide({ cronJob: cron(spec), jobs, now }).forget.map(({ metadata }) => metadata.name);
    expect(names({ successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1 })).toEqual(['good-1', 'bad-1', 'bad-2']);
    expect(names({ successfulJobsHistoryLimit: 0 })).toEqual(['good-1', 'good-2', 'good-3']);
    expect(names({})).toEqual([]);
  });
});

describe('whatever the schedule, and however long nobody looked', () => {
  it('what is started is due, not in the future, and never before the last start', () => {
    const schedules = fc.constantFrom('* * * * *', '*/7 * * * *', '0 */6 * * *', '30 6-16/4 * * 1-5', '@every 90s', '@daily', '0 0 29 2 *');
    fc.assert(
      fc.property(schedules, fc.nat(400 * 24 * 60), fc.nat(3 * 24 * 60 * 60), (schedule, minutes, seconds) => {
        const last = Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000;
        const now = last + seconds * 1000;
        const lastScheduleTime = new Date(last).toISOString().replace('.000', '');
        const plan = decide({ cronJob: cron({ schedule }, { lastScheduleTime }), jobs: [], now });
        const start = plan.start ?? now;
        expect(start === now || (start > last && start < now)).toBe(true);
        // Somebody looks again, not at once and again and again.
        expect(plan.requeueAfterMs).toBeGreaterThan(0);
        const noted = cron({ schedule }, { lastScheduleTime: new Date(plan.start ?? last).toISOString().replace('.000', '') });
        expect(decide({ cronJob: noted, jobs: [], now }).start).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
