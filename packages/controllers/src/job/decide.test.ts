// What a Job does next, by the state of its pods.
import type { Job, JobSpec, Pod } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { account, takeOver, TRACKING_FINALIZER } from './accounting.ts';
import { NO_BACK_OFF } from './back-off.ts';
import { announce, TOO_MANY_FAILURES } from './conditions.ts';
import { decide, type Plan } from './decide.ts';
import { formatIndexes, INDEX_ANNOTATION, parseIndexes } from './indexes.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 1);
const NOW = '2026-01-01T01:00:00Z';
const at = (secondsAgo: number): string => new Date(NOW_MS - secondsAgo * 1000).toISOString();

const jobOf = (spec: Partial<JobSpec> = {}, status: Job['status'] = {}): Job => ({
  metadata: { name: 'job', namespace: 'default', uid: 'job' },
  spec: { template: { spec: { containers: [] } }, completions: 1, parallelism: 1, backoffLimit: 6, ...spec },
  status,
});

/** 'run', 'ready', 'ok', 'failed' (an hour ago), 'failed 5' (seconds ago), 'leaving', 'counted'; '3:ok' has the index 3. */
function podOf(text: string, number: number): Pod {
  const [state = '', index] = text.includes(':') ? text.split(':').toReversed() : [text];
  const [kind, seconds] = state.split(' ');
  const phase = kind === 'ok' || kind === 'counted' ? 'Succeeded' : kind === 'failed' ? 'Failed' : 'Running';
  const finishedAt = at(Number(seconds ?? 3600));
  const terminated = { exitCode: 1, finishedAt };
  return {
    metadata: {
      name: `p${number}`,
      uid: `p${number}`,
      ...(kind === 'counted' ? {} : { finalizers: [TRACKING_FINALIZER] }),
      ...(index === undefined ? {} : { annotations: { [INDEX_ANNOTATION]: index } }),
      ...(kind === 'leaving' ? { deletionTimestamp: NOW } : {}),
    },
    status: {
      phase,
      ...(kind === 'ready' ? { conditions: [{ type: 'Ready', status: 'True' }] } : {}),
      ...(kind === 'failed'
        ? { containerStatuses: [{ name: 'c', ready: false, restartCount: 0, image: '', imageID: '', state: { terminated } }] }
        : {}),
    },
  };
}

function planOf(spec: Partial<JobSpec>, pods: readonly string[], status: Job['status'] = {}): Plan {
  return decide({ job: jobOf(spec, status), pods: pods.map(podOf), backOff: NO_BACK_OFF, nowMs: NOW_MS });
}

/** 'create 2', 'create #0 #3', 'remove p1', 'Complete', in one line. */
function outcome(spec: Partial<JobSpec>, pods: readonly string[], status: Job['status'] = {}): string {
  const plan = planOf(spec, pods, status);
  const indexes = plan.create.flatMap(({ index }) => index ?? []);
  return [
    ...(plan.create.length === 0
      ? []
      : [indexes.length > 0 ? `create ${indexes.map((index) => `#${index}`).join(' ')}` : `create ${plan.create.length}`]),
    ...(plan.remove.length === 0 ? [] : [`remove ${plan.remove.map(({ metadata }) => metadata.name).join(' ')}`]),
    ...(plan.ending ? [`${plan.ending.type} ${plan.ending.reason}`] : []),
    ...(plan.recheckAfterMs === undefined ? [] : [`look again in ${plan.recheckAfterMs / 1000} s`]),
  ].join(', ');
}

const indexed = { completionMode: 'Indexed' } as const;

describe('a job', () => {
  test.each<readonly [string, Partial<JobSpec>, readonly string[], string]>([
    ['starts its pod', {}, [], 'create 1'],
    ['waits for it', {}, ['run'], ''],
    ['is complete', {}, ['ok'], 'Complete CompletionsReached'],
    ['starts as many as may run at once', { completions: 5, parallelism: 3 }, [], 'create 3'],
    ['and no more than are missing', { completions: 5, parallelism: 3 }, ['ok', 'ok', 'ok', 'ok'], 'create 1'],
    ['ends what is too much, first what is not ready', { completions: 5, parallelism: 1 }, ['ready', 'run'], 'remove p1'],
    [
      'without a number of completions: the first success ends it, when the others are done',
      { completions: undefined, parallelism: 2 },
      ['ok', 'run'],
      '',
    ],
    ['then it is complete', { completions: undefined, parallelism: 2 }, ['ok', 'ok'], 'Complete CompletionsReached'],
    ['waits 10 s after a failure', {}, ['failed 4'], 'look again in 6 s'],
    ['20 s after two', {}, ['failed 30', 'failed 4'], 'look again in 16 s'],
    ['and starts again then', {}, ['failed 30'], 'create 1'],
    ['fails when its limit is passed', { backoffLimit: 1 }, ['failed', 'failed'], 'Failed BackoffLimitExceeded'],
    ['suspended: ends its pods', { suspend: true }, ['run'], 'remove p0'],
    ['with indexes: each one', { ...indexed, completions: 3, parallelism: 3 }, ['0:ok', '1:run'], 'create #2'],
    ['an index that failed again', { ...indexed, completions: 2, parallelism: 2 }, ['0:run', '1:failed'], 'create #1'],
    ['complete when all indexes are', { ...indexed, completions: 2, parallelism: 2 }, ['0:ok', '1:ok'], 'Complete CompletionsReached'],
  ])('%s', (_name, spec, pods, expected) => {
    expect(outcome(spec, pods)).toBe(expected);
  });

  test('has a time limit from its start', () => {
    const started = { startTime: at(100) };
    expect(outcome({ activeDeadlineSeconds: 130 }, ['run'], started)).toBe('look again in 30 s');
    expect(outcome({ activeDeadlineSeconds: 90 }, ['run'], started)).toBe('remove p0, Failed DeadlineExceeded');
  });

  test('whose end was announced comes to it, whatever its pods do now', () => {
    const conditions = announce([], TOO_MANY_FAILURES, NOW);
    expect(outcome({ completions: 1 }, ['ok', 'run'], { conditions })).toBe('remove p1, Failed BackoffLimitExceeded');
  });

  test('does not count again what its status counts', () => {
    expect(outcome({ completions: 2 }, ['counted'], { succeeded: 1 })).toBe('create 1');
    expect(outcome({ completions: 2 }, ['ok'], { uncountedTerminatedPods: { succeeded: ['p0'] } })).toBe('create 1');
    expect(outcome({ completions: 2 }, ['ok'], { succeeded: 1, uncountedTerminatedPods: { succeeded: ['gone'] } })).toBe(
      'Complete CompletionsReached',
    );
  });

  test('counts containers that were restarted in their pods against its limit', () => {
    const template = { spec: { containers: [], restartPolicy: 'OnFailure' } };
    const pod = podOf('run', 0);
    const restarted = {
      ...pod,
      status: { ...pod.status, containerStatuses: [{ name: 'c', ready: true, restartCount: 2, image: '', imageID: '' }] },
    };
    const plan = decide({ job: jobOf({ template, backoffLimit: 2 }), pods: [restarted], backOff: NO_BACK_OFF, nowMs: NOW_MS });
    expect(plan.ending).toEqual(TOO_MANY_FAILURES);
  });

  test('of two pods with one index keeps the older', () => {
    expect(outcome({ ...indexed, completions: 2, parallelism: 2 }, ['0:run', '0:ready', '1:run'])).toBe('remove p0');
  });
});

describe('the accounts of a job', () => {
  const accountOf = (
    spec: Partial<JobSpec>,
    pods: readonly string[],
    status: Job['status'] = {},
    ending?: 'Complete' | 'Failed',
  ): unknown => {
    const accounts = account(jobOf(spec, status), pods.map(podOf), { ending });
    const { succeeded, failed, uncountedTerminatedPods, completedIndexes } = accounts.status;
    return { succeeded, failed, uncountedTerminatedPods, completedIndexes, release: accounts.release.map(({ metadata }) => metadata.name) };
  };

  test('name pods that have ended, before they lose their finalizer', () => {
    expect(accountOf({}, ['ok', 'failed', 'leaving', 'run'])).toMatchObject({
      succeeded: 0,
      uncountedTerminatedPods: { succeeded: ['p0'], failed: ['p1', 'p2'] },
      release: ['p0', 'p1', 'p2'],
    });
  });

  test('take over those without finalizer, once', () => {
    const named = { succeeded: 3, uncountedTerminatedPods: { succeeded: ['p0', 'p1'] } };
    expect(accountOf({}, ['counted', 'ok'], named)).toMatchObject({ succeeded: 4, uncountedTerminatedPods: { succeeded: ['p1'] } });
    const over = takeOver(named, new Set(['p1']));
    expect(takeOver(over, new Set(['p1']))).toEqual(over);
  });

  test('count every pod of a job that has failed, and those of a deleted one not at all', () => {
    expect(accountOf({}, ['run'], {}, 'Failed')).toMatchObject({ uncountedTerminatedPods: { failed: ['p0'] }, release: ['p0'] });
    expect(accountOf({}, ['run'], {}, 'Complete')).toMatchObject({ uncountedTerminatedPods: {}, release: ['p0'] });
  });

  test('know an index that is done by the index', () => {
    expect(
      accountOf({ ...indexed, completions: 9 }, ['0:ok', '1:ok', '2:ok', '4:counted', '4:ok'], { completedIndexes: '4-5', succeeded: 2 }),
    ).toMatchObject({
      succeeded: 5,
      completedIndexes: '0-2,4,5',
      uncountedTerminatedPods: {},
    });
  });

  test('lists of indexes', () => {
    for (const text of ['', '0', '0,1', '0-2,4', '1-3,5-9']) expect(formatIndexes(parseIndexes(text, 10))).toBe(text);
    expect([...parseIndexes('0-4', 3)]).toEqual([0, 1, 2]);
  });
});
