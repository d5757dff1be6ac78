// What is known of a container when its pod comes to this agent: nothing, or what an earlier agent wrote into its status.
import type { ContainerStatus, Pod } from '@holdfast/schema';
import { type ContainerRecord, newRecord, type RoledContainer, type Termination } from './container-record.ts';

/**
 * The record to begin with. A container that the status knows is not running any more, since containers do not outlive
 * their agent: it counts as lost and is started again by the pod's restart policy.
 */
export function adoptRecord(roled: RoledContainer, pod: Pod, nowMs: number): ContainerRecord {
  const fresh = newRecord(roled, pod.spec ?? { containers: [] });
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const known = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  const status = known.find(({ name }) => name === fresh.name);
  const ended = status && terminationOf(status, nowMs);
  if (!status || !ended) return fresh;
  return {
    ...fresh,
    phase: { kind: 'terminated', termination: ended },
    restartCount: status.restartCount,
    created: true,
    image: status.image,
    imageId: status.imageID,
    ...(status.containerID ? { containerId: status.containerID } : {}),
    everStarted: true,
  };
}

function terminationOf(status: ContainerStatus, nowMs: number): Termination | undefined {
  const { running, terminated, waiting } = status.state ?? {};
  if (running) {
    return {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was terminated',
      startedAtMs: parse(running.startedAt, nowMs),
      finishedAtMs: nowMs,
      containerId: status.containerID ?? '',
    };
  }
  const last = terminated ?? (waiting ? status.lastState?.terminated : undefined);
  if (!last) return undefined;
  return {
    exitCode: last.exitCode,
    reason: last.reason ?? (last.exitCode === 0 ? 'Completed' : 'Error'),
    message: last.message,
    startedAtMs: parse(last.startedAt, nowMs),
    finishedAtMs: parse(last.finishedAt, nowMs),
    containerId: last.containerID ?? '',
  };
}

function parse(time: string | undefined, fallbackMs: number): number {
  return time ? Date.parse(time) : fallbackMs;
}
