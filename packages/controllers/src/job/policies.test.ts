// Which failures end a job, which do not count, and which successes are enough.
import type { Job, JobSpec, Pod } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { account, TRACKING_FINALIZER } from './accounting.ts';
import { NO_BACK_OFF } from './back-off.ts';
import { decide, type Plan } from './decide.ts';
import { INDEX_ANNOTATION } from './indexes.ts';

const NOW = '2026-01-01T01:00:00Z';
const NOW_MS = Date.parse(NOW);
const LONG_AGO = '2026-01-01T00:00:00Z';
const COUNT = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

interface Fate {
  readonly phase?: 'Running' | 'Failed' | 'Succeeded';
  readonly index?: number;
  /** Of the container `c`. */
  readonly code?: number;
  /** Of the init container `i`. */
  readonly initCode?: number;
  readonly disrupted?: boolean;
  readonly leaving?: boolean;
  readonly failures?: number;
  readonly ignored?: number;
  readonly endedAt?: string;
}

function podOf(
  { phase = 'Failed', index, code, initCode, disrupted, leaving, failures, ignored, endedAt = LONG_AGO }: Fate,
  at: number,
): Pod {
  const container = (name: string, exitCode: number) => ({
    name,
    ready: false,
    restartCount: 0,
    image: '',
    imageID: '',
    state: { terminated: { exitCode, finishedAt: endedAt } },
  });
  return {
    metadata: {
      name: `p${at}`,
      namespace: 'default',
      uid: `p${at}`,
      finalizers: [TRACKING_FINALIZER],
      annotations: {
        ...(index === undefined ? {} : { [INDEX_ANNOTATION]: String(index) }),
        ...(failures === undefined ? {} : { [COUNT]: String(failures) }),
        ...(ignored === undefined ? {} : { [IGNORED]: String(ignored) }),
      },
      ...(leaving ? { deletionTimestamp: LONG_AGO } : {}),
    },
    status: {
      phase,
      ...(disrupted ? { conditions: [{ type: 'DisruptionTarget', status: 'True' }] } : {}),
      containerStatuses: phase === 'Failed' ? [container('c', code ?? 1)] : [],
      ...(initCode === undefined ? {} : { initContainerStatuses: [container('i', initCode)] }),
    },
  };
}

function jobOf(spec: Partial<JobSpec>, status: Job['status'] = {}): Job {
  return {
    metadata: { name: 'job', namespace: 'default', uid: 'job' },
    spec: { template: { spec: { containers: [] } }, completions: 1, parallelism: 1, backoffLimit: 6, ...spec },
    status,
  };
}

function plan(spec: Partial<JobSpec>, fates: readonly Fate[], status: Job['status'] = {}): Plan {
  return decide({ job: jobOf(spec, status), pods: fates.map(podOf), backOff: NO_BACK_OFF, nowMs: NOW_MS });
}

/** What the status says after a pass, and which pods lose their finalizer. */
function accounts(
  spec: Partial<JobSpec>,
  fates: readonly Fate[],
  status: Job['status'] = {},
): readonly [Job['status'], readonly unknown[]] {
  const { ending, tally } = plan(spec, fates, status);
  const { status: next, release } = account(jobOf(spec, status), fates.map(podOf), { ending: ending?.type, failures: tally.failures });
  return [next, release.map(({ metadata }) => metadata.name)];
}

const end = ({ ending }: Plan): string | undefined => ending && `${ending.type} ${ending.reason}: ${ending.message}`;
const indexes = ({ create }: Plan): readonly unknown[] => create.map(({ index }) => index);

const rules = (...list: readonly object[]): Pick<JobSpec, 'podFailurePolicy' | 'podReplacementPolicy'> => ({
  podFailurePolicy: { rules: list as never },
  podReplacementPolicy: 'Failed',
});
const onCode = (action: string, operator: string, values: readonly number[], containerName?: string): object => ({
  action,
  onExitCodes: { operator, values, ...(containerName ? { containerName } : {}) },
});
const onDisruption = (action: string): object => ({ action, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] });

describe('podFailurePolicy', () => {
  it('FailJob ends the job at the first pod that matches, and says which and why', () => {
    const policy = rules(onCode('Ignore', 'In', [7]), onCode('FailJob', 'In', [42]));
    expect(end(plan(policy, [{ code: 42 }]))).toBe(
      'Failed PodFailurePolicy: Container c for pod default/p0 failed with exit code 42 matching FailJob rule at index 1',
    );
    expect(end(plan(rules(onDisruption('FailJob')), [{ disrupted: true }]))).toBe(
      'Failed PodFailurePolicy: Pod default/p0 has condition DisruptionTarget matching FailJob rule at index 0',
    );
    expect(end(plan(policy, [{ code: 41 }]))).toBeUndefined();
  });

  it('Ignore: a pod that was evicted does not count', () => {
    const evicted = Array.from({ length: 5 }, (): Fate => ({ disrupted: true, code: 137 }));
    const kept = plan({ ...rules(onDisruption('Ignore')), backoffLimit: 0 }, evicted);
    expect([end(kept), kept.tally.failed]).toEqual([undefined, 0]);

    // They keep nobody waiting for their deletion.
    const [status, released] = accounts({ ...rules(onDisruption('Ignore')), backoffLimit: 0 }, evicted);
    expect([status?.uncountedTerminatedPods, released.length]).toEqual([{}, 5]);
    expect(end(plan({ backoffLimit: 0 }, evicted.slice(0, 1)))).toContain('BackoffLimitExceeded');
  });

  it('the first rule that matches decides; without one a failure counts', () => {
    const spec = { ...rules(onCode('Count', 'In', [3]), onCode('Ignore', 'NotIn', [1])), backoffLimit: 0 };
    expect([1, 2, 3].map((code) => end(plan(spec, [{ code }]))?.split(':')[0])).toEqual([
      'Failed BackoffLimitExceeded',
      undefined,
      'Failed BackoffLimitExceeded',
    ]);
  });

  it('exit codes are those of the container that is named, init containers too, and never 0', () => {
    const spec = { ...rules(onCode('Ignore', 'NotIn', [9], 'i')), backoffLimit: 0 };
    expect(end(plan(spec, [{ code: 1, initCode: 5 }]))).toBeUndefined();
    for (const initCode of [9, 0]) expect(end(plan(spec, [{ code: 1, initCode }]))).toContain('BackoffLimitExceeded');
  });
});

describe('podReplacementPolicy', () => {
  it('a pod that is on its way out is replaced at once, or when it has failed', () => {
    const leaving: readonly Fate[] = [{ phase: 'Running', leaving: true }];
    expect(plan({ podReplacementPolicy: 'TerminatingOrFailed' }, leaving).create).toHaveLength(1);
    expect(plan({ podReplacementPolicy: 'Failed' }, leaving).create).toHaveLength(0);
    const indexed = { completionMode: 'Indexed', completions: 2, parallelism: 2, podReplacementPolicy: 'Failed' } as const;
    expect(indexes(plan(indexed, [{ phase: 'Running', leaving: true, index: 0 }]))).toEqual([1]);
  });
});

describe('backoffLimitPerIndex', () => {
  const spec = {
    completionMode: 'Indexed',
    completions: 4,
    parallelism: 4,
    backoffLimitPerIndex: 1,
    backoffLimit: 2_147_483_647,
  } as const;

  it('each index has its own failures, counted in annotations', () => {
    expect(plan(spec, []).create[0]).toEqual({ index: 0, annotations: { [COUNT]: '0' } });
    const once = plan(spec, [{ index: 0, failures: 0 }]);
    expect(once.create[0]).toEqual({ index: 0, annotations: { [COUNT]: '1' } });
    const twice = plan(spec, [
      { index: 0, failures: 0 },
      { index: 0, failures: 1 },
    ]);
    expect([indexes(twice), [...(twice.tally.failures?.failed ?? [])]]).toEqual([[1, 2, 3], [0]]);
    // Also when the pods have been cleared away.
    expect(indexes(plan(spec, [], { failedIndexes: '0-2' }))).toEqual([3]);
  });

  it('each index waits for itself', () => {
    const later = plan(spec, [
      { index: 0, failures: 0, endedAt: '2026-01-01T00:59:56Z' },
      { index: 1, failures: 0, endedAt: '2026-01-01T00:59:30Z' },
    ]);
    expect([indexes(later), later.recheckAfterMs]).toEqual([[1, 2, 3], 6000]);
  });

  it('FailIndex gives up at once; what is ignored does not count, but is waited for', () => {
    const policy = { ...spec, ...rules(onCode('FailIndex', 'In', [42]), onDisruption('Ignore')) };
    expect(accounts(policy, [{ index: 2, failures: 0, code: 42 }])[0]?.failedIndexes).toBe('2');
    const ignored = plan(policy, [{ index: 0, failures: 1, ignored: 3, disrupted: true }]);
    expect(ignored.create[0]).toEqual({ index: 0, annotations: { [COUNT]: '1', [IGNORED]: '4' } });
    const soon = plan(policy, [{ index: 0, failures: 0, ignored: 1, disrupted: true, endedAt: '2026-01-01T00:59:50Z' }]);
    expect([indexes(soon), soon.recheckAfterMs]).toEqual([[1, 2, 3], 10_000]);
  });

  it('a pod that has failed stays until there is one that carries on its count', () => {
    const failed: Fate = { index: 0, failures: 0, endedAt: '2026-01-01T00:59:59Z' };
    expect(accounts(spec, [failed])).toMatchObject([{ uncountedTerminatedPods: {} }, []]);
    const next: Fate = { index: 0, failures: 1, phase: 'Running' };
    expect(accounts(spec, [failed, next])).toMatchObject([{ uncountedTerminatedPods: { failed: ['p0'] } }, ['p0']]);
    // Nobody has to carry it on when the index has failed for good, or all is over.
    expect(accounts(spec, [{ ...failed, failures: 1 }])[1]).toEqual(['p0']);
    expect(accounts({ ...spec, activeDeadlineSeconds: 1 }, [failed], { startTime: LONG_AGO })[1]).toEqual(['p0']);
  });

  it('fails when all that is left has failed, or when more have failed than may', () => {
    const done: readonly Fate[] = [0, 1, 2].map((index) => ({ index, phase: 'Succeeded' }));
    expect(end(plan(spec, [...done, { index: 3, failures: 1 }]))).toBe('Failed FailedIndexes: Job has failed indexes');
    const failed = [0, 1].map((index): Fate => ({ index, failures: 1 }));
    expect(end(plan({ ...spec, maxFailedIndexes: 1 }, failed))).toBe(
      'Failed MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes',
    );
    expect(end(plan({ ...spec, maxFailedIndexes: 2 }, failed))).toBeUndefined();
  });
});

describe('successPolicy', () => {
  const spec = { completionMode: 'Indexed', completions: 6, parallelism: 6 } as const;
  const done = (...list: readonly number[]): readonly Fate[] => list.map((index) => ({ index, phase: 'Succeeded' }));
  const policy = (...list: NonNullable<JobSpec['successPolicy']>['rules']): Partial<JobSpec> => ({
    ...spec,
    successPolicy: { rules: list },
  });

  it('is met by indexes, by a count, or by a count of some indexes', () => {
    const leader = policy({ succeededIndexes: '0,2-3' });
    expect(end(plan(leader, done(0, 2)))).toBeUndefined();
    expect(end(plan(leader, done(0, 2, 3)))).toBe('Complete SuccessPolicy: Matched rules at index 0');
    expect(end(plan(policy({ succeededCount: 2 }), done(5)))).toBeUndefined();
    expect(end(plan(policy({ succeededIndexes: '0' }, { succeededCount: 2 }), done(4, 5)))).toBe(
      'Complete SuccessPolicy: Matched rules at index 1',
    );
    const either = policy({ succeededIndexes: '0-2', succeededCount: 2 });
    expect([end(plan(either, done(0, 5))), end(plan(either, done(0, 1)))?.split(':')[0]]).toEqual([undefined, 'Complete SuccessPolicy']);
  });

  it('ends what still runs', () => {
    const met = plan(policy({ succeededIndexes: '0' }), [...done(0), { index: 1, phase: 'Running' }]);
    expect(met.remove.map(({ metadata }) => metadata.name)).toEqual(['p1']);
    expect(end(met)).toBe('Complete SuccessPolicy: Matched rules at index 0');
  });

  it('of a job that fails first is not asked', () => {
    const failing = { ...policy({ succeededIndexes: '0' }), backoffLimit: 0 };
    expect(end(plan(failing, [...done(0), { index: 1 }]))).toContain('BackoffLimitExceeded');
  });
});
