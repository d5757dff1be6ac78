// A pod's status from what the agent knows of it. Pure; the words are the kubelet's.
import { formatTime } from '@holdfast/clock';
import type { ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodCondition, PodSpec, PodStatus } from '@holdfast/schema';
import {
  type ContainerRecord,
  containersOf,
  ephemeralOf,
  lastTermination,
  type RoledContainer,
  type Termination,
} from './container-record.ts';
import { qosClass } from './resources.ts';

/** What the status is made of, besides the pod. */
export interface PodFacts {
  readonly records: ReadonlyMap<string, ContainerRecord>;
  readonly hostIp: string;
  /** Absent until the pod has an address. */
  readonly podIp?: string | undefined;
  /** Whether the pod's address and volumes are there. */
  readonly sandbox: boolean;
  readonly startTimeMs: number;
  /** Set once the pod will not run any more; `reason` and `message` where the agent ended it. */
  readonly outcome?: PodOutcome | undefined;
}

export interface PodOutcome {
  readonly phase: 'Succeeded' | 'Failed';
  readonly reason?: string;
  readonly message?: string;
}

/** Condition types that the agent owns; all others belong to somebody else and are left alone. */
export const OWN_CONDITIONS: readonly string[] = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady'];

/** The status as it should be. lastTransitionTime of conditions is filled in by mergeStatus. */
export function podStatus(pod: Pod, facts: PodFacts): PodStatus {
  const spec: PodSpec = pod.spec ?? { containers: [] };
  const phase = facts.outcome?.phase ?? podPhase(spec, facts.records);
  const roled = containersOf(spec);
  const statuses = (list: readonly RoledContainer[]): readonly ContainerStatus[] =>
    list.flatMap(({ container }) => {
      const record = facts.records.get(container.name);
      return record ? [containerStatus(record)] : [];
    });
  const init = statuses(roled.filter(({ role }) => role !== 'main'));
  const ephemeral = statuses(ephemeralOf(spec));
  return {
    phase,
    conditions: conditionsOf(pod, phase, facts),
    ...(facts.outcome?.reason ? { reason: facts.outcome.reason } : {}),
    ...(facts.outcome?.message ? { message: facts.outcome.message } : {}),
    hostIP: facts.hostIp,
    hostIPs: [{ ip: facts.hostIp }],
    ...(facts.podIp ? { podIP: facts.podIp, podIPs: [{ ip: facts.podIp }] } : {}),
    startTime: formatTime(facts.startTimeMs),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: statuses(roled.filter(({ role }) => role === 'main')),
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: pod.status?.qosClass ?? qosClass(spec),
  };
}

/** Upstream's getPhase: Pending until every main container has run once, Running while any runs or will be restarted. */
export function podPhase(spec: PodSpec, records: ReadonlyMap<string, ContainerRecord>): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  const policy = spec.restartPolicy ?? 'Always';
  if (incompleteInit(spec, records).length > 0) return failedInit(spec, records) ? 'Failed' : 'Pending';
  const mains = spec.containers.map(({ name }) => records.get(name));
  if (mains.some((record) => !record || (record.phase.kind === 'waiting' && !record.last))) return 'Pending';
  if (mains.some((record) => record?.phase.kind === 'running')) return 'Running';
  if (policy === 'Always') return 'Running';
  if (mains.every((record) => record && lastTermination(record)?.exitCode === 0)) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

/** The new status on top of the one that is there: others' conditions stay, times change only with the status. */
export function mergeStatus(old: PodStatus | undefined, wanted: PodStatus, now: string): PodStatus {
  const before = new Map((old?.conditions ?? []).map((condition) => [condition.type, condition]));
  const own = (wanted.conditions ?? []).map((condition): PodCondition => {
    const previous = before.get(condition.type);
    const since = previous?.status === condition.status ? (previous.lastTransitionTime ?? now) : now;
    // The server shows a probe time that was never set as null; keeping it makes an unchanged status compare equal.
    return {
      ...condition,
      lastTransitionTime: since,
      ...(previous && 'lastProbeTime' in previous ? { lastProbeTime: previous.lastProbeTime } : {}),
    };
  });
  const foreign = (old?.conditions ?? []).filter(({ type }) => !OWN_CONDITIONS.includes(type));
  return {
    ...wanted,
    conditions: [...own, ...foreign],
    ...(old?.nominatedNodeName ? { nominatedNodeName: old.nominatedNodeName } : {}),
    ...(old?.resourceClaimStatuses ? { resourceClaimStatuses: old.resourceClaimStatuses } : {}),
  };
}

function conditionsOf(pod: Pod, phase: string, facts: PodFacts): readonly PodCondition[] {
  const spec: PodSpec = pod.spec ?? { containers: [] };
  const incomplete = incompleteInit(spec, facts.records);
  const initialized: PodCondition =
    phase === 'Succeeded'
      ? { type: 'Initialized', status: 'True', reason: 'PodCompleted' }
      : incomplete.length > 0
        ? {
            type: 'Initialized',
            status: 'False',
            reason: 'ContainersNotInitialized',
            message: `containers with incomplete status: [${incomplete.join(' ')}]`,
          }
        : { type: 'Initialized', status: 'True' };
  const containersReady = containersReadyOf(spec, phase, facts.records);
  return [
    { type: 'PodReadyToStartContainers', status: facts.sandbox && !facts.outcome ? 'True' : 'False' },
    initialized,
    readyOf(pod, containersReady),
    containersReady,
  ];
}

function containersReadyOf(spec: PodSpec, phase: string, records: ReadonlyMap<string, ContainerRecord>): PodCondition {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const unready = containersOf(spec)
    .filter(({ role }) => role !== 'init')
    .map(({ container }) => container.name)
    .filter((name) => !records.get(name)?.ready);
  if (unready.length === 0) return { type, status: 'True' };
  return { type, status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
}

function readyOf(pod: Pod, containersReady: PodCondition): PodCondition {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const messages = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!condition) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return condition.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  if (messages.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

function incompleteInit(spec: PodSpec, records: ReadonlyMap<string, ContainerRecord>): readonly string[] {
  return (spec.initContainers ?? [])
    .map(({ name }) => name)
    .filter((name) => {
      const record = records.get(name);
      if (record?.role === 'sidecar') return !record.everStarted;
      return record?.phase.kind !== 'terminated' || record.phase.termination.exitCode !== 0;
    });
}

function failedInit(spec: PodSpec, records: ReadonlyMap<string, ContainerRecord>): boolean {
  if (spec.restartPolicy !== 'Never') return false;
  return [...records.values()].some(
    (record) => record.role === 'init' && record.phase.kind === 'terminated' && record.phase.termination.exitCode !== 0,
  );
}

function containerStatus(record: ContainerRecord): ContainerStatus {
  const { phase } = record;
  const completed = record.role === 'init' && phase.kind === 'terminated' && phase.termination.exitCode === 0;
  return {
    name: record.name,
    state: stateOf(phase),
    lastState: record.last ? { terminated: terminated(record.last) } : {},
    // Probes are nothing for ephemeral containers, and so they are neither ready nor started.
    ready: record.role !== 'ephemeral' && (record.ready || completed),
    restartCount: record.restartCount,
    image: record.image,
    imageID: record.imageId,
    ...(record.containerId ? { containerID: record.containerId } : {}),
    ...(record.role === 'ephemeral' ? {} : { started: record.started }),
  };
}

function stateOf(phase: ContainerRecord['phase']): ContainerState {
  switch (phase.kind) {
    case 'waiting':
      return { waiting: { reason: phase.reason, ...(phase.message ? { message: phase.message } : {}) } };
    case 'running':
      return { running: { startedAt: formatTime(phase.startedAtMs) } };
    case 'terminated':
      return { terminated: terminated(phase.termination) };
  }
}

function terminated({ exitCode, reason, message, startedAtMs, finishedAtMs, containerId }: Termination): ContainerStateTerminated {
  return {
    exitCode,
    reason,
    ...(message ? { message } : {}),
    startedAt: formatTime(startedAtMs),
    finishedAt: formatTime(finishedAtMs),
    ...(containerId ? { containerID: containerId } : {}),
  };
}
