// What to do next with a pod, from what is known of its containers. Pure: the pod worker carries it out.
import type { PodSpec } from '@holdfast/schema';
import { backOffUntil } from './back-off.ts';
import { type ContainerRecord, containersOf, type RoledContainer } from './container-record.ts';

/** A container that must wait before it is started again. */
export interface Waiting {
  readonly name: string;
  readonly untilMs: number;
  readonly delayMs: number;
}

export interface PodPlan {
  /** Containers to start now, in order, each after the one before has started. */
  readonly start: readonly string[];
  /** Containers that enter CrashLoopBackOff. */
  readonly backOff: readonly Waiting[];
  /** Set when the pod is over: nothing will be started any more. */
  readonly outcome?: 'Succeeded' | 'Failed';
  /** When to look again although nothing may happen before. */
  readonly wakeAtMs?: number;
}

type Step =
  | { readonly kind: 'start' }
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'backOff'; readonly waiting: Waiting }
  | { readonly kind: 'none' };

/** The next steps of a pod whose volumes and address are there. */
export function decide(spec: PodSpec, records: ReadonlyMap<string, ContainerRecord>, nowMs: number): PodPlan {
  const policy = spec.restartPolicy ?? 'Always';
  const start: string[] = [];
  const backOff: Waiting[] = [];
  const wakes: number[] = [];
  const plan = (outcome?: PodPlan['outcome']): PodPlan => ({
    start,
    backOff,
    ...(outcome ? { outcome } : {}),
    ...(wakes.length > 0 ? { wakeAtMs: Math.min(...wakes) } : {}),
  });
  const take = (record: ContainerRecord, step: Step): void => {
    if (step.kind === 'start') start.push(record.name);
    if (step.kind === 'wait') wakes.push(step.untilMs);
    if (step.kind === 'backOff') {
      backOff.push(step.waiting);
      wakes.push(step.waiting.untilMs);
    }
  };

  const mains: ContainerRecord[] = [];
  for (const roled of containersOf(spec)) {
    const record = records.get(roled.container.name);
    if (!record) continue;
    if (roled.role === 'main') {
      mains.push(record);
      continue;
    }
    const state = initState(roled, record, policy);
    if (state === 'failed') return plan('Failed');
    if (state === 'done') continue;
    take(record, nextStep(record, nowMs));
    // What comes later waits for this one, except behind a sidecar that was up before and is only being restarted.
    if (!(roled.role === 'sidecar' && record.everStarted)) return plan();
  }
  if (mains.every((record) => isOver(record, policy))) {
    return plan(mains.every((record) => exitCodeOf(record) === 0) ? 'Succeeded' : 'Failed');
  }
  for (const record of mains) if (!isOver(record, policy)) take(record, nextStep(record, nowMs));
  return plan();
}

function initState({ role }: RoledContainer, record: ContainerRecord, policy: string): 'done' | 'failed' | 'pending' {
  if (role === 'sidecar') return record.phase.kind === 'running' && record.started ? 'done' : 'pending';
  if (record.phase.kind !== 'terminated') return 'pending';
  if (record.phase.termination.exitCode === 0) return 'done';
  return policy === 'Never' ? 'failed' : 'pending';
}

/** Whether a main container has ended for good. */
export function isOver(record: ContainerRecord, policy: string): boolean {
  if (record.phase.kind !== 'terminated' || policy === 'Always') return false;
  return policy === 'Never' || record.phase.termination.exitCode === 0;
}

function exitCodeOf(record: ContainerRecord): number {
  return record.phase.kind === 'terminated' ? record.phase.termination.exitCode : -1;
}

function nextStep(record: ContainerRecord, nowMs: number): Step {
  const { phase } = record;
  if (phase.kind === 'running') return { kind: 'none' };
  if (phase.kind === 'waiting') {
    const { retryAtMs } = phase;
    return retryAtMs !== undefined && retryAtMs > nowMs ? { kind: 'wait', untilMs: retryAtMs } : { kind: 'start' };
  }
  const untilMs = backOffUntil(record.restartBackOff, phase.termination.finishedAtMs);
  if (untilMs === undefined || untilMs <= nowMs) return { kind: 'start' };
  return { kind: 'backOff', waiting: { name: record.name, untilMs, delayMs: record.restartBackOff?.delayMs ?? 0 } };
}
