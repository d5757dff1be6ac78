// Logs, exec, attach and forwarded ports of the pods of a node, with the kubelet's answers when there is nothing to read or to run in.
import { badRequest, type ContainerRef, failure, type NodeStreams, notFound, PODS } from '@holdfast/schema';
import { attachToLog } from './streams/attach.ts';
import { forwardPort } from './streams/forward-port.ts';
import type { ContainerRunner } from './pods/container-runner.ts';
import type { PodWorker } from './pods/pod-worker.ts';
import type { ContainerLog } from './runtime/runtime.ts';

/** The node's streams over the workers of its pods, found by uid. */
export function createNodeStreams(workerOf: (uid: string) => PodWorker | undefined): NodeStreams {
  return {
    logs: async (ref, options, signal) => logOf(runnerOf(ref, workerOf), ref, options.previous ?? false).read(options, signal),
    exec: async (ref, options, streams) => {
      const running = runnerOf(ref, workerOf).running;
      if (!running) throw notRunning(ref);
      return running.exec(options, streams);
    },
    attach: async (ref, options, streams) => {
      const running = runnerOf(ref, workerOf).running;
      if (!running) throw notRunning(ref);
      return attachToLog(running, options, streams);
    },
    portForward: async (ref, port, streams) => {
      if (!workerOf(ref.uid)) throw notFound(PODS, ref.pod);
      return forwardPort(ref, port, streams);
    },
  };
}

function runnerOf(ref: ContainerRef, workerOf: (uid: string) => PodWorker | undefined): ContainerRunner {
  const worker = workerOf(ref.uid);
  if (!worker) throw notFound(PODS, ref.pod);
  const runner = worker.runner(ref.container);
  if (!runner) throw badRequest(`container ${ref.container} is not valid for pod ${ref.pod}`);
  return runner;
}

function logOf(runner: ContainerRunner, ref: ContainerRef, previous: boolean): ContainerLog {
  const log = runner.log(previous);
  if (log) return log;
  if (previous) throw badRequest(`previous terminated container "${ref.container}" in pod "${ref.pod}" not found`);
  throw badRequest(`container "${ref.container}" in pod "${ref.pod}" is waiting to start: ${waitingWords(runner)}`);
}

function waitingWords(runner: ContainerRunner): string {
  const { phase } = runner.record;
  if (phase.kind !== 'waiting') return 'the node has lost its log';
  if (phase.reason === 'ErrImagePull') return "image can't be pulled";
  return phase.reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : phase.reason;
}

/** The sentence in which kubectl shows the kubelet's refusal of an upgrade. */
function notRunning(ref: ContainerRef): Error {
  return failure(500, 'InternalError', `unable to upgrade connection: container not found ("${ref.container}")`);
}
