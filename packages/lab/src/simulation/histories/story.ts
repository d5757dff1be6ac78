// A history told so that a person can follow it: the world, then what was done, what broke and what came of it, with times.
import { isConditionTrue } from '@holdfast/controller';
import {
  type KubeObject,
  NAMESPACES,
  NODES,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  PODS,
  type ReplicaSet,
  REPLICASETS,
} from '@holdfast/schema';
import { type Change, isOf } from '../recording-store.ts';
import type { Action, Fault, History, Step } from './history.ts';
import type { Violation } from './invariants/index.ts';
import { DATABASES } from './owner.ts';
import { type RunOptions, runHistory } from './run-history.ts';
import { kindOf, WORKLOAD_KINDS } from './workloads/index.ts';
import { imageOf } from './workloads/pod-template.ts';
import { hasStorage } from './world.ts';

/** Runs a history and tells it; one line each. */
export async function tellHistory(history: History, options: Pick<RunOptions, 'from' | 'sabotage'>): Promise<readonly string[]> {
  const lines = [`seed ${history.seed}`, ...worldLines(history), ''];
  let restarts = 0;
  const { violations } = await runHistory(history, {
    ...options,
    observe: (change, atMs) => {
      if (restarts > 0 || !Number.isFinite(atMs)) return;
      const what = describeChange(change);
      if (what !== undefined) lines.push(`${time(atMs)}    ${what}`);
    },
    onStep: (step, answer) => {
      lines.push(`${time(step.atMs)}  ${describeStep(step)}${answer === '' || answer === 'done' ? '' : `: ${answer}`}`);
    },
  });
  restarts++;
  return [...lines, '', ...violations.map(violationLine)];
}

export function violationLine({ invariant, atMs, message }: Violation): string {
  return `${time(atMs)}  BROKEN (${invariant}): ${message}`;
}

function worldLines({ world, restart }: History): readonly string[] {
  const { nodes, disks, workloads, owned, publishNotReady, apart, startMs, readyMs, stopMs } = world;
  return [
    `${nodes} node${nodes === 1 ? '' : 's'}${hasStorage(world) ? ` with ${disks} local volumes each` : ''}; containers start in ${startMs} ms, are ready in ${readyMs} ms and stop in ${stopMs} ms`,
    ...workloads.map((shape) => kindOf(shape).describe(shape)),
    ...(owned ? ['the workloads belong to an object of a custom resource, served in v1'] : []),
    ...(publishNotReady ? ['Services publish addresses that are not ready'] : []),
    ...(apart.length === 0 ? [] : [`programs of their own: ${apart.join(', ')}`]),
    ...(restart ? [`run twice: with a restart of ${restart.program} at ${time(restart.atMs).trim()}, and without`] : []),
  ];
}

/** A step in words. */
export function describeStep(step: Step): string {
  return 'do' in step ? `user ${describeAction(step)}` : describeFault(step);
}

function describeAction(action: Action): string {
  switch (action.do) {
    case 'scale':
      return `scales ${action.workload} to ${action.replicas}`;
    case 'rollout':
      return `rolls ${action.workload} out to ${action.version === 'missing' ? 'an image that nobody has' : `version ${action.version}`}`;
    case 'undo':
      return `rolls ${action.workload} back`;
    case 'pause':
    case 'resume':
      return `${action.do}s ${action.workload}`;
    case 'partition':
      return `sets the partition of ${action.workload} to ${action.ordinal}`;
    case 'deletePod':
      return `deletes pod ${action.pod} of ${action.workload}`;
    case 'evictPod':
      return `evicts pod ${action.pod} of ${action.workload}`;
    case 'deleteClaim':
      return `deletes claim data-${action.workload}-${action.claim}`;
    case 'deleteWorkload':
      return `deletes ${action.workload} (${action.propagation})`;
    case 'createWorkload':
      return `creates ${action.workload} again`;
    case 'serve':
      return `serves the owner’s resource in ${action.versions.join(' and ') || 'no version'}`;
    case 'deleteOwner':
      return `deletes the owner (${action.propagation})`;
    case 'deleteDefinition':
      return 'deletes the definition of the owner’s resource';
    case 'createOwner':
      return 'creates the owner again, and the workloads that are gone';
    case 'deleteNamespace':
      return 'deletes the namespace';
    case 'createNamespace':
      return 'creates the namespace again';
    case 'cordon':
    case 'uncordon':
    case 'drain':
      return `${action.do}s ${action.node}`;
  }
}

function describeFault(fault: Fault): string {
  const lasting = 'forMs' in fault ? ` for ${fault.forMs / 1000} s` : '';
  switch (fault.fault) {
    case 'crashPod':
      return `the container of pod ${fault.pod} of ${fault.workload} crashes`;
    case 'hangPod':
      return `the container of pod ${fault.pod} of ${fault.workload} hangs`;
    case 'loseNode':
      return `${fault.node} loses power${lasting}${fault.removed ? ' and is removed from the cluster' : ''}`;
    case 'restart':
      return `${fault.program} crashes, and is down${lasting}`;
    case 'restartApi':
      return `the API server stops${lasting}`;
    case 'partition':
      return `${fault.program} and the API no longer hear each other${lasting}`;
    case 'slow':
      return `between ${fault.program} and the API everything takes ${fault.delayMs} ms longer${lasting}`;
    case 'lostReply':
      return `one reply in ${fault.oneIn} to ${fault.program} is lost${lasting}`;
    default:
      return `one request in ${fault.oneIn} of ${fault.program} is answered with ${fault.fault}${lasting}`;
  }
}

/** What a change means; undefined for what is not worth telling. */
function describeChange(change: Change): string | undefined {
  if (isOf(change, PODS)) return told('pod', change, podState);
  if (isOf(change, PERSISTENTVOLUMECLAIMS)) return told('claim', change, claimState);
  if (isOf(change, PERSISTENTVOLUMES)) return told('volume', change, volumeState);
  if (isOf(change, NODES)) return told('node', change, nodeState);
  if (isOf(change, NAMESPACES)) return told('namespace', change, lifeState);
  if (isOf(change, DATABASES)) return told('owner', change, lifeState);
  if (isOf(change, REPLICASETS)) return told('replica set', change, replicaSetState);
  const kind = WORKLOAD_KINDS.find(({ type }) => isOf(change, type));
  return kind && told(kind.type.kind, change, kind.state);
}

function told<T extends Change['object']>(
  noun: string,
  change: Change & { readonly object: T },
  stateOf: (object: T) => string,
): string | undefined {
  const { name } = change.object.metadata;
  if (change.type === 'DELETED') return `${noun} ${name} is gone`;
  const state = stateOf(change.object);
  if (change.type === 'ADDED') return `${noun} ${name} is created${state ? `: ${state}` : ''}`;
  // What it was before is of the kind that it is.
  return state === stateOf(change.before as T) ? undefined : `${noun} ${name}: ${state}`;
}

function lifeState({ metadata }: KubeObject): string {
  return metadata.deletionTimestamp ? 'Terminating' : '';
}

function podState(pod: Pod): string {
  const { phase } = pod.status ?? {};
  return [
    ...(pod.metadata.deletionTimestamp ? ['Terminating'] : []),
    isConditionTrue(pod.status?.conditions, 'Ready') ? 'Ready' : (phase ?? ''),
    ...(pod.spec?.nodeName ? [`on ${pod.spec.nodeName}`] : []),
    `with ${imageOf(pod).split(':').at(-1)}`,
  ].join(' ');
}

function claimState({ metadata, spec, status }: PersistentVolumeClaim): string {
  const owners = metadata.ownerReferences?.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  const parts = [
    metadata.deletionTimestamp ? 'Terminating' : '',
    status?.phase ?? '',
    spec?.volumeName ? `to ${spec.volumeName}` : '',
    owners ? `owned by ${owners}` : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function volumeState({ metadata, spec, status }: PersistentVolume): string {
  return `${metadata.deletionTimestamp ? 'Terminating ' : ''}${status?.phase ?? 'Pending'}${spec?.claimRef ? ` for ${spec.claimRef.name}` : ''}`;
}

function nodeState({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const taints = (spec?.taints ?? []).map(({ key, effect }) => `${key.split('/').at(-1)}:${effect}`);
  return [ready === 'True' ? 'Ready' : `Ready is ${ready}`, ...(spec?.unschedulable ? ['cordoned'] : []), ...taints].join(', ');
}

function replicaSetState({ metadata, spec, status }: ReplicaSet): string {
  const { replicas = 0, availableReplicas = 0 } = status ?? {};
  return `${metadata.deletionTimestamp ? 'Terminating, ' : ''}${availableReplicas} of ${spec?.replicas} available, ${replicas} there`;
}

/** Minutes, seconds and milliseconds. */
function time(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = ((ms - minutes * 60_000) / 1000).toFixed(3);
  return `${String(minutes).padStart(3)}:${seconds.padStart(6, '0')}`;
}
