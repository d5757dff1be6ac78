// What a Job does next, by the state of its pods.
import type { Job, JobSpec, Pod } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { decide, INDEX_ANNOTATION, type Plan } from './decide.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 1);
const NOW = '2026-01-01T01:00:00Z';
const at = (secondsAgo: number): string => new Date(NOW_MS - secondsAgo * 1000).toISOString();

const jobOf = (spec: Partial<JobSpec> = {}, status: Job['status'] = {}): Job => ({
  metadata: { name: 'job', namespace: 'default', uid: 'job' },
  spec: { template: { spec: { containers: [] } }, completions: 1, parallelism: 1, backoffLimit: 6, ...spec },
  status,
});

/** 'run', 'ready', 'ok', 'failed' (an hour ago), 'failed 5' (seconds ago), 'leaving'; '3:ok' has the index 3. */
function podOf(text: string, number: number): Pod {
  const [state = '', index] = text.includes(':') ? text.split(':').toReversed() : [text];
  const [kind, seconds] = state.split(' ');
  const phase = kind === 'ok' ? 'Succeeded' : kind === 'failed' ? 'Failed' : 'Running';
  const finishedAt = at(Number(seconds ?? 3600));
  const terminated = { exitCode: 1, finishedAt };
  return {
    metadata: {
      name: `p${number}`,
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
  return decide({ job: jobOf(spec, status), pods: pods.map(podOf), nowMs: NOW_MS, now: NOW });
}

/** 'create 2', 'create #0 #3', 'remove p1', 'Complete', in one line. */
function outcome(spec: Partial<JobSpec>, pods: readonly string[], status: Job['status'] = {}): string {
  const plan = planOf(spec, pods, status);
  const indexes = plan.create.filter((index) => index !== undefined);
  return [
    ...(plan.create.length === 0
      ? []
      : [indexes.length > 0 ? `create ${indexes.map((index) => `#${index}`).join(' ')}` : `create ${plan.create.length}`]),
    ...(plan.remove.length === 0 ? [] : [`remove ${plan.remove.map(({ metadata }) => metadata.name).join(' ')}`]),
    ...(plan.finished ? [`${plan.finished.type} ${plan.finished.reason}`] : []),
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
    ['ends what is too much', { completions: 5, parallelism: 1 }, ['run', 'run'], 'remove p1'],
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
    expect(planOf({ activeDeadlineSeconds: 90 }, ['run'], started).status.conditions).toMatchObject([
      { type: 'FailureTarget', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' },
    ]);
  });

  test('says at once what will become of it, and that it has when none of its pods runs any more', () => {
    const failing = planOf({ backoffLimit: 0, completions: 2, parallelism: 2 }, ['failed', 'run']);
    expect([failing.finished, failing.remove.length]).toEqual([undefined, 1]);
    expect(failing.status.conditions).toMatchObject([{ type: 'FailureTarget', status: 'True', reason: 'BackoffLimitExceeded' }]);
    const leaving = planOf({ backoffLimit: 0, completions: 2, parallelism: 2 }, ['failed', 'leaving'], failing.status);
    expect([leaving.finished, leaving.remove, leaving.create]).toEqual([undefined, [], []]);
    const over = planOf({ backoffLimit: 0, completions: 2, parallelism: 2 }, ['failed'], failing.status);
    expect(over.status.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'FailureTarget BackoffLimitExceeded',
      'Failed BackoffLimitExceeded',
    ]);
    expect(planOf({}, ['ok']).status).toMatchObject({
      completionTime: NOW,
      conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'Complete', message: 'Reached expected number of succeeded pods' }],
    });
  });

  test('counts', () => {
    const { status } = planOf({ ...indexed, completions: 9, parallelism: 4 }, [
      '0:ok',
      '1:ok',
      '2:ok',
      '4:ok',
      '5:ready',
      '6:run',
      '7:leaving',
      '8:failed',
    ]);
    expect(status).toMatchObject({
      active: 2,
      ready: 1,
      succeeded: 4,
      failed: 1,
      terminating: 1,
      completedIndexes: '0-2,4',
      startTime: NOW,
    });
  });
});
