import type { ContainerState, ContainerStatus, Pod, PodStatus } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { summarize } from './pods.ts';

const RUNNING: ContainerState = { running: { startedAt: '2024-01-01T00:00:00Z' } };

function container(state: ContainerState, overrides: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name: 'c', ready: false, restartCount: 0, image: '', imageID: '', state, ...overrides };
}

function pod(status: PodStatus, overrides: Partial<Pod> = {}): Pod {
  return {
    metadata: { name: 'p' },
    spec: { containers: (status.containerStatuses ?? [{ name: 'c' }]).map(({ name }) => ({ name })) },
    status,
    ...overrides,
  };
}

function reasonOf(status: PodStatus, overrides: Partial<Pod> = {}): string {
  return summarize(pod(status, overrides)).reason;
}

describe('the status of a pod', () => {
  it('is its phase when there is no more to say', () => {
    expect(reasonOf({ phase: 'Pending' })).toBe('Pending');
    expect(reasonOf({ phase: 'Running', containerStatuses: [container(RUNNING, { ready: true })] })).toBe('Running');
    expect(reasonOf({ phase: 'Failed', reason: 'Evicted' })).toBe('Evicted');
  });

  it('says why scheduling waits', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }];
    expect(reasonOf({ phase: 'Pending', conditions })).toBe('SchedulingGated');
  });

  it('follows the first container that has something to say', () => {
    const waiting = (reason: string): ContainerStatus => container({ waiting: { reason } });
    expect(reasonOf({ phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] })).toBe('ContainerCreating');
    expect(reasonOf({ phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff'), waiting('ImagePullBackOff')] })).toBe(
      'CrashLoopBackOff',
    );
    expect(reasonOf({ phase: 'Running', containerStatuses: [container({ terminated: { exitCode: 3 } })] })).toBe('ExitCode:3');
    expect(reasonOf({ phase: 'Running', containerStatuses: [container({ terminated: { exitCode: 137, signal: 9 } })] })).toBe('Signal:9');
    expect(reasonOf({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 1, reason: 'Error' } })] })).toBe('Error');
  });

  it('is Running or NotReady while something still runs beside what is completed', () => {
    const containerStatuses = [container({ terminated: { exitCode: 0, reason: 'Completed' } }), container(RUNNING, { ready: true })];
    expect(reasonOf({ phase: 'Running', containerStatuses })).toBe('NotReady');
    expect(reasonOf({ phase: 'Running', containerStatuses, conditions: [{ type: 'Ready', status: 'True' }] })).toBe('Running');
  });

  it('shows where initialization stands', () => {
    const spec = { containers: [{ name: 'c' }], initContainers: [{ name: 'i' }, { name: 'j' }] };
    const at = (...initContainerStatuses: ContainerStatus[]): string => reasonOf({ phase: 'Pending', initContainerStatuses }, { spec });
    const done = container({ terminated: { exitCode: 0 } }, { name: 'i' });
    expect(at(container(RUNNING, { name: 'i' }))).toBe('Init:0/2');
    expect(at(done, container({ waiting: { reason: 'PodInitializing' } }, { name: 'j' }))).toBe('Init:1/2');
    expect(at(done, container({ waiting: { reason: 'CrashLoopBackOff' } }, { name: 'j' }))).toBe('Init:CrashLoopBackOff');
    expect(at(container({ terminated: { exitCode: 2, reason: 'Error' } }, { name: 'i' }))).toBe('Init:Error');
    expect(at(container({ terminated: { exitCode: 2 } }, { name: 'i' }))).toBe('Init:ExitCode:2');
    expect(at(done, done)).toBe('Pending');
  });

  it('says that a pod is on its way out, unless it has ended already', () => {
    const metadata = { name: 'p', deletionTimestamp: '2024-01-01T00:00:00Z' };
    expect(reasonOf({ phase: 'Running' }, { metadata })).toBe('Terminating');
    expect(reasonOf({ phase: 'Running', reason: 'NodeLost' }, { metadata })).toBe('Unknown');
    expect(
      reasonOf({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 1, reason: 'Error' } })] }, { metadata }),
    ).toBe('Error');
  });
});

describe('counts', () => {
  it('take sidecars for containers', () => {
    const summary = summarize(
      pod(
        {
          phase: 'Running',
          initContainerStatuses: [container(RUNNING, { name: 's', ready: true, started: true, restartCount: 2 })],
          containerStatuses: [container(RUNNING, { ready: true, restartCount: 1 })],
        },
        { spec: { containers: [{ name: 'c' }], initContainers: [{ name: 's', restartPolicy: 'Always' }] } },
      ),
    );
    expect(summary).toMatchObject({ ready: 2, total: 2, restarts: 3, reason: 'Running' });
  });

  it('do not count as ready what only claims to be', () => {
    const statuses = [container({ terminated: { exitCode: 0, reason: 'Completed' } }, { ready: true })];
    expect(summarize(pod({ phase: 'Succeeded', containerStatuses: statuses }))).toMatchObject({ ready: 0, reason: 'Completed' });
  });

  it('know the last restart', () => {
    const ended = (finishedAt: string): Partial<ContainerStatus> => ({
      restartCount: 1,
      lastState: { terminated: { exitCode: 1, finishedAt } },
    });
    const statuses = [container(RUNNING, ended('2024-01-02T00:00:00Z')), container(RUNNING, ended('2024-01-01T00:00:00Z'))];
    expect(summarize(pod({ phase: 'Running', containerStatuses: statuses }))).toMatchObject({
      restarts: 2,
      lastRestart: '2024-01-02T00:00:00Z',
    });
  });
});
