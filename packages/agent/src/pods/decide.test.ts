import type { Container, PodSpec } from '@holdfast/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContainerRecord, containersOf, newRecord } from './container-record.ts';
import { decide } from './decide.ts';
import { podPhase } from './pod-status.ts';

const spec = (change: Partial<PodSpec> = {}): PodSpec => ({ containers: [{ name: 'a' }, { name: 'b' }], ...change });
const sidecar: Container = { name: 's', restartPolicy: 'Always' };

function records(of: PodSpec, change: Readonly<Record<string, Partial<ContainerRecord>>> = {}): ReadonlyMap<string, ContainerRecord> {
  return new Map(containersOf(of).map((roled) => [roled.container.name, { ...newRecord(roled, of), ...change[roled.container.name] }]));
}

const running: Partial<ContainerRecord> = {
  phase: { kind: 'running', startedAtMs: 0 },
  started: true,
  everStarted: true,
  created: true,
  ready: true,
};
const ended = (exitCode: number, finishedAtMs = 0): Partial<ContainerRecord> => ({
  phase: {
    kind: 'terminated',
    termination: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAtMs: 0, finishedAtMs, containerId: 'x' },
  },
  created: true,
});

describe('decide', () => {
  it('starts all main containers of a pod without init containers', () => {
    expect(decide(spec(), records(spec()), 0)).toEqual({ start: ['a', 'b'], backOff: [] });
  });

  it('runs init containers one after the other', () => {
    const pod = spec({ initContainers: [{ name: 'i' }, { name: 'j' }] });
    expect(decide(pod, records(pod), 0).start).toEqual(['i']);
    expect(decide(pod, records(pod, { i: running }), 0).start).toEqual([]);
    expect(decide(pod, records(pod, { i: ended(0) }), 0).start).toEqual(['j']);
    expect(decide(pod, records(pod, { i: ended(0), j: ended(0) }), 0).start).toEqual(['a', 'b']);
  });

  it('fails the pod when an init container fails and nothing may be restarted', () => {
    const pod = spec({ initContainers: [{ name: 'i' }], restartPolicy: 'Never' });
    expect(decide(pod, records(pod, { i: ended(1) }), 0).outcome).toBe('Failed');
    expect(podPhase(pod, records(pod, { i: ended(1) }))).toBe('Failed');
  });

  it('goes on behind a sidecar once that has started, and when it is down later', () => {
    const pod = spec({ initContainers: [sidecar, { name: 'i' }] });
    expect(decide(pod, records(pod), 0).start).toEqual(['s']);
    expect(decide(pod, records(pod, { s: { ...running, started: false, everStarted: false } }), 0).start).toEqual([]);
    expect(decide(pod, records(pod, { s: running }), 0).start).toEqual(['i']);
    const down = { ...ended(1), everStarted: true };
    expect(decide(pod, records(pod, { s: down, i: ended(0), a: running }), 0).start).toEqual(['s', 'b']);
  });

  it('backs off before a restart and says until when', () => {
    const crashed = { ...ended(1, 5000), restartBackOff: { delayMs: 10_000, updatedMs: 4000 } };
    expect(decide(spec(), records(spec(), { a: crashed, b: running }), 6000)).toEqual({
      start: [],
      backOff: [{ name: 'a', untilMs: 15_000, delayMs: 10_000 }],
      wakeAtMs: 15_000,
    });
    expect(decide(spec(), records(spec(), { a: crashed, b: running }), 15_000).start).toEqual(['a']);
  });

  it('ends the pod as its restart policy says', () => {
    const once = spec({ restartPolicy: 'Never' });
    expect(decide(once, records(once, { a: ended(0), b: ended(0) }), 0).outcome).toBe('Succeeded');
    expect(decide(once, records(once, { a: ended(0), b: ended(2) }), 0).outcome).toBe('Failed');
    const retried = spec({ restartPolicy: 'OnFailure' });
    expect(decide(retried, records(retried, { a: ended(0), b: ended(2) }), 0)).toMatchObject({ start: ['b'] });
    expect(decide(spec(), records(spec(), { a: ended(0), b: ended(0) }), 0).start).toEqual(['a', 'b']);
  });

  it('never starts what runs, nor a main container before the init containers are done', () => {
    const state = fc.oneof(
      fc.constant({}),
      fc.constant(running),
      fc.integer({ min: 0, max: 1 }).map((code) => ended(code)),
    );
    const policy = fc.constantFrom('Always', 'OnFailure', 'Never');
    fc.assert(
      fc.property(policy, fc.record({ i: state, s: state, a: state, b: state }), (restartPolicy, states) => {
        const pod = spec({ restartPolicy, initContainers: [{ name: 'i' }, sidecar] });
        const all = records(pod, states);
        const { start, outcome } = decide(pod, all, 1);
        for (const name of start) expect(all.get(name)?.phase.kind).not.toBe('running');
        const initDone = all.get('i')?.phase.kind === 'terminated' && all.get('s')?.everStarted === true;
        const mains = start.filter((name) => name === 'a' || name === 'b');
        expect(mains.length > 0 && (!initDone || outcome !== undefined)).toBe(false);
        expect(restartPolicy === 'Always' && outcome !== undefined).toBe(false);
      }),
    );
  });
});
